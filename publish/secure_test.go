package publish

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"earshot/publish/topic"
)

const canary = "canary-4f1c-never-print-me"

func (m *broker) sslURL() string { return "ssl://" + m.Addr() }

// passwordFile makes mosquitto's password file with its own tool.
func passwordFile(t *testing.T, user, password string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "passwords")
	tool, err := exec.LookPath("mosquitto_passwd")
	if err != nil {
		t.Fatal("mosquitto_passwd is not installed: it comes with mosquitto")
	}
	if out, err := exec.Command(tool, "-b", "-c", path, user, password).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

// TestRefusals holds one clear line for each way a broker can turn us away:
// red health, retried with back-off, no secret in the line.
func TestRefusals(t *testing.T) {
	good, evil := newAuthority(t, "good"), newAuthority(t, "evil")
	cert, key := good.issue("server", "127.0.0.1")
	wrongCert, wrongKey := good.issue("elsewhere", "127.0.0.2")
	clientCert, clientKey := good.issue("client", "127.0.0.1")
	evilCert, evilKey := evil.issue("client", "127.0.0.1")
	tlsLines := []string{"allow_anonymous true", "cafile " + good.file, "certfile " + cert, "keyfile " + key}
	mutual := append(tlsLines[:len(tlsLines):len(tlsLines)], "require_certificate true")
	elsewhere := []string{"allow_anonymous true", "certfile " + wrongCert, "keyfile " + wrongKey}
	password := []string{"password_file " + passwordFile(t, "earshot", "right")}
	notPEM := filepath.Join(t.TempDir(), "x.pem")
	if err := os.WriteFile(notPEM, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		lines  []string
		tls    bool
		change func(*Config)
		want   string
	}{
		{"wrong password", password, false, func(c *Config) { c.Username, c.Password = "earshot", canary }, `refuses user "earshot": check user name, password`},
		{"no password", password, false, func(c *Config) {}, `refuses user "": check user name, password`},
		{"wrong CA", tlsLines, true, func(c *Config) { c.CAFile = evil.file }, "its certificate is not signed by " + fmt.Sprintf("%q", evil.file)},
		{"system CA", tlsLines, true, func(c *Config) {}, "not signed by an authority that this system trusts (set the CA file)"},
		{"wrong host", elsewhere, true, func(c *Config) { c.CAFile = good.file }, "certificate is valid for 127.0.0.2, not 127.0.0.1"},
		{"no client certificate", mutual, true, func(c *Config) { c.CAFile = good.file }, "client certificate"},
		{"wrong client certificate", mutual, true, func(c *Config) { c.CAFile, c.CertFile, c.KeyFile = good.file, evilCert, evilKey }, "client certificate"},
		{"key of another", mutual, true, func(c *Config) { c.CAFile, c.CertFile, c.KeyFile = good.file, clientCert, evilKey }, "private key does not match public key"},
		{"no CA file", tlsLines, true, func(c *Config) { c.CAFile = "/nowhere/ca.crt" }, "broker CA: open /nowhere/ca.crt: no such file"},
		{"CA not PEM", tlsLines, true, func(c *Config) { c.CAFile = notPEM }, "no PEM certificate in it"},
		{"TLS to a plain port", nil, true, func(c *Config) { c.CAFile = good.file }, "TLS"},
		{"plain to a TLS port", tlsLines, false, func(c *Config) {}, "does it want TLS, or a client certificate?"},
		{"CA without TLS", nil, false, func(c *Config) { c.CAFile = good.file }, "certificates are set but the broker address is tcp://: want ssl://"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMosquitto(t, c.lines...)
			cfg := testConfig(m.URL())
			if c.tls {
				cfg.Broker = m.sslURL()
			}
			cfg.Timing.Connect = 2 * time.Second
			c.change(&cfg)
			said := statuses(&cfg)
			r := run(t, cfg)
			eventually(t, "two attempts", func() bool { return r.Stats().ConnectErrors >= 2 })
			h := r.Health()
			if h.OK || h.Connected || !strings.Contains(h.Reason, c.want) {
				t.Errorf("health %+v, want %q", h, c.want)
			}
			if got := said.errors(); len(got) > 2 || len(got) > 1 && !strings.Contains(c.name, "client") || !strings.Contains(got[0], c.want) {
				t.Errorf("said %q, want one line", got)
			}
			if all := fmt.Sprintf("%+v %q", h, said.errors()); strings.Contains(all, canary) {
				t.Errorf("the secret is told: %s", all)
			}
			_ = clientKey
		})
	}
}

