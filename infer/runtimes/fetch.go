package runtimes

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"earshot/internal/readfile"
)

// Registry is where wheels are looked up: an index by PEP 691.
const Registry = "https://pypi.org/simple/"

// Source says where wheels come from.
type Source struct {
	Folder   string                          // of wheels that are there already; "": they are fetched
	Registry string                          // address of the index
	Progress func(w Wheel, done, size int64) // told now and then; may be nil
	Client   *http.Client                    // nil: one without limits but those of its connection
}

// maxIndex bounds what an index says of one project, in bytes.
const maxIndex = 64 << 20

// get puts a wheel into the open file to, and holds it against size and digest.
func (s Source) get(ctx context.Context, w Wheel, to *os.File) error {
	body, err := s.open(ctx, w)
	if err != nil {
		return fmt.Errorf("%s: %w", w.File, err)
	}
	defer body.Close()
	digest := sha256.New()
	read := &progress{r: io.LimitReader(body, w.Size+1), told: func(done int64) {
		if s.Progress != nil {
			s.Progress(w, done, w.Size)
		}
	}}
	n, err := io.Copy(io.MultiWriter(to, digest), read)
	switch {
	case err != nil:
		return fmt.Errorf("%s: after %d of %d bytes: %w", w.File, n, w.Size, err)
	case n != w.Size:
		return fmt.Errorf("%s: has %d bytes or more, want %d: it is not the file that was chosen", w.File, n, w.Size)
	}
	if got := hex.EncodeToString(digest.Sum(nil)); got != w.SHA256 {
		return fmt.Errorf("%s: SHA-256 is %s, want %s: it is not the file that was chosen", w.File, got, w.SHA256)
	}
	return nil
}

// open finds a wheel in the folder or in the registry.
func (s Source) open(ctx context.Context, w Wheel) (io.ReadCloser, error) {
	if s.Folder != "" {
		return readfile.Open(filepath.Join(s.Folder, w.File), readfile.AnySize)
	}
	index, err := s.ask(ctx, strings.TrimRight(s.Registry, "/")+"/"+w.Project+"/", "application/vnd.pypi.simple.v1+json")
	if err != nil {
		return nil, err
	}
	defer index.Close()
	var project struct {
		Files []struct{ Filename, URL string }
	}
	if err := json.NewDecoder(io.LimitReader(index, maxIndex)).Decode(&project); err != nil {
		return nil, fmt.Errorf("what the registry says of %s is not what PEP 691 has: %.100q", w.Project, err.Error())
	}
	for _, f := range project.Files {
		if f.Filename == w.File {
			return s.ask(ctx, f.URL, "application/octet-stream")
		}
	}
	return nil, fmt.Errorf("the registry does not list it any more; a folder that holds it can be given instead")
}

// ask sends a request; the answer's body is the caller's.
func (s Source) ask(ctx context.Context, address, accept string) (io.ReadCloser, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Hostname() != "127.0.0.1" {
		return nil, fmt.Errorf("address %.200q: want one that begins with https://", address)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", accept)
	client := s.Client
	if client == nil {
		t := http.DefaultTransport.(*http.Transport).Clone() // which asks the proxy that the environment names
		t.ResponseHeaderTimeout = 30 * time.Second
		client = &http.Client{Transport: t}
	}
	response, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		response.Body.Close()
		return nil, errors.New(u.Host + ": " + response.Status)
	}
	return response.Body, nil
}

// progress tells how much was read, at most four times a second.
type progress struct {
	r    io.Reader
	done int64
	last time.Time
	told func(done int64)
}

func (p *progress) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	p.done += int64(n)
	if now := time.Now(); err != nil || now.Sub(p.last) > 250*time.Millisecond {
		p.last = now
		p.told(p.done)
	}
	return n, err
}
