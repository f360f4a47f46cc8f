package infer

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Stamp is what a submitter gets back with a result.
type Stamp struct {
	At, End int64     // the window covers samples [At, End)
	Entered time.Time // when its last sample entered; for latency only
	Idle    bool      // nothing is new in it: it is not computed, and has the scores of the feed's last window that was
}

// Result is one scored window. The slices are the Batcher's own and hold only
// until the call that brought them returns.
type Result struct {
	Stamp
	Scores    []float32 // (K); nil when Err is not
	Attention []float32 // (T)
	Batch     int       // windows that ran together
	Err       error
}

// Window makes itself (2, 128, 128) where it is wanted; *gammatone.Window is one.
// It must be able to until the [Feed] it was given to has taken as many more as
// the feed's queue holds, or has dropped it. Fill is called by one goroutine at a
// time, on any, and must be quick: all sources wait.
type Window interface {
	Fill(dst []float32)
}

// Feed is one source's way into a [Batcher]: a queue of a few windows, first
// in, first out. Its results come in the order of submission.
type Feed struct {
	b       *Batcher
	deliver func(Result)

	// Guarded by b.mu.
	windows []Window // a ring
	stamps  []Stamp
	first   int // ring index of the oldest
	count   int
	running int // taken into the batch at hand, not yet delivered
	closed  bool
	stats   FeedStats

	// Run's own: what the last computed window had. Without one, or after one that failed, a window is computed whatever
	// its stamp says.
	scores, attention []float32
	known             bool
}

// FeedStats are counts of windows since the start:
// Submitted = Scored + Failed + Dropped + those queued or running. Of those scored, Idle were not computed.
type FeedStats struct {
	Submitted, Scored, Failed, Dropped, Idle uint64
	Queued                                   int
}

// Feed adds a source with room for queue ≥ 1 windows. deliver is called on
// Run's goroutine, one result at a time, in order; while it works every source
// waits, so it must be quick, and it must not call the feed's Close, Flush or
// SubmitWait.
func (b *Batcher) Feed(queue int, deliver func(Result)) *Feed {
	if queue < 1 {
		panic(fmt.Sprintf("infer: queue of %d windows, want 1 or more", queue))
	}
	f := &Feed{b: b, deliver: deliver, windows: make([]Window, queue), stamps: make([]Stamp, queue),
		scores: make([]float32, b.labels), attention: make([]float32, b.steps)}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.feeds = append(b.feeds, f)
	return f
}

// Queue is the most windows that wait.
func (f *Feed) Queue() int { return len(f.windows) }

// Submit puts a window into the queue. It never waits: when
// the queue is full its oldest window is dropped and counted. A window for a
// closed feed or a stopped Batcher is counted as dropped.
func (f *Feed) Submit(s Stamp, w Window) {
	f.b.mu.Lock()
	defer f.b.mu.Unlock()
	f.stats.Submitted++
	if f.closed || f.b.stopped {
		f.stats.Dropped++
		return
	}
	if f.count == len(f.windows) {
		f.first = (f.first + 1) % len(f.windows)
		f.count--
		f.stats.Dropped++
	}
	f.push(s, w)
}

// SubmitWait is Submit for sources that can wait, such as files: it waits for
// room instead of dropping. It returns ctx's error, or [ErrStopped].
func (f *Feed) SubmitWait(ctx context.Context, s Stamp, w Window) error {
	f.b.mu.Lock()
	defer f.b.mu.Unlock()
	full := func() bool { return f.count == len(f.windows) }
	if err := f.waitWhile(ctx, full); err != nil {
		return err
	}
	if f.closed || f.b.stopped {
		return ErrStopped
	}
	f.stats.Submitted++
	f.push(s, w)
	return nil
}

// Flush waits until all that was submitted has been delivered. It returns
// ctx's error, or [ErrStopped].
func (f *Feed) Flush(ctx context.Context) error {
	f.b.mu.Lock()
	defer f.b.mu.Unlock()
	return f.waitWhile(ctx, func() bool { return f.count > 0 || f.running > 0 })
}

// waitWhile blocks, with b.mu held, as long as busy says so.
func (f *Feed) waitWhile(ctx context.Context, busy func() bool) error {
	defer context.AfterFunc(ctx, f.b.wake)()
	for busy() {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if f.closed || f.b.stopped {
			return ErrStopped
		}
		f.b.changed.Wait()
	}
	return ctx.Err()
}

// Close takes the feed out: its queue is dropped and counted, and no result is
// delivered once Close has returned.
func (f *Feed) Close() {
	f.b.mu.Lock()
	defer f.b.mu.Unlock()
	if !f.closed {
		f.closed = true
		f.stats.Dropped += uint64(f.count)
		f.count = 0
		f.b.feeds = slices.DeleteFunc(f.b.feeds, func(g *Feed) bool { return g == f })
		f.b.next = 0
		f.b.changed.Broadcast()
	}
	for f.running > 0 {
		f.b.changed.Wait()
	}
}

// Stats returns the counts so far.
func (f *Feed) Stats() FeedStats {
	f.b.mu.Lock()
	defer f.b.mu.Unlock()
	s := f.stats
	s.Queued = f.count
	return s
}

// push puts a window at the end; b.mu is held and there is room.
func (f *Feed) push(s Stamp, w Window) {
	i := (f.first + f.count) % len(f.windows)
	f.windows[i], f.stamps[i] = w, s
	f.count++
	f.b.changed.Broadcast()
}

// pop takes the oldest window, and makes it in dst unless it is idle; b.mu is held and there is one.
func (f *Feed) pop(dst []float32) Stamp {
	s := f.stamps[f.first]
	if s.Idle = s.Idle && f.known; !s.Idle {
		f.windows[f.first].Fill(dst)
	}
	f.first = (f.first + 1) % len(f.windows)
	f.count--
	f.running++
	return s
}
