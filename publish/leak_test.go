package publish

import (
	"os"
	"runtime"
	"testing"
	"time"
)

// TestNothingLeaks breaks the connection over and over: goroutines and open
// files are as many afterwards as before.
func TestNothingLeaks(t *testing.T) {
	const breaks = 40
	m := newMosquitto(t)
	g := newGate(t, m.Addr())
	c := testConfig(g.url())
	c.Timing.BackoffMin, c.Timing.BackoffMax = time.Millisecond, 5*time.Millisecond
	r := run(t, c)
	r.settled(t)
	goroutines, files := runtime.NumGoroutine(), openFiles(t)
	for range breaks {
		before := r.Stats().Connects
		r.Occurrence(onset("dog", 0))
		r.Occurrence(end("dog", 0, time.Second))
		g.set(true)
		g.set(false)
		eventually(t, "connected again", func() bool { return r.Stats().Connects > before && r.Health().Connected })
	}
	r.settled(t)
	eventually(t, "no more goroutines than before", func() bool { return runtime.NumGoroutine() <= goroutines+2 })
	eventually(t, "no more open files than before", func() bool { return openFiles(t) <= files+2 })
	t.Logf("%d breaks: goroutines %d → %d, open files %d → %d", breaks, goroutines, runtime.NumGoroutine(), files, openFiles(t))
}

func openFiles(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}
