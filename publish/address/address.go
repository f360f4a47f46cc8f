// Package address knows the addresses of MQTT brokers: what the configuration accepts is what the publisher dials.
package address

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

const want = "want an address such as tcp://homeassistant.local:1883, ssl://broker.lan:8883 or unix:///run/mosquitto.sock"

// ErrSecret says that an address holds what belongs elsewhere.
var ErrSecret = errors.New("holds a user name or password; use mqtt.username and mqtt.password_file, so that no secret stands in this file")

// Broker parses tcp://host[:port] (also mqtt://), ssl://host[:port] (also tls://, mqtts://) or unix:///path. The URL that
// it returns has the scheme tcp, ssl or unix, and a port where there is a host: 1883 or 8883 unless one is named. Errors never repeat
// what might be a secret.
func Broker(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		return nil, errors.New("not an address; " + want)
	}
	if u.User != nil {
		return nil, ErrSecret
	}
	port := ""
	switch u.Scheme {
	case "unix":
		if u.Host != "" || u.Path == "" || u.RawQuery != "" || u.Fragment != "" {
			return nil, errors.New("unix:// wants a path and nothing else; " + want)
		}
		return u, nil
	case "tcp", "mqtt":
		u.Scheme, port = "tcp", "1883"
	case "ssl", "tls", "mqtts":
		u.Scheme, port = "ssl", "8883"
	case "":
		return nil, errors.New("not an address; " + want)
	default:
		return nil, fmt.Errorf("scheme %q; %s", u.Scheme, want)
	}
	if u.Hostname() == "" {
		return nil, errors.New("not an address; " + want)
	}
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("has something behind host and port; " + want)
	}
	switch n, err := strconv.Atoi(u.Port()); {
	case u.Port() == "":
		u.Host = strings.TrimSuffix(u.Host, ":") + ":" + port
	case err != nil || n < 1 || n > 65535:
		return nil, fmt.Errorf("port %q: want 1 to 65535", u.Port())
	}
	return u, nil
}

// Secure tells whether an address that Broker returned is of TLS.
func Secure(u *url.URL) bool { return u.Scheme == "ssl" }
