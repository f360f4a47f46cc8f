package pipeline

import (
	"sync/atomic"
	"time"

	"earshot/internal/sampletime"
)

// Clock is the wall clock with its monotonic reading; tests replace it.
type Clock func() time.Time

// sampleClock maps sample positions to the wall clock. It holds on to the monotonic clock, so that setting the
// wall clock moves neither durations nor timers, and asks for the wall clock only at the edge.
//
// A sample arrives late by a delay that jitters but is never negative, so the earliest arrivals are right: an
// earlier one moves the origin at once; where all of some seconds came late (a sound card's clock drifts, a
// player fell behind) the origin moves by the least delay among them.
type sampleClock struct {
	rate  int
	now   Clock
	start time.Time

	origin atomic.Int64 // ns after start at which sample 0 was; written by the listener, read by any
	known  atomic.Bool  // origin has been set; written after it

	// The listener's: the least delay among the samples since.
	since int64
	least time.Duration
}

const (
	settle   = 5 * time.Second // of samples, over which the least delay is taken
	reanchor = 2 * time.Second // a jump beyond this is no jitter: the source was suspended
)

func newSampleClock(rate int, now Clock) *sampleClock {
	return &sampleClock{rate: rate, now: now, start: now()}
}

// elapsed is the monotonic time since the clock was made.
func (c *sampleClock) elapsed() time.Duration { return c.now().Sub(c.start) }

// observe says that the sample before end entered at the given time since start.
func (c *sampleClock) observe(end int64, entered time.Duration) {
	seen := entered - sampletime.Span(end, c.rate)
	late := seen - time.Duration(c.origin.Load())
	if !c.known.Load() || late < 0 || late > reanchor {
		c.origin.Store(int64(seen))
		c.known.Store(true)
		c.since, c.least = end, reanchor
		return
	}
	c.least = min(c.least, late)
	if sampletime.Span(end-c.since, c.rate) >= settle {
		c.origin.Add(int64(c.least))
		c.since, c.least = end, reanchor
	}
}

// wall is the wall-clock time of a sample, which is never before the clock was made: sound that comes faster than it
// can have sounded has no times of its own.
func (c *sampleClock) wall(sample int64) time.Time {
	now := c.now()
	elapsed := now.Sub(c.start)
	ago := elapsed - time.Duration(c.origin.Load()) - sampletime.Span(sample, c.rate)
	return now.Round(0).Add(-min(ago, elapsed))
}

// sample is the position that is sounding now; false before the first sound.
func (c *sampleClock) sample() (at int64, ok bool) {
	if !c.known.Load() {
		return 0, false
	}
	return sampletime.Samples(c.elapsed()-time.Duration(c.origin.Load()), c.rate), true
}
