package publish

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// The spool holds the unsent queue between two processes. It is written when
// Run ends, and now and then while the broker is away, so that a crash loses
// at most Timing.Spool of an outage. Without an outage nothing is written.

type spoolFile struct {
	Version     int          `json:"version"`
	Occurrences []Occurrence `json:"occurrences"` // oldest first
}

func (p *Publisher) spoolPath() string { return filepath.Join(p.cfg.StoreDir, "unsent.json") }

// loadSpool queues what the last process could not send. Its switches are
// history: only the events will be delivered.
func (p *Publisher) loadSpool() error {
	if p.cfg.StoreDir == "" {
		return nil
	}
	clearHalf(p.spoolPath())
	b, err := os.ReadFile(p.spoolPath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("mqtt: unsent events of the last run: %w", err)
	}
	var f spoolFile
	if err := json.Unmarshal(b, &f); err != nil || f.Version != 1 {
		return fmt.Errorf("mqtt: unsent events of the last run: %q is not a file of version 1: they are lost", p.spoolPath())
	}
	for _, o := range f.Occurrences {
		p.book.add(o, time.Time{})
	}
	p.book.fold(p.now())
	for _, s := range p.book.sources { // nobody knows of a sound before this process
		for _, l := range s.labels {
			l.detected = false
			p.book.wantState(s, l)
		}
	}
	p.spooled = p.book.queue.n > 0
	return nil
}

// saveSpool writes the unsent queue, or removes the file when there is none.
func (p *Publisher) saveSpool() error {
	if p.cfg.StoreDir == "" {
		return nil
	}
	p.mu.Lock()
	f := spoolFile{Version: 1, Occurrences: p.book.unsent()}
	had := p.spooled
	p.spooled = len(f.Occurrences) > 0
	p.mu.Unlock()
	if len(f.Occurrences) == 0 {
		if had {
			return os.Remove(p.spoolPath())
		}
		return nil
	}
	b, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("mqtt: unsent events: %w", err)
	}
	if err := os.MkdirAll(p.cfg.StoreDir, 0o700); err != nil {
		return fmt.Errorf("mqtt: unsent events: %w", err)
	}
	return write(p.spoolPath(), b)
}

// spoolNow saves when the last save is long enough ago and something changed.
func (p *Publisher) spoolNow() {
	p.mu.Lock()
	due := p.now().Sub(p.spooledAt) >= p.cfg.Timing.Spool && p.book.queue.pushed != p.spooledCount
	if due {
		p.spooledAt, p.spooledCount = p.now(), p.book.queue.pushed
	}
	p.mu.Unlock()
	if due {
		if err := p.saveSpool(); err != nil {
			p.mu.Lock()
			p.stats.StateFileErrors++
			p.mu.Unlock()
		}
	}
}

// unsent lists the occurrences whose event the broker has not acknowledged.
func (b *book) unsent() []Occurrence {
	var out []Occurrence
	if b.inflight != nil {
		out = append(out, b.inflightOcc)
	}
	for i := range b.queue.n {
		if it := b.queue.at(i); !it.silent && (!it.occ.On || b.eventStart) {
			out = append(out, it.occ)
		}
	}
	return out
}
