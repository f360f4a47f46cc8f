package publish

import (
	"strings"
	"testing"
)

// TestConfigErrors holds the exact words of every refusal; all come at once.
func TestConfigErrors(t *testing.T) {
	label := func(ids ...string) (out []Label) {
		for _, id := range ids {
			out = append(out, Label{ID: id, Watched: true})
		}
		return out
	}
	for _, c := range []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"no broker", func(c *Config) { c.Broker = "" }, "broker: not an address; want an address such as tcp://"},
		{"no scheme", func(c *Config) { c.Broker = "localhost:1883" }, `broker: scheme "localhost"; want an address such as tcp://`},
		{"http", func(c *Config) { c.Broker = "http://x" }, `broker: scheme "http"`},
		{"path", func(c *Config) { c.Broker = "tcp://h:1883/x" }, "broker: has something behind host and port"},
		{"user in it", func(c *Config) { c.Broker = "tcp://u:canary@h" }, "broker: holds a user name or password"},
		{"unparsable", func(c *Config) { c.Broker = "tcp://u:canary@h:port\x7f" }, "broker: not an address"},
		{"node", func(c *Config) { c.NodeID = "A/b" }, `node id "A/b": want 1 to 64 of [a-z0-9_]`},
		{"queue", func(c *Config) { c.QueueLimit = -1 }, "queue limit -1: want at least 1"},
		{"keep alive", func(c *Config) { c.KeepAlive = 1 }, "keep alive 1ns: want 1 s to 65535 s"},
		{"topic", func(c *Config) { c.Topic = "a/#" }, `topic "a/#": want valid UTF-8 without +, # and NUL`},
		{"prefix", func(c *Config) { c.DiscoveryPrefix = "/ha" }, `discovery prefix "/ha": must not start with / or $ nor end with /`},
		{"half a pair", func(c *Config) { c.CertFile = "x" }, "certificate and key go together"},
		{"password alone", func(c *Config) { c.Password = "canary" }, "password without a user name"},
		{"same label", func(c *Config) { c.Sources[0].Labels = label("Dog", "dog") }, `label "Dog" of source "mic" and label "dog" of source "mic" would share the id "mic_dog"`},
		{"reserved", func(c *Config) { c.Sources[0].Labels = label("event") }, `"event" of source "mic" and label "event" of source "mic" would share the id "mic_event"`},
		{"across", func(c *Config) {
			c.Sources = []Source{{Name: "mic", Labels: label("a_b")}, {Name: "mic_a", Labels: label("b")}}
		}, `would share the id "mic_a_b": rename one of them`},
		{"same source", func(c *Config) { c.Sources = []Source{{Name: "mic"}, {Name: "Mic"}} }, `sources "mic" and "Mic" would share the topic level "mic"`},
		{"node leaf", func(c *Config) { c.Sources = []Source{{Name: "availability"}} }, `would share the topic level "availability"`},
		{"no name", func(c *Config) { c.Sources = []Source{{}} }, "a source has no name"},
		{"no label name", func(c *Config) { c.Sources[0].Labels = []Label{{Watched: true}} }, `source "mic": a label has no name`},
	} {
		cfg := testConfig("tcp://localhost")
		c.change(&cfg)
		_, err := New(cfg)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: the error tells the secret: %v", c.name, err)
		}
	}
	all := testConfig("")
	all.NodeID, all.QueueLimit = "-", -2
	_, err := New(all)
	for _, want := range []string{"broker: ", "node id", "queue limit"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("not all errors at once: %v lacks %q", err, want)
		}
	}
	for _, good := range []string{"tcp://h", "mqtt://h:1", "ssl://h", "mqtts://[::1]:8883", "tls://h/", "unix:///run/mosquitto.sock"} {
		if _, err := New(testConfig(good)); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
}
