package sink

import (
	"fmt"
	"sync"
	"time"

	"earshot/internal/jsonfile"
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
	mu    sync.Mutex // guards the rest
	until map[[2]string]time.Time
	file  string // outlives a restart here; "" = they do not
}

// forEver stands for a mute without an end.
const forEver = 100 * 365 * 24 * time.Hour

// keptMute is a mute in the file.
type keptMute struct {
	Source string    `json:"source"`
	Label  string    `json:"label"`
	Until  time.Time `json:"until"`
}

// maxKept bounds the file that is read, in bytes: some ten thousand mutes.
const maxKept = 1 << 20

// Keep takes up what stands in a file, and keeps the mutes there from now on. An error says why what stood there is
// not known.
func (m *Mutes) Keep(path string, now time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.file = path
	var kept []keptMute
	there, err := jsonfile.Load(path, maxKept, &kept)
	if err != nil {
		return fmt.Errorf("mutes of the last run, %q: %w", path, err)
	}
	if !there {
		return nil
	}
	m.until = map[[2]string]time.Time{}
	for _, k := range kept {
		if now.Before(k.Until) {
			m.until[[2]string{k.Source, k.Label}] = k.Until
		}
	}
	return nil
}

// save writes the file; m.mu is held.
func (m *Mutes) save(now time.Time) error {
	if m.file == "" {
		return nil
	}
	kept := []keptMute{}
	for key, until := range m.until {
		if now.Before(until) {
			kept = append(kept, keptMute{key[0], key[1], until})
		}
	}
	if err := jsonfile.Save(m.file, 0o600, kept); err != nil {
		return fmt.Errorf("a mute will not outlive a restart: %w", err)
	}
	return nil
}

// Set mutes, or listens again. Source and label are the caller's to check. It holds even when an error says that it
// could not be kept.
func (m *Mutes) Set(c Mute, now time.Time) error {
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
	return m.save(now)
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
