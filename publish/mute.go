package publish

import "time"

// muteState keeps a source or a label quiet, for a while or until told otherwise.
type muteState struct {
	on    bool
	until time.Time // zero = until told otherwise
}

func (m *muteState) set(on bool, d time.Duration, now time.Time) {
	*m = muteState{on: on}
	if on && d > 0 {
		m.until = now.Add(d)
	}
}

func (m *muteState) expired(now time.Time) bool {
	return m.on && !m.until.IsZero() && !now.Before(m.until)
}

// command applies a checked command; false when its source or label is unknown.
func (b *book) command(c Command, now time.Time) bool {
	s := b.byName[c.Source]
	if s == nil {
		return false
	}
	if c.Label == "" {
		s.mute.set(c.On, c.Duration, now)
		b.muted(s)
		return true
	}
	l := s.byID[c.Label]
	if l == nil {
		return false
	}
	l.mute.set(c.On, c.Duration, now)
	b.muted(s)
	return true
}

// muted brings the retained topics of s in line with its mutes. A label that
// was muted while ON goes OFF, and comes back ON if it still sounds afterwards.
func (b *book) muted(s *sourceState) {
	b.want(b.topics.source(s.slug, "mute"), onOff(s.mute.on))
	for _, l := range s.labels {
		b.want(b.topics.label(s.slug, l.slug, "mute"), onOff(l.mute.on))
		b.wantState(s, l)
	}
}

// expire ends the mutes whose time is over and returns when the next one ends
// (zero = none).
func (b *book) expire(now time.Time) (next time.Time) {
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
	for _, s := range b.sources {
		changed := see(&s.mute)
		for _, l := range s.labels {
			changed = see(&l.mute) || changed
		}
		if changed {
			b.muted(s)
		}
	}
	return next
}
