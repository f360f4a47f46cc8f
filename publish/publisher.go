package publish

import (
	"context"
	"fmt"
	"io"
	"time"

	"earshot/publish/homeassistant"
	"earshot/publish/mqtt"
	"earshot/publish/outbox"
	"earshot/publish/topic"
)

// The words of the rooms that the daemon uses.
type (
	Source            = topic.Source
	Label             = topic.Label
	Device            = homeassistant.Device
	Occurrence        = outbox.Occurrence
	LabelScore        = outbox.LabelScore
	Diagnostics       = outbox.Diagnostics
	SourceDiagnostics = outbox.SourceDiagnostics
	VerifyDiagnostics = outbox.VerifyDiagnostics
	Command           = outbox.Command
	Status            = mqtt.Status
	Health            = mqtt.Health
	Timing            = mqtt.Timing
)

// What a command is about.
const (
	Mute      = outbox.Mute
	Threshold = outbox.Threshold
	Hold      = outbox.Hold
	Alarm     = outbox.Alarm
)

// MaxImage is the length of a picture at most, bytes.
const MaxImage = outbox.MaxImage

// Stats are counters since New, but for Queued and Unsaid.
type Stats struct {
	outbox.Stats
	mqtt.Counters
}

// Slug turns a name into one topic level; see [topic.Slug].
func Slug(name string) string { return topic.Slug(name) }

// Publisher keeps an MQTT broker, and Home Assistant behind it, in line with
// what the daemon hears. All methods may be called from any goroutine and none
// of them waits for the network; Run does that.
type Publisher struct {
	cfg     Config // as New had it, without the password
	box     *outbox.Outbox
	session *mqtt.Session
}

// New checks the configuration, reads what the last run left behind and
// returns a publisher that does nothing until Run.
func New(c Config) (*Publisher, error) {
	c = c.withDefaults()
	if err := c.check(); err != nil {
		return nil, err
	}
	announcer, lostState := homeassistant.New(c.shown(), c.StateFile)
	box, lostEvents := outbox.New(c.held())
	session := mqtt.New(c.connection(), c.tree(), box, announcer)
	session.Fault(lostState)
	session.Fault(lostEvents)
	c.Password = ""
	return &Publisher{cfg: c, box: box, session: session}, nil
}

// NodeID is the id in every topic.
func (p *Publisher) NodeID() string { return p.cfg.NodeID }

// Commands delivers what was asked for over MQTT. Nobody needs to read it:
// the oldest unread command is dropped when more than 256 wait.
func (p *Publisher) Commands() <-chan Command { return p.session.Commands() }

// Occurrence queues a switch of a label. When the queue is full the oldest
// occurrence is dropped and counted.
func (p *Publisher) Occurrence(o Occurrence) { p.box.Add(o, p.cfg.Now()) }

// SourceAvailable says whether a source gives sound; why is shown to people.
func (p *Publisher) SourceAvailable(src string, up bool, why string) { p.box.Available(src, up, why) }

// Mute does what a mute command over MQTT does, for other ways in.
// It reports false for a source or label that is not configured.
func (p *Publisher) Mute(c Command) (known bool) { return p.box.Mute(c, p.cfg.Now()) }

// Adjusted takes over what a label's threshold, the score at which it is still heard, and its hold are now.
func (p *Publisher) Adjusted(source, label string, on, off float64, hold time.Duration) {
	p.box.Adjusted(source, label, on, off, hold)
}

// AlarmState is what is armed, and the alarm that waits to be acknowledged; State is as Home Assistant's panel has it.
type AlarmState struct {
	State  string `json:"state"` // disarmed, armed_home, armed_away, armed_night, triggered
	Mode   string `json:"mode"`
	Since  string `json:"since"`
	Source string `json:"source"`
	Label  string `json:"label"`
	Score  any    `json:"score"`
	Why    string `json:"why"`
	Count  int    `json:"count"`
	Clip   string `json:"clip"`
	Record uint64 `json:"record"` // of the evidence, the newest
	SHA256 string `json:"sha256"` // of that
}

// Alarm tells what is armed.
func (p *Publisher) Alarm(s AlarmState) { p.box.Tell(topic.NodeAlarm, topic.Encode(s)) }

// Tamper tells a source's sign of tampering; "" for none.
func (p *Publisher) Tamper(src, reason string) { p.box.Tamper(src, reason) }

// Report tells what became of what was pushed to this node.
func (p *Publisher) Report(r PushReport) { p.box.Tell(topic.NodePush, topic.Encode(r)) }

// ForgetPush takes the manifest that was dealt with off the broker.
func (p *Publisher) ForgetPush() {
	p.box.Clear(p.cfg.tree().Of(topic.NodePushSet))
	p.box.Poke()
}

