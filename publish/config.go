package publish

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Config is all the publisher needs. The zero value of an optional field
// means its default, which is named beside it.
type Config struct {
	NodeID             string        // [a-z0-9_]; empty = DefaultNodeID()
	Broker             string        // tcp://host:1883, ssl://host:8883, unix:///path; no user or password in it
	Username           string        //
	Password           string        `json:"-" yaml:"-"` // the secret itself; never printed
	CAFile             string        // PEM; empty = the system's
	CertFile, KeyFile  string        // client certificate, both or neither
	InsecureSkipVerify bool          // do not check the broker's certificate
	KeepAlive          time.Duration // 30 s
	QueueLimit         int           // 10 000 occurrences
	StoreDir           string        // unsent occurrences outlive the process here; empty = they do not
	Topic              string        // "earshot"
	DiscoveryPrefix    string        // "homeassistant"
	BirthTopic         string        // DiscoveryPrefix + "/status"
	Discovery          bool
	LegacyDiscovery    bool // one topic per entity, Home Assistant before 2024.11
	EventStart         bool // a second event message at the onset ("phase":"start")
	Device             Device
	Sources            []Source
	StateFile          string       // what was announced last time, so that it can be taken back; empty = forget
	OnStatus           func(Status) `json:"-" yaml:"-"`
	Timing             Timing
	Now                func() time.Time `json:"-" yaml:"-"` // wall clock; nil = time.Now
}

// Timing holds the publisher's waits; zero means the default.
type Timing struct {
	Connect    time.Duration // 10 s: TCP, TLS and MQTT handshake
	Ack        time.Duration // 15 s without an acknowledgement and the connection counts as dead
	Echo       time.Duration // 10 s without seeing our own message and the topic counts as refused
	Recheck    time.Duration // 60 s between two tries at a refused topic
	Debounce   time.Duration // 500 ms: discovery changes within it make one message
	Settle     time.Duration // 3 s between "remove" and "left out"
	Replay     time.Duration // 60 s: older ON/OFF are not replayed on state topics, only as events
	Spool      time.Duration // 30 s between two saves of the unsent queue
	BackoffMin time.Duration // 500 ms
	BackoffMax time.Duration // 5 s; 30 s when the broker refuses the credentials
}

// String hides the password from %v and %+v.
func (c Config) String() string {
	return fmt.Sprintf("publish.Config{NodeID:%q Broker:%q Username:%q Password:%s}",
		c.NodeID, redact(c.Broker), c.Username, hidden(c.Password))
}

// GoString hides the password from %#v.
func (c Config) GoString() string { return c.String() }

func hidden(s string) string {
	if s == "" {
		return "none"
	}
	return "***"
}

func def[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

// withDefaults fills the zero values in.
func (c Config) withDefaults() Config {
	if c.NodeID == "" {
		c.NodeID = DefaultNodeID()
	}
	def(&c.KeepAlive, 30*time.Second)
	def(&c.QueueLimit, 10000)
	def(&c.Topic, "earshot")
	def(&c.DiscoveryPrefix, "homeassistant")
	def(&c.BirthTopic, c.DiscoveryPrefix+"/status")
	def(&c.Device.Name, "earshot "+c.NodeID)
	def(&c.Device.Manufacturer, "earshot")
	t := &c.Timing
	def(&t.Connect, 10*time.Second)
	def(&t.Ack, 15*time.Second)
	def(&t.Echo, 10*time.Second)
	def(&t.Recheck, time.Minute)
	def(&t.Debounce, 500*time.Millisecond)
	def(&t.Settle, 3*time.Second)
	def(&t.Replay, time.Minute)
	def(&t.Spool, 30*time.Second)
	def(&t.BackoffMin, 500*time.Millisecond)
	def(&t.BackoffMax, 5*time.Second)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.OnStatus == nil {
		c.OnStatus = func(Status) {}
	}
	return c
}

// check returns every fault of c at once, none with a secret in it.
func (c Config) check() error {
	var errs []error
	bad := func(format string, a ...any) { errs = append(errs, fmt.Errorf(format, a...)) }
	if !validNodeID(c.NodeID) {
		bad("node id %q: want 1 to 64 of [a-z0-9_]", c.NodeID)
	}
	if _, err := brokerURL(c.Broker); err != nil {
		errs = append(errs, err)
	}
	if c.QueueLimit < 1 {
		bad("queue limit %d: want at least 1", c.QueueLimit)
	}
	if c.KeepAlive < time.Second || c.KeepAlive > 65535*time.Second {
		bad("keep alive %v: want 1 s to 65535 s", c.KeepAlive)
	}
	for _, t := range []struct{ name, topic string }{
		{"topic", c.Topic}, {"discovery prefix", c.DiscoveryPrefix}, {"birth topic", c.BirthTopic},
	} {
		if err := checkTopic(t.topic); err != nil {
			bad("%s %q: %w", t.name, t.topic, err)
		}
	}
	if (c.CertFile == "") != (c.KeyFile == "") {
		bad("client certificate: certificate and key go together, one of them is not set")
	}
	if c.Password != "" && c.Username == "" {
		bad("password without a user name: MQTT 3.1.1 has no such thing, set the user name")
	}
	if err := checkSources(c.Sources); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// brokerURL parses a broker address; errors never repeat what might be a secret.
func brokerURL(s string) (*url.URL, error) {
	const want = "want tcp://host:port, ssl://host:port or unix:///path"
	if s == "" {
		return nil, errors.New("broker address is empty: " + want)
	}
	u, err := url.Parse(s)
	if err != nil {
		return nil, errors.New("broker address cannot be parsed: " + want)
	}
	if u.User != nil {
		return nil, errors.New("broker address holds a user or password: put them into the user name and password file settings")
	}
	switch u.Scheme {
	case "unix":
		if u.Path == "" {
			return nil, errors.New("broker address unix:// has no path: " + want)
		}
		return u, nil
	case "tcp", "mqtt":
		u.Scheme = "tcp"
	case "ssl", "tls", "mqtts":
		u.Scheme = "ssl"
	default:
		return nil, fmt.Errorf("broker address scheme %q: %s", u.Scheme, want)
	}
	if u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("broker address is not scheme://host:port: " + want)
	}
	if u.Port() == "" {
		u.Host += map[string]string{"tcp": ":1883", "ssl": ":8883"}[u.Scheme]
	}
	return u, nil
}
