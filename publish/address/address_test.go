package address_test

import (
	"strings"
	"testing"

	"earshot/publish/address"
)

func TestBroker(t *testing.T) {
	for text, want := range map[string]string{
		"tcp://host":            "tcp://host:1883",
		"mqtt://host:1884":      "tcp://host:1884",
		"mqtts://host":          "ssl://host:8883",
		"tls://[fe80::1%25e0]":  "ssl://[fe80::1%25e0]:8883",
		"tcp://[::1]:1883/":     "tcp://[::1]:1883/",
		"tcp://host:":           "tcp://host:1883",
		"unix:///run/mq.socket": "unix:///run/mq.socket",
	} {
		u, err := address.Broker(text)
		if err != nil || u.String() != want {
			t.Errorf("%q is %v, %v; want %s", text, u, err, want)
		}
	}
	for text, want := range map[string]string{
		"":                           "not an address",
		"homeassistant.local":        "not an address",
		"homeassistant.local:1883":   "scheme",
		"tcp://":                     "not an address",
		"tcp://host:0":               "port",
		"tcp://host:70000":           "port",
		"tcp://host:port":            "not an address",
		"tcp://host/path":            "behind host and port",
		"tcp://host?x=hunter2":       "behind host and port",
		"tcp://host#hunter2":         "behind host and port",
		"http://host":                `scheme "http"`,
		"tcp://user:hunter2@host":    "password_file",
		"unix://":                    "path",
		"unix://host/path":           "path",
		"tcp://user:hunter2@ho st/%": "not an address",
	} {
		u, err := address.Broker(text)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q is %v, %v; want an error with %q and no secret", text, u, err, want)
		}
	}
}