// FetchPush gets a file of size bytes that was pushed in parts, under a client id of its own: what comes is no more than that, and nobody's
// word yet.
func FetchPush(ctx context.Context, c Config, sha256 string, size int64, to io.Writer) error {
	c = c.withDefaults()
	if err := mqtt.Fetch(ctx, c.connection(), c.Topic, sha256, size, to); err != nil {
		return fmt.Errorf("mqtt: %w", err)
	}
	return nil
}

// Parts are the retained messages with the parts of a file that is pushed to the nodes below a prefix.
func Parts(prefix, sha256 string, file []byte) []topic.Message {
	return mqtt.Parts(prefix, sha256, file)
}

// Scores publishes the top smoothed scores of a window, QoS 0. A newer window
// replaces one that could not leave yet.
func (p *Publisher) Scores(src string, at time.Time, top []LabelScore) { p.box.Scores(src, at, top) }

// Image publishes a picture of a source's last sound, PNG, QoS 0. One that is longer than MaxImage is not taken; a newer one replaces
// one that could not leave yet.
func (p *Publisher) Image(src string, png []byte) { p.box.Image(src, png) }

// Heard takes all smoothed scores of a window, 0..1 by label: what is on is told anew every ten seconds.
func (p *Publisher) Heard(src string, at time.Time, scores map[string]float64) {
	p.box.Heard(src, at, scores, p.cfg.Now())
}

// Diagnostics publishes the daemon's figures, QoS 0, and each source's problem
// on its retained topic.
func (p *Publisher) Diagnostics(d Diagnostics) { p.box.Diagnostics(d, p.cfg.Now()) }

// Health is the present state, for /healthz.
func (p *Publisher) Health() Health { return p.session.Health() }

// Stats returns the counters.
func (p *Publisher) Stats() Stats { return Stats{p.box.Stats(), p.session.Counters()} }

// Run keeps the connection until ctx ends, then says offline, disconnects and
// returns nil within 2 s. It may be called once.
func (p *Publisher) Run(ctx context.Context) error { return p.session.Run(ctx) }

// Reconfigure takes over what of c can change while the connection stays: the
// sources and their labels, the device, everything about discovery, EventStart.
// What is new is announced, what is gone vanishes from the broker and from Home
// Assistant, what stays keeps its state. The rest of c is not looked at; it
// needs a new Publisher. An error changes nothing.
func (p *Publisher) Reconfigure(c Config) error {
	c.NodeID, c.Topic, c.BirthTopic = p.cfg.NodeID, p.cfg.Topic, ""
	c = c.withDefaults()
	if err := CheckShown(c); err != nil {
		return err
	}
	p.session.Announce(c.shown(), func() []string { return p.box.Configure(c.Sources, c.EventStart) })
	return nil
}

// Probe connects once as [Publisher.Run] would, under a client id of its own, and
// disconnects. It says nothing to anybody: the will is withdrawn by the clean end.
// The error is why the broker cannot be reached or does not let us in.
func Probe(ctx context.Context, c Config) error {
	c = c.withDefaults()
	if err := c.check(); err != nil {
		return err
	}
	if err := mqtt.Probe(ctx, c.connection(), c.Topic); err != nil {
		return fmt.Errorf("mqtt: %w", err)
	}
	return nil
}

// Forget takes all that c's node left on the broker off it, and out of Home Assistant, and returns the topics. The
// node must be offline. An error says what was in the way.
func Forget(ctx context.Context, c Config) (topics []string, err error) {
	c = c.withDefaults()
	if err := c.check(); err != nil {
		return nil, err
	}
	if topics, err = mqtt.Forget(ctx, c.connection(), c.tree(), c.DiscoveryPrefix); err != nil {
		return topics, fmt.Errorf("mqtt: %w", err)
	}
	return topics, homeassistant.Forget(c.StateFile)
}

// Node is what a broker knows of a node.
type Node = mqtt.Node

// The words of what is pushed to nodes.
type (
	Say        = mqtt.Say
	PushReport = mqtt.PushReport
	Refusal    = mqtt.Refusal
)

// ErrLost is what a Say returns, wrapped, whose connection is gone.
var ErrLost = mqtt.ErrLost

// Fleet finds the nodes below c.Topic on c's broker, and calls told with all of them whenever something has changed; told
// says whether to go on. It publishes what told says and nothing else. A connection that is lost is made anew.
func Fleet(ctx context.Context, c Config, told func([]Node, Say) bool) error {
	c = c.withDefaults()
	if err := c.check(); err != nil {
		return err
	}
	if err := mqtt.Fleet(ctx, c.connection(), c.Topic, told); err != nil {
		return fmt.Errorf("mqtt: %w", err)
	}
	return nil
}
