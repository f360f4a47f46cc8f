package daemon

import (
	"sync"
	"time"

	"earshot/publish"
)

// mutes remembers what the house asked not to hear of. The publisher keeps muted labels quiet by itself; here it is
// known for the page and so that no clip is cut.
type mutes struct {
	mu    sync.Mutex // guards until
	until map[[2]string]time.Time
}

// forEver stands for a mute without an end.
const forEver = 100 * 365 * 24 * time.Hour

func newMutes() *mutes { return &mutes{until: map[[2]string]time.Time{}} }

// set follows a command that the publisher has checked: its source and label are configured ones.
func (m *mutes) set(c publish.Command, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := [2]string{c.Source, c.Label}
	switch {
	case !c.On:
		delete(m.until, key)
	case c.Duration == 0:
		m.until[key] = now.Add(forEver)
	default:
		m.until[key] = now.Add(c.Duration)
	}
}

// active are the commands that would bring about the mutes of this moment, for a new publisher.
func (m *mutes) active(now time.Time) (all []publish.Command) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for key, until := range m.until {
		left := until.Sub(now)
		switch {
		case left > forEver/2:
			all = append(all, publish.Command{Source: key[0], Label: key[1], On: true})
		case left > 0:
			all = append(all, publish.Command{Source: key[0], Label: key[1], On: true, Duration: left})
		}
	}
	return all
}

// muted tells whether the label, or its whole source, is muted.
func (m *mutes) muted(source, label string, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return now.Before(m.until[[2]string{source, ""}]) || now.Before(m.until[[2]string{source, label}])
}
