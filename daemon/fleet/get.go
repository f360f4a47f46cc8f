package fleet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Get fetches a file of size bytes; one that is longer is given up.
func Get(ctx context.Context, url string, size int64, to io.Writer) error {
	client := http.Client{Timeout: fetchLimit, Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, ResponseHeaderTimeout: 30 * time.Second,
		TLSHandshakeTimeout: 10 * time.Second, DisableKeepAlives: true, MaxResponseHeaderBytes: 64 << 10}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return errors.New("the URL cannot be read")
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%q answers %d", request.URL.Redacted(), response.StatusCode)
	}
	n, err := io.Copy(to, io.LimitReader(response.Body, size+1))
	if err == nil && n > size {
		err = fmt.Errorf("%q has more than the %d bytes that were signed", request.URL.Redacted(), size)
	}
	return err
}
