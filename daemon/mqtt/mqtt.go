// Package mqtt is the house's sink: the publisher, and the embedded broker where none is configured.
//
// Mutes are decided by the fan-out's list. The publisher keeps a copy, because a muted label's retained state goes
// OFF, and ON again when a mute ends in the middle of a sound, and its mute topics are part of what is on the wire:
// commands that come over MQTT are handed to Hooks.Mute, and a new publisher is told what stands by Restore.
package mqtt

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"sync/atomic"
	"time"

	"earshot/daemon/alarm"
	"earshot/daemon/broker"
	"earshot/daemon/config"
	"earshot/daemon/rules"
	"earshot/daemon/sink"
	"earshot/daemon/status"
	"earshot/internal/task"
	"earshot/publish"
)

// Error marks errors of the embedded broker or of the settings for another.
type Error struct{ Err error }

func (e Error) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e Error) Unwrap() error { return e.Err }

// Hooks are told what comes from MQTT; each may be nil and is called from goroutines of the sink.
type Hooks struct {
	Status func(publish.Status) // the connection has changed
	Mute   func(sink.Mute)      // somebody asked for it; its source and label are configured ones
	Adjust func(rules.Adjust)   // the same
	Alarm  func(command string) // somebody arms, disarms or acknowledges
	Pushed func([]byte)         // a manifest came; not where the configuration names no owner of a fleet
}

// Sink is the way to the rest of the house.
type Sink struct {
	publisher *publish.Publisher
	settings  publish.Config
	embedded  *broker.Broker // nil with a broker of the house's own
	address   string         // as printed and shown; never with a password
	wish      string         // mqtt.embedded as it was when the broker started
	top       atomic.Int32   // how many scores of a window are told
	hooks     Hooks
	group     *task.Group
}

// New makes a sink, which says nothing before Start. Of old, if it is given, an embedded broker is used further,
// where the configuration lets it be, so that its subscribers stay: see Keeps.
func New(s Setup, old *Sink, hooks Hooks) (*Sink, error) {
	stateDir, err := s.File.Config.StateFolder()
	if err != nil {
		s.Log.Warn().Err(err).Msg("nothing will outlive a restart")
	}
	var keep *broker.Broker
	if old.Keeps(s.File) {
		keep = old.embedded
	}
	return open(s, stateDir, keep, hooks)
}

func open(s Setup, stateDir string, keep *broker.Broker, hooks Hooks) (*Sink, error) {
	c := s.File.Config.MQTT
	k := &Sink{address: c.Broker, wish: c.Embedded, hooks: hooks}
	k.top.Store(int32(c.Scores))
	settings, err := s.settings(stateDir)
	if err != nil {
		return nil, err
	}
	settings.OnStatus = hooks.Status
	if s.File.Config.Fleet.OwnerKey != "" {
		settings.Pushed = hooks.Pushed
	}
	if c.Broker == "" {
		if k.embedded = keep; keep == nil {
			if k.embedded, err = broker.Start(c.Embedded); err != nil {
				return nil, Error{err}
			}
		}
		k.address = k.embedded.URL()
		settings.Broker, settings.Dial = k.address, k.embedded.Dial
	}
	k.settings = settings
	if k.publisher, err = publish.New(settings); err != nil {
		if k.embedded != nil && keep == nil {
			err = errors.Join(err, k.embedded.Close())
		}
		return nil, Error{err}
	}
	return k, nil
}

// Check tells whether a sink could be made, without touching anything of the running one.
func Check(s Setup, running *Sink) error {
	probe, err := open(s, "", running.embedded, Hooks{})
	if err == nil && probe.embedded != nil && probe.embedded != running.embedded {
		_ = probe.embedded.Close()
	}
	return err
}

// Probe connects once to the configured broker and says why that does not work.
func Probe(ctx context.Context, s Setup) error {
	settings, err := s.settings("")
	if err == nil {
		err = publish.Probe(ctx, settings)
	}
	if err != nil {
		return Error{err}
	}
	return nil
}

// Forget takes the node off the configured broker and out of Home Assistant, and returns the topics.
func Forget(ctx context.Context, s Setup) (topics []string, err error) {
	stateDir, err := s.File.Config.StateFolder()
	if err != nil {
		return nil, err
	}
	settings, err := s.settings(stateDir)
	if err == nil {
		topics, err = publish.Forget(ctx, settings)
	}
	if err != nil {
		return topics, Error{err}
	}
	return topics, nil
}

// Fleet finds the nodes on the configured broker, and calls told with all of them whenever something has changed.
func Fleet(ctx context.Context, s Setup, told func([]publish.Node, publish.Say) bool) error {
	settings, err := s.settings("")
	settings.OnStatus = func(now publish.Status) {
		s.Log.Warn().Err(now.Err).Dur("retry_ms", now.Retry).Msg("mqtt")
	}
	if err == nil {
		err = publish.Fleet(ctx, settings, told)
	}
	if err != nil {
		return Error{err}
	}
	return nil
}

// Same tells whether a running sink can go from one configuration to the other by Reconfigure.
func Same(before, now *config.File) bool { return connectionOf(before) == connectionOf(now) }

// CheckShown returns what Reconfigure would refuse.
func CheckShown(s Setup) error { return publish.CheckShown(s.shown()) }

// Reconfigure takes over what can change while the connection stays.
func (k *Sink) Reconfigure(s Setup) error {
	k.top.Store(int32(s.File.Config.MQTT.Scores))
	return k.publisher.Reconfigure(s.shown())
}

