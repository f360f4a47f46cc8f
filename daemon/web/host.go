package web

import (
	"net"
	"net/url"
	"os"
	"strings"
)

// hosts are the names under which the page answers. A page elsewhere could have its own name resolve to this
// machine and read along (DNS rebinding); so a name must be known to be ours, whatever address is listened on. An
// address that is written as a number cannot be made to mean something else.
type hosts map[string]bool

// ourHosts are localhost, the machine's own names, and the host of the address that is configured.
func ourHosts(pageURL string) hosts {
	h := hosts{"localhost": true}
	if name, err := os.Hostname(); err == nil && name != "" {
		name = plainHost(name)
		short, _, _ := strings.Cut(name, ".")
		h[name], h[short], h[short+".local"] = true, true, true
	}
	if u, err := url.Parse(pageURL); err == nil && u.Hostname() != "" {
		h[plainHost(u.Hostname())] = true
	}
	return h
}

// plainHost is a host name as names are compared.
func plainHost(name string) string { return strings.TrimSuffix(strings.ToLower(name), ".") }

// has tells whether a Host header names us.
func (h hosts) has(hostport string) bool {
	host := hostport
	if name, _, err := net.SplitHostPort(hostport); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	return net.ParseIP(host) != nil || h[plainHost(host)]
}

// loopback tells whether nobody but this machine reaches an address.
func loopback(address string) bool {
	host, _, _ := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
