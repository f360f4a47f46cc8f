package outbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"earshot/internal/atomicfile"
	"earshot/internal/readfile"
)

// The spool holds the unsent queue between two processes. It is written when
// the sender ends, and now and then while the broker is away, so that a crash loses
// at most SaveEvery of an outage. Without an outage nothing is written.

type spoolFile struct {
	Version     int          `json:"version"`
	Occurrences []Occurrence `json:"occurrences"` // oldest first
}

// saved is what was last written.
type saved struct {
	there  bool // the file exists
	at     time.Time
	pushed uint64 // the queue's count then
}

// maxSpool bounds what is read of a spool, in bytes: the queue's most events take a fraction of it.
const maxSpool = 64 << 20

func (o *Outbox) spoolPath() string { return filepath.Join(o.Folder, "unsent.json") }

// load queues what the last process could not send. Its switches are
// history: only the events will be delivered.
func (o *Outbox) load() error {
	if o.Folder == "" {
		return nil
	}
	atomicfile.ClearHalf(o.spoolPath())
	b, err := readfile.Bytes(o.spoolPath(), maxSpool)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("mqtt: unsent events of the last run: %w", err)
	}
	var f spoolFile
	if err := json.Unmarshal(b, &f); err != nil || f.Version != 1 {
		return fmt.Errorf("mqtt: unsent events of the last run: %q is not a file of version 1: they are lost", o.spoolPath())
	}
	for _, occ := range f.Occurrences {
		o.Add(occ, time.Time{})
	}
	o.showOld(time.Time{}.Add(o.Replay + 1))
	for _, s := range o.sources { // nobody knows of a sound before this process
		o.silence(s)
	}
	o.saved.there = o.queue.n > 0
	return nil
}

// Save writes the unsent queue, or removes the file when there is none.
func (o *Outbox) Save() error {
	if o.Folder == "" {
		return nil
	}
	unlock := o.lock()
	f := spoolFile{Version: 1, Occurrences: o.unsent()}
	had := o.saved.there
	o.saved.there = len(f.Occurrences) > 0
	unlock()
	if len(f.Occurrences) == 0 {
		if had {
			return os.Remove(o.spoolPath())
		}
		return nil
	}
	b, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("mqtt: unsent events: %w", err)
	}
	if err := os.MkdirAll(o.Folder, 0o700); err != nil {
		return fmt.Errorf("mqtt: unsent events: %w", err)
	}
	return atomicfile.WriteBytes(o.spoolPath(), 0o600, b)
}

// SaveDue saves when the last save is long enough ago and something changed.
func (o *Outbox) SaveDue(now time.Time) error {
	unlock := o.lock()
	due := now.Sub(o.saved.at) >= o.SaveEvery && o.queue.pushed != o.saved.pushed
	if due {
		o.saved.at, o.saved.pushed = now, o.queue.pushed
	}
	unlock()
	if !due {
		return nil
	}
	return o.Save()
}

// Forget removes the file once all in it was delivered.
func (o *Outbox) Forget() error {
	if o.Stats().Queued > 0 {
		return nil
	}
	return o.Save()
}

// unsent lists the occurrences whose event the broker has not acknowledged.
func (o *Outbox) unsent() []Occurrence {
	var out []Occurrence
	if o.inflight != nil {
		out = append(out, o.inflightOcc)
	}
	for i := range o.queue.n {
		if it := o.queue.at(i); o.tells(it) {
			out = append(out, it.occ)
		}
	}
	return out
}