// TestEverythingOn is TLS, client certificate, password and ACL together.
func TestEverythingOn(t *testing.T) {
	ca := newAuthority(t, "good")
	cert, key := ca.issue("server", "127.0.0.1")
	clientCert, clientKey := ca.issue("client", "127.0.0.1")
	m := prepareMosquitto(t)
	acl := m.write("acl", "user earshot\ntopic readwrite earshot/n1/#\ntopic readwrite homeassistant/device/+/config\ntopic read homeassistant/status\n")
	m.configure("cafile "+ca.file, "certfile "+cert, "keyfile "+key, "require_certificate true",
		"password_file "+passwordFile(t, "earshot", canary), "acl_file "+acl)
	m.start()
	c := testConfig(m.sslURL())
	c.Username, c.Password = "earshot", canary
	c.CAFile, c.CertFile, c.KeyFile = ca.file, clientCert, clientKey
	said := statuses(&c)
	r := run(t, c)
	r.Occurrence(onset("dog", 0))
	r.Occurrence(end("dog", 0, time.Second))
	r.settled(t)
	eventually(t, "the event", func() bool { return r.Stats().Events == 1 })
	if h := r.Health(); !h.OK {
		t.Errorf("health %+v", h)
	}
	if got := said.errors(); len(got) != 0 {
		t.Errorf("said %q", got)
	}
	r.stop(t)
	if strings.Contains(fmt.Sprintf("%v %+v %#v %v %+v", r.cfg, r.session, r.session, r.Publisher, r.Publisher), canary) {
		t.Error("fmt prints the secret")
	}
	if strings.Contains(fmt.Sprintf("%v %+v %#v", c, c, c), canary) || strings.Contains(string(topic.Encode(struct{ Password string }{c.String()})), canary) {
		t.Error("fmt prints the secret of a Config")
	}
}

// TestRefusedTopics: MQTT 3.1.1 acknowledges what the access rules throw away.
func TestRefusedTopics(t *testing.T) {
	for _, c := range []struct {
		name, acl string
		want      string // the topic that must be named
		connected bool   // nothing works without the availability topic
	}{
		{"nothing allowed", "", nodeAvailability, false},
		{"no discovery", "topic readwrite earshot/n1/#\n", "homeassistant/device/earshot_n1/config", true},
		{"read only", "topic read #\n", nodeAvailability, false},
		{"no echo", "topic write #\n", nodeAvailability, true}, // as from a broker that throws away in silence
		{"one topic", "topic readwrite #\ntopic deny " + events + "\n", events, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := prepareMosquitto(t)
			acl := m.write("acl", "user earshot\n"+c.acl)
			m.configure("password_file "+passwordFile(t, "earshot", canary), "acl_file "+acl)
			m.start()
			cfg := testConfig(m.URL())
			cfg.Username, cfg.Password = "earshot", canary
			cfg.Timing.SelfCheck, cfg.Timing.Recheck = 300*time.Millisecond, 300*time.Millisecond
			said := statuses(&cfg)
			r := run(t, cfg)
			r.Occurrence(onset("dog", 0))
			r.Occurrence(end("dog", 0, time.Second))
			eventually(t, "refused topics are reported", func() bool {
				h := r.Health()
				return !h.OK && strings.Contains(h.Reason, c.want) && strings.Contains(h.Reason, `user "earshot"`) &&
					h.Connected == c.connected
			})
			t.Log(r.Health().Reason)
			if got := fmt.Sprint(said.errors()); strings.Contains(got, canary) {
				t.Errorf("the secret is told: %s", got)
			}
			if c.name == "no discovery" { // the owner mends it
				m.write("acl", "user earshot\ntopic readwrite earshot/n1/#\ntopic readwrite homeassistant/#\n")
				m.signal(1) // SIGHUP: mosquitto reads its files again
				eventually(t, "well again without a restart", func() bool { return r.Health().OK })
			}
		})
	}
}
