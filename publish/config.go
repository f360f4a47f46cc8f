package publish

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"earshot/internal/redact"
	"earshot/publish/homeassistant"
	"earshot/publish/mqtt"
	"earshot/publish/outbox"
	"earshot/publish/topic"
)

// Config is all the publisher needs. The zero value of an optional field
// means its default, which is named beside it.
type Config struct {
	NodeID             string                                                               // [a-z0-9_]; empty = one of the machine's own
	Broker             string                                                               // tcp://host:1883, ssl://host:8883, unix:///path; no user or password in it
	Username           string                                                               //
	Password           string                                                               `json:"-" yaml:"-"` // the secret itself; never printed
	CAFile             string                                                               // PEM; empty = the system's
	CertFile, KeyFile  string                                                               // client certificate, both or neither
	InsecureSkipVerify bool                                                                 // do not check the broker's certificate
	KeepAlive          time.Duration                                                        // 30 s
	MaxPacket          int                                                                  // 1 MiB: bytes of one packet from the broker; see package guard
	Dial               func(ctx context.Context, network, address string) (net.Conn, error) `json:"-" yaml:"-"` // nil = the network's
	QueueLimit         int                                                                  // 10 000 occurrences
	StoreDir           string                                                               // unsent occurrences outlive the process here; empty = they do not
	Topic              string                                                               // "earshot"
	DiscoveryPrefix    string                                                               // "homeassistant"
	BirthTopic         string                                                               // DiscoveryPrefix + "/status"
	Discovery          bool
	Language           string        // of the entities' names: en, de, fr, es or zh; empty = English
	LegacyDiscovery    bool          // one topic per entity, Home Assistant before 2024.11
	EventStart         bool          // an event message at the onset too ("phase":"start")
	Diagnostics        time.Duration // 1 min between two calls of it
	Image              bool          // pictures of the last sounds are announced
	Device             Device
	Sources            []Source
	StateFile          string           // what was announced last time, so that it can be taken back; empty = forget
	OnStatus           func(Status)     `json:"-" yaml:"-"`
	Pushed             func([]byte)     `json:"-" yaml:"-"` // a manifest for this node; must not block. nil = nobody may push
	Timing             Timing           // the connection's waits
	Replay             time.Duration    // 60 s: older ON/OFF are not replayed on state topics, only as events
	SaveEvery          time.Duration    // 30 s between two saves of the unsent queue
	Now                func() time.Time `json:"-" yaml:"-"` // wall clock; nil = time.Now
}

// String hides the password from %v and %+v.
func (c Config) String() string {
	hidden := "none"
	if c.Password != "" {
		hidden = "***"
	}
	return fmt.Sprintf("publish.Config{NodeID:%q Broker:%q Username:%q Password:%s}",
		c.NodeID, redact.URLs(c.Broker), c.Username, hidden)
}

// GoString hides the password from %#v.
func (c Config) GoString() string { return c.String() }

// withDefaults fills the zero values in.
func (c Config) withDefaults() Config {
	c.NodeID = cmp.Or(c.NodeID, topic.DefaultNodeID())
	c.KeepAlive = cmp.Or(c.KeepAlive, 30*time.Second)
	c.MaxPacket = cmp.Or(c.MaxPacket, 1<<20)
	c.QueueLimit = cmp.Or(c.QueueLimit, 10000)
	c.Topic = cmp.Or(c.Topic, "earshot")
	c.DiscoveryPrefix = cmp.Or(c.DiscoveryPrefix, "homeassistant")
	c.BirthTopic = cmp.Or(c.BirthTopic, c.DiscoveryPrefix+"/status")
	c.Device.Name = cmp.Or(c.Device.Name, "earshot "+c.NodeID)
	c.Device.Manufacturer = cmp.Or(c.Device.Manufacturer, "earshot")
	c.Timing = c.Timing.WithDefaults()
	c.Replay = cmp.Or(c.Replay, time.Minute)
	c.Diagnostics = cmp.Or(c.Diagnostics, time.Minute)
	c.SaveEvery = cmp.Or(c.SaveEvery, 30*time.Second)
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
	if !topic.IsID(c.NodeID) {
		bad("node id %q: want 1 to 64 of [a-z0-9_]", c.NodeID)
	}
	link := c.connection()
	errs = append(errs, link.Check())
	if c.QueueLimit < 1 {
		bad("queue limit %d: want at least 1", c.QueueLimit)
	}
	for _, t := range []struct{ name, topic string }{
		{"topic", c.Topic}, {"discovery prefix", c.DiscoveryPrefix}, {"birth topic", c.BirthTopic},
	} {
		if err := topic.Check(t.topic); err != nil {
			bad("%s %q: %w", t.name, t.topic, err)
		}
	}
	if err := errors.Join(append(errs, topic.CheckSources(c.Sources))...); err != nil {
		return fmt.Errorf("mqtt: %w", err)
	}
	return nil
}

// CheckShown returns what Reconfigure would refuse of c.
func CheckShown(c Config) error {
	if err := topic.CheckSources(c.Sources); err != nil {
		return fmt.Errorf("mqtt: %w", err)
	}
	if err := topic.Check(c.DiscoveryPrefix); err != nil {
		return fmt.Errorf("mqtt: discovery prefix %q: %w", c.DiscoveryPrefix, err)
	}
	return nil
}

// tree, connection, held and shown are the parts of c that the rooms need.
func (c *Config) tree() topic.Tree { return topic.NewTree(c.Topic, c.NodeID) }

func (c *Config) connection() mqtt.Settings {
	password := c.Password
	return mqtt.Settings{NodeID: c.NodeID, Version: c.Device.SWVersion, Model: c.Device.Model, Broker: c.Broker, Username: c.Username, Secret: func() string { return password },
		CAFile: c.CAFile, CertFile: c.CertFile, KeyFile: c.KeyFile, InsecureSkipVerify: c.InsecureSkipVerify,
		KeepAlive: c.KeepAlive, MaxPacket: c.MaxPacket, Dial: c.Dial, Timing: c.Timing, OnStatus: c.OnStatus, Pushed: c.Pushed, Now: c.Now}
}

func (c *Config) held() outbox.Settings {
	return outbox.Settings{Tree: c.tree(), Sources: c.Sources, EventStart: c.EventStart, Limit: c.QueueLimit,
		Replay: c.Replay, Folder: c.StoreDir, SaveEvery: c.SaveEvery}
}

func (c *Config) shown() homeassistant.Settings {
	return homeassistant.Settings{Node: c.NodeID, Tree: c.tree(), Prefix: c.DiscoveryPrefix, BirthTopic: c.BirthTopic,
		Enabled: c.Discovery, Legacy: c.LegacyDiscovery, Language: c.Language, Device: c.Device, Sources: c.Sources, Every: c.Diagnostics, Image: c.Image}
}
