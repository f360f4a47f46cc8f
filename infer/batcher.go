package infer

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Batcher lets many sources share one [Scorer]. Each source has a [Feed] with
// a bounded queue; one goroutine, in Run, takes what is ready (one window a
// feed in turn, up to MaxBatch), runs it as one batch and hands each result to
// its feed. It never waits for a batch to fill: a lone window runs at once.
// Queues hold no windows but what makes them: a window is made once, in the
// network's input, when its turn has come.
type Batcher struct {
	batch         *Batch
	score         Scorer
	labels, steps int // K, T

	mu      sync.Mutex
	changed *sync.Cond // a window came, a slot became free, a result was delivered, a waiter gave up
	feeds   []*Feed
	next    int // feed that is asked first for the next batch
	started bool
	stopped bool
	stats   BatcherStats

	taken []item // Run's own
	rows  int    // windows of the batch at hand; the rest of taken is idle
}

// item is one window that was taken.
type item struct {
	feed  *Feed
	stamp Stamp
	row   int // in the batch; −1: idle
}

// BatcherStats are counts since the start.
type BatcherStats struct {
	Batches, Windows uint64
	Largest          int           // most windows in one batch
	Busy             time.Duration // spent in the runtime
	Since            time.Time     // start of the run in progress, zero when there is none: a watchdog's sign of a hang
}

// ErrStopped is returned to those who wait on a Batcher whose Run has ended.
var ErrStopped = errors.New("inference has stopped")

// Scorer scores the first n windows of a Batch into its Scores and Attention: [Local], or one that asks a server. What the
// scores are worth is the Batcher's to judge. It is called by one goroutine.
type Scorer func(b *Batch, n int) error

// ErrDropped is wrapped by a Scorer's error when the windows could not be scored and others may be: they are given up,
// and the Batcher goes on.
var ErrDropped = errors.New("windows given up")

// NewBatcher makes a Batcher that makes its windows in batch and lets score score them. Nobody closes what they need
// before Run has returned.
func NewBatcher(batch *Batch, score Scorer) *Batcher {
	most := len(batch.X) / WindowLen
	b := &Batcher{batch: batch, score: score, labels: len(batch.Scores) / most, steps: len(batch.Attention) / most, taken: make([]item, 0, most)}
	b.changed = sync.NewCond(&b.mu)
	return b
}

// Run runs batches until ctx ends, which is no error: the batch at hand is
// finished and delivered first, queued windows are let go. A failure of the
// runtime is delivered to the feeds of that batch and returned, unless it is [ErrDropped];
// a score that is no number fails its window alone. Run may be called once.
func (b *Batcher) Run(ctx context.Context) error {
	b.mu.Lock()
	if b.started {
		b.mu.Unlock()
		panic("infer: Batcher.Run called twice")
	}
	b.started = true
	b.mu.Unlock()
	defer b.stop()
	defer context.AfterFunc(ctx, b.wake)()
	for b.take(ctx) {
		if err := b.runTaken(); err != nil {
			return fmt.Errorf("inference: %w", err)
		}
	}
	return nil
}

func (b *Batcher) wake() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.changed.Broadcast()
}

func (b *Batcher) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stopped = true
	b.changed.Broadcast()
}

// take waits for windows and moves them out of the queues; false when ctx ended.
func (b *Batcher) take(ctx context.Context) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for {
		if ctx.Err() != nil {
			return false
		}
		b.gather()
		if len(b.taken) > 0 {
			b.stats.Since = time.Now()
			b.changed.Broadcast() // there is room in the queues
			return true
		}
		b.changed.Wait()
	}
}

// gather asks each feed in turn for its oldest window, round and round. It makes
// the windows with b.mu held, so that what they are made of stays until then. A feed's idle window waits for the one
// before it, whose scores it is to have.
func (b *Batcher) gather() {
	b.taken, b.rows = b.taken[:0], 0
	for empty := 0; empty < len(b.feeds) && len(b.taken) < cap(b.taken); {
		f := b.feeds[b.next%len(b.feeds)]
		b.next = (b.next + 1) % len(b.feeds)
		if f.count == 0 || f.running > 0 && f.stamps[f.first].Idle {
			empty++
			continue
		}
		empty = 0
		it := item{feed: f, stamp: f.pop(b.batch.X[b.rows*WindowLen:][:WindowLen]), row: -1}
		if !it.stamp.Idle {
			it.row = b.rows
			b.rows++
		}
		b.taken = append(b.taken, it)
	}
}

// runTaken runs the batch at hand and delivers it.
func (b *Batcher) runTaken() error {
	n := b.rows
	began := time.Now()
	var err error
	if n > 0 {
		err = b.score(b.batch, n)
	}
	busy := time.Since(began)

	b.mu.Lock()
	b.stats.Since = time.Time{}
	if n > 0 {
		b.stats.Batches++
	}
	b.stats.Windows += uint64(n)
	b.stats.Largest = max(b.stats.Largest, n)
	b.stats.Busy += busy
	b.mu.Unlock()

	for _, it := range b.taken {
		r := b.result(it, n, err)
		it.feed.deliver(r)
		b.delivered(it.feed, r)
	}
	if errors.Is(err, ErrDropped) {
		return nil
	}
	return err
}

// result is what came of a window in a batch of n, which failed with err. A feed keeps the scores of its newest.
func (b *Batcher) result(it item, n int, err error) Result {
	f := it.feed
	if it.row < 0 {
		return Result{Stamp: it.stamp, Batch: n, Scores: f.scores, Attention: f.attention}
	}
	r := Result{Stamp: it.stamp, Batch: n, Err: err}
	if err == nil {
		r.Scores = b.batch.Scores[it.row*b.labels:][:b.labels]
		r.Attention = b.batch.Attention[it.row*b.steps:][:b.steps]
		if k := settle(r.Scores); k >= 0 {
			r.Err = fmt.Errorf("window of samples [%d, %d), class %d: %w", it.stamp.At, it.stamp.End, k, ErrNotFinite)
			r.Scores, r.Attention = nil, nil
		}
	}
	if f.known = r.Err == nil; f.known {
		copy(f.scores, r.Scores)
		copy(f.attention, r.Attention)
	}
	return r
}

func (b *Batcher) delivered(f *Feed, r Result) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f.running--
	switch {
	case r.Err != nil:
		f.stats.Failed++
	case r.Idle:
		f.stats.Idle++
		fallthrough
	default:
		f.stats.Scored++
	}
	b.changed.Broadcast()
}

// Stats returns the counts so far.
func (b *Batcher) Stats() BatcherStats {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.stats
}
