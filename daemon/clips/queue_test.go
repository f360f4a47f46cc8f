package clips

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// TestSlowDiskNeverHoldsTheSound: while a write hangs, recording goes on, the oldest clips
// give way, and the newest are written when the disk is back.
func TestSlowDiskNeverHoldsTheSound(t *testing.T) {
	s := newStore(t, config(t.TempDir()))
	hang, entered := make(chan struct{}), make(chan struct{})
	var once sync.Once
	write := s.encode
	s.encode = func(path string, x []int16, hz int) error {
		once.Do(func() { close(entered) })
		<-hang
		return write(path, x, hz)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	r := s.Recorder("mic")
	var names []string
	for i := range int64(20) {
		at := i * rate
		r.Write(at, sound(at, rate))
		names = append(names, r.Start("a", at, noon.Add(time.Duration(i)*time.Second)))
		r.Finish(names[i], at)
		if i == 0 {
			<-entered // Run holds the first clip
		}
	}
	if st := s.Stats(); st.Queued != maxQueued || st.Dropped != 19-maxQueued {
		t.Errorf("%+v, want %d queued and %d dropped", st, maxQueued, 19-maxQueued)
	}
	close(hang)
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	st := s.Stats()
	if st.Written+st.Dropped != 20 || st.Queued != 0 {
		t.Errorf("%+v: written and dropped are not all 20", st)
	}
	if st.Dropped == 19-maxQueued { // unless this machine took a second for them
		if _, err := os.Stat(filepath.Join(s.c.Dir, names[19])); err != nil {
			t.Error(err)
		}
	}
}

// TestConcurrentUse is for the race detector: sources, events and readers at once.
func TestConcurrentUse(t *testing.T) {
	s := newStore(t, config(t.TempDir()))
	ctx, cancel := context.WithCancel(context.Background())
	var run, work sync.WaitGroup
	run.Go(func() { s.Run(ctx) })
	for i := range 3 {
		r := s.Recorder([]string{"a", "b", "c"}[i])
		names := make(chan string, 100)
		work.Go(func() {
			for at := int64(0); at < 20*rate; at += 512 {
				r.Write(at, sound(at, 512))
			}
			r.Close()
		})
		work.Go(func() {
			for k := range int64(20) {
				names <- r.Start("x", k*rate, noon.Add(time.Duration(k)*time.Second))
			}
			close(names)
		})
		work.Go(func() {
			for n := range names {
				r.Finish(n, rate)
				s.Stats()
			}
		})
	}
	work.Wait()
	cancel()
	run.Wait()
	if st := s.Stats(); st.Failed+st.Refused != 0 || st.LastError != "" {
		t.Errorf("%+v", st)
	}
}
