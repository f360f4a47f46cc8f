package outbox

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"

	"earshot/publish/topic"
)

// initial wants every retained topic of a source, keeping values it had.
func (o *Outbox) initial(s *sourceState, old map[string][]byte) {
	keep := func(name string, first []byte) {
		if v := old[name]; len(v) > 0 {
			first = v
			o.wanted[name] = v
		}
		o.want(name, first)
	}
	keep(o.Tree.Of(topic.SourceAvailability, s.slug), topic.Availability(s.online))
	o.wantProblem(s)
	keep(o.Tree.Of(topic.SourceMute, s.slug), topic.Switch(s.mute.on))
	keep(o.Tree.Of(topic.SourcePause, s.slug), s.mute.minutes())
	for _, l := range s.labels {
		for _, leaf := range []topic.Leaf{topic.LabelState, topic.LabelAttributes} {
			if name := o.Tree.Of(leaf, s.slug, l.slug); len(old[name]) > 0 {
				o.wanted[name] = old[name]
			}
		}
		o.wantState(s, l)
		for _, leaf := range []topic.Leaf{topic.LabelThreshold, topic.LabelHold} {
			if name := o.Tree.Of(leaf, s.slug, l.slug); len(old[name]) > 0 {
				o.wanted[name] = old[name]
			}
		}
		o.wantRule(s, l)
		keep(o.Tree.Of(topic.LabelMute, s.slug, l.slug), topic.Switch(l.mute.on))
	}
	if last := o.Tree.Of(topic.SourceLast, s.slug); knownLast(s, old[last]) {
		keep(last, nil)
	} else {
		o.want(last, lastOf("", nil))
	}
}

// knownLast reports whether payload names a label that s still has: the sensor
// of the last sound refuses any other.
func knownLast(s *sourceState, payload []byte) bool {
	var last lastPayload
	return json.Unmarshal(payload, &last) == nil &&
		slices.ContainsFunc(s.labels, func(l *labelState) bool { return l.slug == last.Label && !l.Group })
}

// want sets a retained topic's value and marks it if that changed.
func (o *Outbox) want(name string, payload []byte) {
	if was, ok := o.wanted[name]; ok && bytes.Equal(was, payload) {
		return
	}
	o.wanted[name] = payload
	o.mark(name)
}

// Tell sets the value of a retained topic of the node itself.
func (o *Outbox) Tell(l topic.Leaf, payload []byte) {
	defer o.input()()
	name := o.Tree.Of(l)
	o.ofNode[name] = payload
	o.want(name, payload)
}

func (o *Outbox) mark(name string) {
	if !slices.Contains(o.unsaid, name) {
		o.unsaid = append(o.unsaid, name)
	}
}

// Clear takes a retained topic off the broker unless it has a value here.
func (o *Outbox) Clear(name string) {
	defer o.lock()()
	if _, wanted := o.wanted[name]; !wanted {
		o.mark(name) // without a value it is sent empty, which is MQTT's way
	}
}

// ClearGone takes topics of what is no longer configured off the broker: an entity that still looks at one would
// complain of its empty state, so it is called when their entities are gone. cleared are topics that were cleared already.
func (o *Outbox) ClearGone(gone []string, cleared []topic.Message) {
	defer o.lock()()
	for _, name := range gone {
		_, back := o.wanted[name]
		if !back && !slices.ContainsFunc(cleared, func(m topic.Message) bool { return m.Topic == name }) {
			o.mark(name)
		}
	}
}

// Repeat sends the values of retained topics again, where they have one.
func (o *Outbox) Repeat(names ...string) {
	defer o.lock()()
	for _, name := range names {
		if _, wanted := o.wanted[name]; wanted {
			o.mark(name)
		}
	}
}

// Value is what a retained topic should hold; nil for one that stands for nothing.
func (o *Outbox) Value(name string) []byte {
	defer o.lock()()
	return o.wanted[name]
}

// Topics lists every topic of the sources that is of interest when it comes back from the broker: what we say there
// with an acknowledgement, and commands.
func (o *Outbox) Topics() (all []string) {
	defer o.lock()()
	for _, l := range topic.Leaves {
		if l.QoS == 0 {
			continue
		}
		for _, s := range o.sources {
			switch l.Level {
			case topic.OfSource:
				all = append(all, o.Tree.Of(l, s.slug))
			case topic.OfLabel:
				for _, x := range s.labels {
					all = append(all, o.Tree.Of(l, s.slug, x.slug))
				}
			}
		}
	}
	return all
}

// Retained lists every topic that is kept on the broker.
func (o *Outbox) Retained() []string {
	defer o.lock()()
	return slices.Sorted(maps.Keys(o.wanted))
}

func (o *Outbox) wantState(s *sourceState, l *labelState) {
	state := topic.Switch(l.detected && !l.mute.on && !s.mute.on)
	o.want(o.Tree.Of(topic.LabelAttributes, s.slug, l.slug), topic.Encode(labelPayload{string(state), l.about, l.heard}))
	o.want(o.Tree.Of(topic.LabelState, s.slug, l.slug), state)
}

func (o *Outbox) wantProblem(s *sourceState) {
	reason, detail := s.problem, s.detail
	if s.lost != "" {
		reason, detail = "lost", s.lost
	}
	o.want(o.Tree.Of(topic.SourceProblem, s.slug), problemOf(reason, detail))
}

// Available notes whether a source gives sound; why is shown to people. A source
// that gives none has no sounds either: its labels go OFF.
func (o *Outbox) Available(name string, up bool, why string) {
	defer o.input()()
	s := o.byName[name]
	if s == nil {
		return
	}
	s.lost = ""
	if !up {
		s.lost = cmp.Or(why, "no sound arrives")
	}
	o.setOnline(s, up)
	o.wantProblem(s)
}

func (o *Outbox) setOnline(s *sourceState, up bool) {
	s.online = up
	if !up {
		o.silence(s)
	}
	o.want(o.Tree.Of(topic.SourceAvailability, s.slug), topic.Availability(up))
}

func (o *Outbox) silence(s *sourceState) {
	for _, l := range s.labels {
		l.detected = false
		o.wantState(s, l)
	}
}

// Farewell returns the last messages: no label stays ON without somebody who could end it.
func (o *Outbox) Farewell() []topic.Message {
	defer o.lock()()
	for _, s := range o.sources {
		o.setOnline(s, false)
	}
	var out []topic.Message
	for _, name := range o.unsaid {
		out = append(out, topic.Kept(name, o.wanted[name]))
	}
	return out
}

// Stats returns the counters.
func (o *Outbox) Stats() Stats {
	defer o.lock()()
	s := o.stats
	s.Queued, s.Unsaid = o.queue.n, len(o.unsaid)
	if o.inflight != nil {
		s.Queued++
	}
	return s
}
