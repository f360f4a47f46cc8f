package remote

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// Address is a server's, taken apart.
type Address struct {
	HTTP   bool   // HTTP, not gRPC
	TLS    bool   // grpcs, https
	Host   string // host:port
	Prefix string // of the paths, without a slash at its end; HTTP only
}

// addressForm ends every error about an address.
const addressForm = "want one such as grpc://gpu.lan:8001, grpcs://…, http://gpu.lan:8000 or https://…"

// ParseAddress reads host:port, which is gRPC, or a URL with one of the schemes grpc, grpcs, http and https. The error
// does not quote the text, which may hold a password.
func ParseAddress(text string) (Address, error) {
	if !strings.Contains(text, "://") {
		text = "grpc://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" {
		return Address{}, errors.New("not an address; " + addressForm)
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return Address{}, errors.New("holds more than scheme, host, port and path; a secret belongs into token_file; " + addressForm)
	}
	a := Address{Prefix: strings.TrimRight(u.Path, "/")}
	port := u.Port()
	switch u.Scheme {
	case "grpc":
	case "grpcs":
		a.TLS = true
	case "http":
		a.HTTP, port = true, or(port, "80")
	case "https":
		a.HTTP, a.TLS, port = true, true, or(port, "443")
	default:
		return Address{}, fmt.Errorf("scheme %.20q; %s", u.Scheme, addressForm)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return Address{}, fmt.Errorf("port %.20q: want 1 to 65535 (Triton's gRPC is 8001, its HTTP 8000)", port)
	}
	if a.Prefix != "" && !a.HTTP {
		return Address{}, errors.New("gRPC knows no path; " + addressForm)
	}
	a.Host = net.JoinHostPort(u.Hostname(), port)
	return a, nil
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// String is the address as people write it.
func (a Address) String() string {
	scheme := "grpc"
	if a.HTTP {
		scheme = "http"
	}
	if a.TLS {
		scheme += "s"
	}
	return scheme + "://" + a.Host + a.Prefix
}

// Loopback tells whether what is sent stays on this machine.
func (a Address) Loopback() bool {
	host, _, _ := net.SplitHostPort(a.Host)
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
