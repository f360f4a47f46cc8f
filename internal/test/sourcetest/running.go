// Package sourcetest runs sources under test, and holds every kind of them to the contract of package capture.
package sourcetest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"earshot/daemon/capture"
)

// HangGuard bounds every wait of these tests; none fails on a time below it.
const HangGuard = 60 * time.Second

// Rate is what sources under test deliver, Hz.
const Rate = 44100

// Recorder is a capture.Sink that keeps everything, with the index of every sample. The zero value is empty.
type Recorder struct {
	mu    sync.Mutex
	x     []float32
	at    int64 // index of the next sample
	holes []Hole
}

// Hole is a loss that was told.
type Hole struct {
	From, N int64 // absolute index, samples
	Kept    int   // samples that came before it
}

// Write implements capture.Sink.
func (r *Recorder) Write(x []float32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.x = append(r.x, x...)
	r.at += int64(len(x))
}

// Skip implements capture.Sink.
func (r *Recorder) Skip(n int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.holes = append(r.holes, Hole{r.at, n, len(r.x)})
	r.at += n
}

// Samples returns what came, in order.
func (r *Recorder) Samples() []float32 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]float32(nil), r.x...)
}

// Holes returns the losses, in order.
func (r *Recorder) Holes() []Hole {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Hole(nil), r.holes...)
}

// Discard is a capture.Sink that keeps nothing.
type Discard struct{}

func (Discard) Write([]float32) {}
func (Discard) Skip(int64)      {}

// Running is a source that runs until the test ends.
type Running struct {
	Sink   Recorder
	States chan capture.State
	Done   chan error // Run's error, once it has returned; End puts it back

	t    testing.TB
	stop context.CancelFunc
}

// Start runs the source that open makes.
func Start(t testing.TB, open func(capture.Common) (capture.Source, error)) *Running {
	t.Helper()
	r := &Running{States: make(chan capture.State, 1000), Done: make(chan error, 1), t: t}
	s, err := open(capture.Common{Rate: Rate, OnState: func(s capture.State) {
		t.Logf("%v: %s", s.Phase, s.Why)
		r.States <- s
	}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	r.stop = stop
	go func() { r.Done <- s.Run(ctx, &r.Sink) }()
	t.Cleanup(func() { _ = r.End() })
	return r
}

// End stops the source and returns Run's error.
func (r *Running) End() error {
	r.t.Helper()
	r.stop()
	return r.Ended()
}

// Ended waits for Run to return, and returns its error.
func (r *Running) Ended() error {
	r.t.Helper()
	select {
	case err := <-r.Done:
		r.Done <- err
		return err
	case <-time.After(HangGuard):
		r.t.Error("Run does not return")
		return errors.New("hangs")
	}
}

// Wait waits for phase and returns the state and how long it took.
func (r *Running) Wait(phase capture.Phase) (capture.State, time.Duration) {
	r.t.Helper()
	start := time.Now()
	for {
		select {
		case s := <-r.States:
			if s.Phase == phase {
				return s, time.Since(start)
			}
		case err := <-r.Done:
			r.Done <- err
			r.t.Fatalf("Run ended while waiting for %v: %v", phase, err)
		case <-time.After(HangGuard):
			r.t.Fatalf("not %v within %v", phase, HangGuard)
		}
	}
}

// Until polls until ok, and fails the test with what when that does not come about.
func Until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(HangGuard); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}
