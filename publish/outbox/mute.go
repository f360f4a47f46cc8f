package outbox

import (
	"math"
	"time"

	"earshot/publish/topic"
)

// muteState keeps a source or a label quiet, for a while or until told otherwise.
type muteState struct {
	on    bool
	until time.Time     // zero = until told otherwise
	asked time.Duration // from its beginning until then
}

func (m *muteState) set(on bool, d time.Duration, now time.Time) {
	*m = muteState{on: on}
	if on && d > 0 {
		m.until, m.asked = now.Add(d), d
	}
}

func (m *muteState) expired(now time.Time) bool {
	return m.on && !m.until.IsZero() && !now.Before(m.until)
}

// minutes is how long the mute was asked to last; 0 without an end.
func (m *muteState) minutes() []byte { return topic.Encode(int(math.Ceil(m.asked.Minutes()))) }

// Mute applies a checked command; false when its source or label is unknown.
func (o *Outbox) Mute(c Command, now time.Time) bool {
	defer o.input()()
	return o.command(c, now)
}

func (o *Outbox) command(c Command, now time.Time) bool {
	s := o.byName[c.Source]
	if s == nil {
		return false
	}
	mute := &s.mute
	if c.Label != "" {
		l := s.byID[c.Label]
		if l == nil {
			return false
		}
		mute = &l.mute
	}
	mute.set(c.On, c.Duration, now)
	o.muted(s)
	return true
}

// muted brings the retained topics of s in line with its mutes. A label that
// was muted while ON goes OFF, and comes back ON if it still sounds afterwards.
func (o *Outbox) muted(s *sourceState) {
	o.want(o.Tree.Of(topic.SourceMute, s.slug), topic.Switch(s.mute.on))
	o.want(o.Tree.Of(topic.SourcePause, s.slug), s.mute.minutes())
	for _, l := range s.labels {
		o.want(o.Tree.Of(topic.LabelMute, s.slug, l.slug), topic.Switch(l.mute.on))
		o.wantState(s, l)
	}
}

// Expire ends the mutes whose time is over and returns when the next one ends
// (zero = none).
func (o *Outbox) Expire(now time.Time) (next time.Time) {
	defer o.lock()()
	see := func(m *muteState) bool {
		if m.expired(now) {
			*m = muteState{}
			return true
		}
		if m.on && !m.until.IsZero() && (next.IsZero() || m.until.Before(next)) {
			next = m.until
		}
		return false
	}
	for _, s := range o.sources {
		changed := see(&s.mute)
		for _, l := range s.labels {
			changed = see(&l.mute) || changed
		}
		if changed {
			o.muted(s)
		}
	}
	return next
}
