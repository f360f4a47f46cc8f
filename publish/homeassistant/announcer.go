package homeassistant

import (
	"slices"
	"time"

	"earshot/publish/topic"
)

// Announcer decides which discovery messages go out and when. One goroutine owns it.
type Announcer struct {
	Settings           // of the configuration that is announced
	last     announced // what Home Assistant may still show; shrinks only when a removal was acknowledged
	file     string    // holds last; empty = none
	topics   []string  // of the devices' configurations
	due      time.Time // zero = nothing to publish
	step     step
	homeUp   bool // Home Assistant was seen to start, and not to end
}

// New returns an announcer that knows what the last process announced, from file; empty = none is kept.
// An error says why that is not known; the announcer is good all the same.
func New(c Settings, file string) (*Announcer, error) {
	last, err := loadAnnounced(file)
	a := &Announcer{last: last, file: file}
	a.configure(c)
	return a, err
}

// configure makes c the configuration that is announced. Each message of a connection asks for the topics, so they are named once.
func (a *Announcer) configure(c Settings) {
	a.Settings, a.topics = c, nil
	if !c.Enabled || c.Legacy {
		return
	}
	for _, d := range c.devices() {
		a.topics = append(a.topics, d.topic)
	}
}

// Change takes other settings over; moved tells whether the topics of discovery are others now.
func (a *Announcer) Change(c Settings) (moved bool) {
	moved = a.Enabled != c.Enabled || a.Legacy != c.Legacy || a.Prefix != c.Prefix
	if !moved {
		c.BirthTopic = a.BirthTopic
	}
	a.configure(c)
	return moved
}

// Topics are where the configurations of devices stand, the node's first; none with a configuration per entity. The slice is the
// announcer's own.
func (a *Announcer) Topics() []string { return a.topics }

// Describes reports whether topic is one of a device's configuration.
func (a *Announcer) Describes(topic string) bool { return slices.Contains(a.topics, topic) }

// Announces reports whether topic is one of a configuration per entity.
func (a *Announcer) Announces(topic string) bool { return slices.Contains(a.last.Legacy, topic) }

// Before is the tree under which the last process announced; "" when nothing is known of one.
func (a *Announcer) Before() topic.Tree { return topic.Tree(a.last.Base) }

// Spare forgets what the last process announced: it is somebody else's now.
func (a *Announcer) Spare() { a.last = announced{} }

// Due is when to publish; zero = not.
func (a *Announcer) Due() time.Time { return a.due }

// Schedule asks for a publication. Requests until `at` make one publication.
func (a *Announcer) Schedule(at time.Time) {
	if again := a.step.asked(); a.due.IsZero() || again != a.step || at.Before(a.due) {
		a.due, a.step = at, again
	}
}

// Connected asks for a publication on a new connection; nobody knows of Home Assistant then.
func (a *Announcer) Connected(at time.Time) {
	a.homeUp = false
	a.Schedule(at)
}

// Born notes Home Assistant's birth and last will, as they are sent.
func (a *Announcer) Born(up bool, at time.Time) {
	if a.homeUp = up; !up {
		return
	}
	if len(a.last.Missed) > 0 {
		a.step = showAgain
	}
	a.Schedule(at)
}

// Remembered merges what the broker itself has, for the case that the state
// file is lost, and asks for a publication if anything in it is unknown. It returns the topics that the
// components in it read, where they are others than ours.
func (a *Announcer) Remembered(name string, payload []byte, at time.Time) (topics []string) {
	news := false
	for key, platform := range platformsOf(payload) {
		if _, known := a.last.Devices[name][key]; !known {
			a.last.Devices = a.last.Devices.with(components{name: {key: platform}})
			news = true
		}
	}
	if news && a.due.IsZero() { // it came after our own
		a.Schedule(at)
	}
	return topicsOf(payload)
}

// Plan is one publication and what is known once it is acknowledged.
type Plan struct {
	Messages []topic.Message
	during   announced // to be saved before it goes out
	after    announced // to be saved when it was acknowledged
	then     step
}

// Begin builds the publication that is due, so that none is due any more. retained are the topics that are
// kept beside it. An error says that what is announced could not be saved.
func (a *Announcer) Begin(retained []string) (Plan, error) {
	p := a.plan(retained)
	a.due = time.Time{}
	return p, p.during.save(a.file)
}

// Done notes the acknowledgement; what follows by itself does so after a pause. If somebody asked for a
// publication since Begin, it comes first.
func (a *Announcer) Done(p Plan, now time.Time, pause time.Duration) error {
	a.last = p.after
	if a.due.IsZero() {
		if a.step = p.then; a.step.follows() {
			a.due = now.Add(pause)
		}
	}
	return a.last.save(a.file)
}

func (a *Announcer) plan(retained []string) Plan {
	want, messages := a.wanted(retained)
	if a.step == showAgain && a.Enabled {
		return a.showMissed(want, messages)
	}
	gone := a.gone(want)
	more := len(gone) > 0 && a.step.names()
	p := Plan{after: want}
	for _, name := range a.stale(want, !more) {
		p.Messages = append(p.Messages, topic.Kept(name, nil))
	}
	if len(want.Devices) > 0 && len(a.last.Legacy) > 0 || len(want.Legacy) > 0 && len(a.last.Devices) > 0 {
		// The unique ids are the same both ways: Home Assistant must have let
		// the old entities go before it may see the new ones.
		p.then = a.step.acknowledged(true)
		p.after.Legacy, p.after.Devices = nil, nil
		p.after.Missed = a.last.Missed
		p.during = a.union(want)
		return p
	}
	p.then = a.step.acknowledged(more)
	if more || !a.step.missed() {
		p.after.Missed = a.remember(merged(gone.flat(), a.goneLegacy(want)), want)
	}
	if !more {
		gone = nil
	} else {
		p.after.Topics = merge(want.Topics, a.last.Topics)
	}
	if !a.Legacy && a.Enabled {
		messages, p.after.Devices = a.deviceMessages(gone)
	}
	p.Messages = append(p.Messages, messages...)
	p.during = a.union(want)
	p.during.Missed = p.after.Missed
	return p
}

// deviceMessages are the configurations of all devices, where gone is taken away, and what they hold then. What goes
// from one device to another is left out of the other until the next step: its unique id stays the same, so it must
// be gone before it may come.
func (a *Announcer) deviceMessages(gone components) (messages []topic.Message, hold components) {
	hold = components{}
	later := map[string]bool{}
	for key := range gone.flat() {
		later[key] = true
	}
	for _, d := range a.devices() {
		m := a.message(d, stubs(gone[d.topic]), later)
		messages = append(messages, m)
		for key, platform := range merged(d.keys(), gone[d.topic]) {
			_, going := gone[d.topic][key]
			if going || !later[key] {
				hold.put(d.topic, key, platform)
			}
		}
	}
	return messages, hold
}

// wanted is what the configuration announces, and the per-entity messages.
func (a *Announcer) wanted(retained []string) (announced, []topic.Message) {
	want := announced{Node: a.Node, Base: string(a.Tree), Topics: retained}
	if !a.Enabled {
		return want, nil
	}
	if a.Legacy {
		messages := a.entityMessages(a.components())
		want.Legacy = names(messages)
		return want, messages
	}
	want.Devices = components{}
	for _, d := range a.devices() {
		want.Devices[d.topic] = d.keys()
	}
	return want, nil
}

func names(messages []topic.Message) (out []string) {
	for _, m := range messages {
		out = append(out, m.Topic)
	}
	return out
}
