package sink

import (
	"sync"
	"time"
)

// Mute asks not to hear of a label, or of a whole source.
type Mute struct {
	Source string
	Label  string        // "" = every label of the source
	On     bool          // false listens again
	For    time.Duration // 0 = until told otherwise
}

// Mutes remembers what people asked not to hear of. It is the one place that decides: the fan-out marks events by
// it, and a sink that shows mutes of its own (MQTT has topics for them) is told and told again what stands here.
type Mutes struct {
	mu    sync.Mutex // guards until
	until map[[2]string]time.Time
}

// forEver stands for a mute without an end.
const forEver = 100 * 365 * 24 * time.Hour

// Set mutes, or listens again. Source and label are the caller's to check.
func (m *Mutes) Set(c Mute, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.until == nil {
		m.until = map[[2]string]time.Time{}
	}
	key := [2]string{c.Source, c.Label}
	switch {
	case !c.On:
		delete(m.until, key)
	case c.For == 0:
		m.until[key] = now.Add(forEver)
	default:
		m.until[key] = now.Add(c.For)
	}
}

// Active are the mutes of this moment, with the time that is left of each.
func (m *Mutes) Active(now time.Time) (all []Mute) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for key, until := range m.until {
		left := until.Sub(now)
		switch {
		case left > forEver/2:
			all = append(all, Mute{Source: key[0], Label: key[1], On: true})
		case left > 0:
			all = append(all, Mute{Source: key[0], Label: key[1], On: true, For: left})
		}
	}
	return all
}

// Muted tells whether the label, or its whole source, is muted.
func (m *Mutes) Muted(source, label string, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return now.Before(m.until[[2]string{source, ""}]) || now.Before(m.until[[2]string{source, label}])
}
