package publish

import (
	"strings"
	"testing"
)

func TestSlug(t *testing.T) {
	for name, want := range map[string]string{
		"dog":              "dog",
		"Crying Baby":      "crying_baby",
		"door-wood--knock": "door_wood_knock",
		"Türklingel":       "turklingel",
		"Straße":           "strasse",
		"__x__":            "x",
		"+/#":              "6b0a65",
		"犬":                "c6fb9e",
		"a/../b":           "a_b",
	} {
		got := Slug(name)
		if want == got {
			continue
		}
		if len(want) == 6 && strings.Trim(want, "0123456789abcdef") == "" && nodePattern.MatchString(got) && len(got) == 6 {
			continue // a hash
		}
		t.Errorf("Slug(%q) = %q, want %q", name, got, want)
	}
	if Slug("犬") == Slug("猫") {
		t.Error("different names share an id")
	}
	if Slug("a犬") == Slug("a猫") {
		t.Error("different names share an id")
	}
}

func FuzzSlug(f *testing.F) {
	for _, s := range []string{"dog", "", "+/#", "\x00", "Ünï cödé", strings.Repeat("x", 1000), "\xff\xfe"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		s := Slug(name)
		if !nodePattern.MatchString(s) {
			t.Fatalf("Slug(%q) = %q is no topic level", name, s)
		}
		if Slug(s) != s {
			t.Fatalf("Slug(%q) = %q is not stable: %q", name, s, Slug(s))
		}
	})
}

func TestDefaultNodeID(t *testing.T) {
	id := DefaultNodeID()
	if !validNodeID(id) || len(id) != 6 || id != DefaultNodeID() {
		t.Errorf("node id %q", id)
	}
}

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
		{"no broker", func(c *Config) { c.Broker = "" }, "broker address is empty: want tcp://host:port, ssl://host:port or unix:///path"},
		{"no scheme", func(c *Config) { c.Broker = "localhost:1883" }, `broker address scheme "localhost": want tcp://`},
		{"http", func(c *Config) { c.Broker = "http://x" }, `broker address scheme "http"`},
		{"path", func(c *Config) { c.Broker = "tcp://h:1883/x" }, "broker address is not scheme://host:port"},
		{"user in it", func(c *Config) { c.Broker = "tcp://u:canary@h" }, "broker address holds a user or password"},
		{"unparsable", func(c *Config) { c.Broker = "tcp://u:canary@h:port\x7f" }, "broker address cannot be parsed"},
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
	for _, want := range []string{"broker address", "node id", "queue limit"} {
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
