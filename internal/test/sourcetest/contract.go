package sourcetest

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"earshot/daemon/capture"
)

// Rig makes one kind of source for the contract. Each source that New makes has sound to give, without end.
type Rig struct {
	New func(t *testing.T, common capture.Common) (capture.Source, error)
	// Lose makes the source that New made last lose its sound for a while, until Resume; nil for a kind that
	// loses nothing. A source that loses and resumes by itself has funcs that do nothing.
	Lose, Resume func()
}

// Hold holds a kind of source to what package capture says of all of them.
func Hold(t *testing.T, rig Rig) {
	t.Run("samples", func(t *testing.T) { samples(t, rig) })
	t.Run("loss", func(t *testing.T) { loss(t, rig) })
	t.Run("stop", func(t *testing.T) { stop(t, rig) })
	t.Run("stop before start", func(t *testing.T) { stopped(t, rig) })
	t.Run("stop while full", func(t *testing.T) { full(t, rig) })
	t.Run("nobody listens", func(t *testing.T) { unheard(t, rig) })
}

// samples: what comes are samples, from one goroutine or thread at a time, after Online has been or will be said.
func samples(t *testing.T, rig Rig) {
	w := start(t, rig, 1<<20)
	w.wait("samples", func() bool { return w.written > 3*capture.ChunkSamples || w.skipped > 0 && w.written > 0 })
	w.wait("online", func() bool { return w.phase == capture.Online })
	w.end()
}

// loss: what is lost is said before the next samples come, so that the index advances, and the states follow.
func loss(t *testing.T, rig Rig) {
	if rig.Lose == nil {
		w := start(t, rig, 1<<20)
		w.wait("samples", func() bool { return w.written > 3*capture.ChunkSamples })
		w.end()
		if w.skipped != 0 {
			t.Errorf("%d samples are said to be lost by a source that can lose none", w.skipped)
		}
		return
	}
	w := start(t, rig, 1<<20)
	for range 2 {
		var losses int
		var skipped int64
		w.wait("online", func() bool {
			losses, skipped = w.losses, w.skipped
			return w.phase == capture.Online && w.written > 0
		})
		rig.Lose()
		w.wait("lost", func() bool { return w.losses > losses })
		rig.Resume()
		w.wait("a gap, and samples behind it", func() bool { return w.skipped > skipped && !w.fresh })
	}
	w.end()
}

// stop: Run returns nil soon after its context ends, and calls nobody afterwards.
func stop(t *testing.T, rig Rig) {
	w := start(t, rig, 1<<20)
	w.wait("online", func() bool { return w.phase == capture.Online })
	w.end()
}

// stopped: a source that is stopped before it begins does not begin, and may be run again.
func stopped(t *testing.T, rig Rig) {
	w := newWitness(t, 1<<20)
	s := w.open(rig)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for range 2 {
		w.run(ctx, s)
		w.ended()
	}
}

// full: a sink that never has room keeps nobody from stopping.
func full(t *testing.T, rig Rig) {
	w := start(t, rig, 0)
	w.wait("a look at the room, or samples", func() bool { return w.asked > 0 || w.written > 0 })
	w.end()
}

// unheard: OnState may be nil.
func unheard(t *testing.T, rig Rig) {
	w := newWitness(t, 1<<20)
	s, err := rig.New(t, capture.Common{Rate: Rate})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	w.run(ctx, s)
	w.wait("samples", func() bool { return w.written > 0 })
	cancel()
	w.ended()
}

// witness is sink and owner of a source, and sees whether the contract is kept.
type witness struct {
	t      *testing.T
	room   int
	cancel context.CancelFunc
	done   chan error
	inside atomic.Int32 // calls of Write and Skip under way
	over   atomic.Bool  // Run has returned

	mu            sync.Mutex // guards the rest
	phase         capture.Phase
	losses, asked int
	written       int64
	skipped       int64
	fresh         bool // a gap was told, and nothing came since
	awaited       func() bool
	met           chan struct{} // closed when awaited has held
}

func newWitness(t *testing.T, room int) *witness {
	return &witness{t: t, room: room, phase: capture.Recovering, done: make(chan error, 1)}
}

func (w *witness) open(rig Rig) capture.Source {
	w.t.Helper()
	s, err := rig.New(w.t, capture.Common{Rate: Rate, OnState: w.state})
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func start(t *testing.T, rig Rig, room int) *witness {
	t.Helper()
	w := newWitness(t, room)
	s := w.open(rig)
	ctx, cancel := context.WithCancel(context.Background())
	w.cancel = cancel
	t.Cleanup(cancel)
	w.run(ctx, s)
	return w
}

func (w *witness) run(ctx context.Context, s capture.Source) {
	w.over.Store(false)
	go func() {
		err := s.Run(ctx, w)
		w.over.Store(true)
		w.done <- err
	}()
}

// end stops the source; ended waits for it.
func (w *witness) end() {
	w.t.Helper()
	w.cancel()
	w.ended()
}

func (w *witness) ended() {
	w.t.Helper()
	select {
	case err := <-w.done:
		if err != nil {
			w.t.Errorf("Run returned %v, want nil after a stop", err)
		}
	case <-time.After(HangGuard):
		w.t.Fatal("Run does not return")
	}
}

// wait waits until ok has held. It is asked with mu held, now and at every change: a source that loses its sound by itself
// is online too briefly to be met by looking now and then.
func (w *witness) wait(what string, ok func() bool) {
	w.t.Helper()
	met := make(chan struct{})
	w.mu.Lock()
	w.awaited, w.met = ok, met
	w.look()
	w.mu.Unlock()
	select {
	case <-met:
	case <-time.After(HangGuard):
		w.t.Fatalf("never: %s", what)
	}
}

// look asks what is waited for; with mu held.
func (w *witness) look() {
	if w.awaited != nil && w.awaited() {
		w.awaited = nil
		close(w.met)
	}
}

// state checks the order of states: what was not online cannot be lost.
func (w *witness) state(s capture.State) {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer w.look()
	w.t.Logf("%v: %s", s.Phase, s.Why)
	switch {
	case w.over.Load():
		w.t.Errorf("%v is said after Run has returned", s.Phase)
	case s.Why == "":
		w.t.Errorf("%v is said without a reason", s.Phase)
	case s.Phase == capture.Lost && w.phase != capture.Online:
		w.t.Errorf("lost after %v", w.phase)
	}
	if s.Phase == capture.Lost {
		w.losses++
	}
	w.phase = s.Phase
}

// enter checks that a call comes alone, and while Run runs.
func (w *witness) enter(call string) (leave func()) {
	if w.inside.Add(1) != 1 {
		w.t.Errorf("%s while another call is under way", call)
	}
	if w.over.Load() {
		w.t.Errorf("%s after Run has returned", call)
	}
	w.mu.Lock()
	return func() { w.look(); w.mu.Unlock(); w.inside.Add(-1) }
}

// Write implements capture.Sink.
func (w *witness) Write(x []float32) {
	defer w.enter("Write")()
	for i, v := range x {
		if !(v >= -1 && v <= 1) {
			w.t.Errorf("sample %d is %v", w.written+w.skipped+int64(i), v)
		}
	}
	w.written += int64(len(x))
	w.fresh = w.fresh && len(x) == 0
}

// Skip implements capture.Sink.
func (w *witness) Skip(n int64) {
	defer w.enter("Skip")()
	if n < 1 {
		w.t.Errorf("%d samples are said to be lost", n)
	}
	w.skipped += n
	w.fresh = true
}

// Free implements capture.Roomer.
func (w *witness) Free() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer w.look()
	w.asked++
	return w.room
}