// Keeps tells whether the embedded broker can go on under another configuration.
func (k *Sink) Keeps(f *config.File) bool {
	return k != nil && k.embedded != nil && f.Config.MQTT.Broker == "" && f.Config.MQTT.Embedded == k.wish
}

// Start connects; failed is told what only another process mends.
func (k *Sink) Start(ctx context.Context, failed func(error)) {
	k.group = task.New(ctx)
	k.group.GoThen("mqtt", k.publisher.Run, func(err error) {
		if err != nil {
			failed(fmt.Errorf("mqtt: %w", err))
		}
	})
	k.group.Go("mutes", k.commands)
}

// commands hands on what people ask for over MQTT.
func (k *Sink) commands(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case c := <-k.publisher.Commands():
			if c.Kind == publish.Alarm {
				if k.hooks.Alarm != nil {
					k.hooks.Alarm(c.Text)
				}
			} else if c.Kind != publish.Mute {
				if k.hooks.Adjust != nil {
					k.hooks.Adjust(adjustOf(c))
				}
			} else if k.hooks.Mute != nil {
				k.hooks.Mute(sink.Mute{Source: c.Source, Label: c.Label, On: c.On, For: c.Duration})
			}
		}
	}
}

// adjustOf is the rule that a command asks for; without a label it is about all of the source's.
func adjustOf(c publish.Command) rules.Adjust {
	a := rules.Adjust{Source: c.Source, Label: c.Label, Undo: c.Undo}
	if c.Kind == publish.Hold {
		hold := time.Duration(c.Value * float64(time.Second))
		a.Hold = &hold
	} else {
		a.On = &c.Value
	}
	return a
}

// Adjusted tells what the rules at a source are now.
func (k *Sink) Adjusted(source string, r *rules.Rules) {
	for _, l := range r.Watched {
		k.publisher.Adjusted(source, l.ID, l.On, l.Off, l.Hold)
	}
}

// TellAlarm tells what is armed.
func (k *Sink) TellAlarm(s alarm.State) {
	out := publish.AlarmState{State: s.Mode, Mode: s.Mode, Since: s.Since.UTC().Format(time.RFC3339), Source: s.Source, Label: s.Label, Why: s.Why, Count: s.Count, Clip: s.Clip,
		Record: s.Head.N, SHA256: s.Head.SHA256}
	switch {
	case s.On:
		out.State = "triggered"
		out.Score = math.Round(s.Score*1e4) / 1e4
	case s.Mode != alarm.Disarmed:
		out.State = "armed_" + s.Mode
	}
	k.publisher.Alarm(out)
}

// TellTamper tells a source's sign of tampering; "" for none.
func (k *Sink) TellTamper(source, reason string) { k.publisher.Tamper(source, reason) }

// TellPush tells what became of what was pushed to this node, and takes what was dealt with off the broker.
func (k *Sink) TellPush(r publish.PushReport, done bool) {
	k.publisher.Report(r)
	if done {
		k.publisher.ForgetPush()
	}
}

// Fetch gets a file that was pushed in parts.
func (k *Sink) Fetch(ctx context.Context, sha256 string, size int64, to io.Writer) error {
	c := k.settings
	c.NodeID = k.NodeID()
	return publish.FetchPush(ctx, c, sha256, size, to)
}

// Tree is the beginning of the node's topics.
func (k *Sink) Tree() string { return k.settings.Topic + "/" + k.NodeID() }

// stopWithin is how long a stop may take.
const stopWithin = 900 * time.Millisecond

// Stop says offline and disconnects; with the broker too unless it is kept.
func (k *Sink) Stop(keepBroker bool) error {
	if k.group != nil {
		k.group.Stop()
		if late, _ := k.group.WaitFor(stopWithin); late != nil {
			return fmt.Errorf("mqtt did not stop within %v", stopWithin)
		}
	}
	if k.embedded != nil && !keepBroker {
		return k.embedded.Close()
	}
	return nil
}

// Flush gives the publisher time to send what it holds, as long as it is connected.
func (k *Sink) Flush(limit time.Duration) {
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if k.publisher.Stats().Queued == 0 || !k.publisher.Health().Connected {
			return
		}
	}
}

// Restore mutes again what was muted; what is not configured any more is left out.
func (k *Sink) Restore(mutes []sink.Mute) {
	for _, m := range mutes {
		k.publisher.Mute(publish.Command{Source: m.Source, Label: m.Label, On: m.On, Duration: m.For})
	}
}

// Address is where clients reach the broker; Embedded tells whether it is the daemon's own.
func (k *Sink) Address() string { return k.address }

// Embedded tells whether the broker is inside the daemon.
func (k *Sink) Embedded() bool { return k.embedded != nil }

// NodeID is the id in every topic.
func (k *Sink) NodeID() string { return k.publisher.NodeID() }

// Report implements sink.Reporter.
func (k *Sink) Report(s *status.Status) {
	health, stats := k.publisher.Health(), k.publisher.Stats()
	s.Node = k.NodeID()
	s.Broker = status.Broker{
		Address: k.address, Embedded: k.Embedded(), Connected: health.Connected, Reason: health.Reason, Since: health.Since,
		Queued: stats.Queued, Dropped: stats.Dropped, Events: stats.Events, Connects: stats.Connects, Lost: stats.ConnectionsLost,
	}
	if !health.OK {
		s.Problems = append(s.Problems, "mqtt: "+health.Reason)
	}
}
