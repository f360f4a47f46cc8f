package opinion

import (
	"sync"
	"sync/atomic"
	"time"

	"earshot/internal/latest"
	"earshot/verify"
)

// Stats are counts since the start.
type Stats struct {
	Windows  int64         // scored by the first network
	Asked    int64         // of them, those about which the second was asked
	Patches  int64         // computed
	Missing  int64         // patches that could not be: their sound was gone
	Failed   int64         // questions without an answer
	P50, P99 time.Duration // of a question, over the last 512
	Failing  string        // why, when the last few questions all failed; else ""
}

// failingAfter questions in a row without an answer it is no accident any more.
const failingAfter = 3

// counts are written by the reporter and read by any.
type counts struct {
	windows atomic.Int64
	times   latest.Durations

	mu    sync.Mutex // guards the rest
	known verify.Stats
	lost  int64 // questions without an answer
	row   int   // of them, in a row
	why   string
}

func (c *counts) took(d time.Duration) { c.times.Add(d) }

// asked notes a question; err is why it had no answer.
func (c *counts) asked(s verify.Stats, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known = s
	if err == nil {
		c.row = 0
		return
	}
	c.lost++
	c.row++
	c.why = err.Error()
}

// Stats may be called by any goroutine.
func (o *Opinion) Stats() Stats {
	c := &o.counts
	c.mu.Lock()
	defer c.mu.Unlock()
	s := Stats{
		Windows: c.windows.Load(), Asked: int64(c.known.Questions), Patches: int64(c.known.Computed),
		Missing: int64(c.known.Missing), Failed: c.lost,
		P50: c.times.Quantile(0.50), P99: c.times.Quantile(0.99),
	}
	if c.row >= failingAfter {
		s.Failing = c.why
	}
	return s
}
