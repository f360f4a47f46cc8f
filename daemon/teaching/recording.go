package teaching

import (
	"context"
	"errors"
	"fmt"
	"time"

	"earshot/daemon/record"
	"earshot/daemon/recordings"
)

// sitting is a guided recording.
type sitting struct {
	told   Recording // guarded by the teacher's lock
	cancel context.CancelFunc
	gone   bool          // its source ended; guarded likewise
	done   chan struct{} // closed at its end
}

// Record begins a sitting: so many takes of a label from a source, and then a minute of the room if that is wished for.
func (t *Teacher) Record(source, label string, count int, room bool) error {
	if err := recordings.CheckLabel(label); err != nil {
		return err
	}
	if count < 1 || count > MaxCount {
		return fmt.Errorf("count %d: want 1 to %d", count, MaxCount)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.ctx == nil || t.ctx.Err() != nil:
		return context.Canceled
	case t.sitting != nil && !t.sitting.told.Over:
		return ErrBusy
	case t.taps[source] == 0:
		return fmt.Errorf("%w: %.80q", ErrSource, source)
	}
	ctx, cancel := context.WithTimeout(t.ctx, MaxSitting)
	s := &sitting{told: Recording{Source: source, Label: label, Count: count}, cancel: cancel, done: make(chan struct{})}
	t.sitting = s
	p := &tap{source: source}
	o := record.Options{Label: label, Count: count, Source: p,
		Say:  func(n record.Note) { t.note(s, n) },
		Keep: func(room bool, x []float32) error { return t.keep(label, room, x) }}
	if room {
		o.Room = RoomLength
	}
	t.wait.Go(func() {
		defer cancel()
		defer close(s.done)
		t.tapped.Store(p)
		_, err := record.Run(ctx, o)
		t.tapped.CompareAndSwap(p, nil)
		t.mu.Lock()
		defer t.mu.Unlock()
		s.told.Over = true
		switch {
		case s.gone:
			s.told.Error = "the source ended"
		case errors.Is(ctx.Err(), context.DeadlineExceeded):
			s.told.Error = fmt.Sprintf("it took longer than %v", MaxSitting)
		case err != nil:
			s.told.Error = err.Error()
		}
	})
	return nil
}

func (t *Teacher) note(s *sitting, n record.Note) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s.told.Note = n
	switch n.Step {
	case record.Kept:
		s.told.Kept, s.told.Fault = n.Take, record.Note{}
	case record.Rejected:
		s.told.Fault = n
	}
}

func (t *Teacher) keep(label string, room bool, x []float32) error {
	if room {
		label = recordings.Room
	}
	_, err := t.c.Recordings.Keep(label, x)
	return err
}

// StopRecording ends the sitting; what was kept stays.
func (t *Teacher) StopRecording() {
	t.mu.Lock()
	s := t.sitting
	t.mu.Unlock()
	if s == nil {
		return
	}
	s.cancel()
	select {
	case <-s.done:
	case <-time.After(stopWithin):
	}
}

// stopWithin is how long a sitting may take to end.
const stopWithin = time.Second
