package infer

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// hangGuard ends a test that would wait for ever; no test fails on less.
const hangGuard = time.Minute

// echo is a runner whose score 0 is the window's first value, so a test can
// tell which window a result belongs to. It counts runs that overlap.
type echo struct {
	pause  time.Duration
	gate   chan struct{} // when not nil, a run waits for it
	fail   error
	inside atomic.Int32
	most   atomic.Int32
	sizes  []int // Run's goroutine only
}

// echoed is what a window's value is divided by to become its score, which is 1 at most.
const echoed = 1 << 16

func (e *echo) run(x []float32, n int, scores, attention []float32) error {
	e.most.Store(max(e.most.Load(), e.inside.Add(1)))
	defer e.inside.Add(-1)
	if e.gate != nil {
		<-e.gate
	}
	time.Sleep(e.pause)
	e.sizes = append(e.sizes, n)
	for i := range n {
		scores[2*i], scores[2*i+1] = x[i*WindowLen]/echoed, x[(i+1)*WindowLen-1]/echoed
		attention[i] = x[i*WindowLen]
	}
	return e.fail
}

// newEcho makes a Batcher of two labels and one step that runs e.
func newEcho(e interface {
	run(x []float32, n int, scores, attention []float32) error
}, maxBatch int) *Batcher {
	return NewBatcher(NewBatch(maxBatch, 2, 1), func(b *Batch, n int) error { return e.run(b.X, n, b.Scores, b.Attention) })
}

// made is a window that was made before.
type made []float32

func (m made) Fill(dst []float32) { copy(dst, m) }

// stamped is a window whose first and last value are v.
func stamped(v float32) made {
	x := make(made, WindowLen)
	x[0], x[WindowLen-1] = v, v
	return x
}

// start runs b until the test ends or stop is called; stop returns Run's error.
func start(t *testing.T, b *Batcher) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	var once sync.Once
	var err error
	stop = func() error {
		once.Do(func() {
			cancel()
			select {
			case err = <-done:
			case <-time.After(hangGuard):
				t.Error("Run did not end")
			}
		})
		return err
	}
	t.Cleanup(func() { stop() })
	return stop
}

func guard(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), hangGuard)
	t.Cleanup(cancel)
	return ctx
}

// Many sources, live ones that drop and patient ones that wait: every result
// belongs to its submitter, in order, and the counts add up.
func TestBatcherManySources(t *testing.T) {
	const sources, windows = 6, 120
	e := &echo{pause: 50 * time.Microsecond}
	b := newEcho(e, 4)
	stop := start(t, b)
	ctx := guard(t)
	var wg sync.WaitGroup
	for id := range sources {
		patient := id%2 == 0
		var got []Stamp
		f := b.Feed(3, func(r Result) {
			want := float32(id*1000) + float32(r.At)
			if r.Err != nil || r.Scores[0] != want/echoed || r.Scores[1] != want/echoed || r.Attention[0] != want || r.Batch < 1 || r.Batch > 4 {
				t.Errorf("source %d: %+v, want score %g", id, r, want)
			}
			got = append(got, r.Stamp)
		})
		wg.Add(1)
		go func() {
			defer wg.Done()
			random := rand.New(rand.NewPCG(1, uint64(id)))
			for i := range windows {
				s := Stamp{At: int64(i), End: int64(i) + 1}
				x := stamped(float32(id*1000 + i))
				if patient {
					if err := f.SubmitWait(ctx, s, x); err != nil {
						t.Error(err)
					}
				} else {
					f.Submit(s, x)
					time.Sleep(time.Duration(random.IntN(100)) * time.Microsecond)
				}
			}
			if err := f.Flush(ctx); err != nil {
				t.Error(err)
			}
			st := f.Stats()
			if st.Submitted != windows || st.Scored+st.Dropped != windows || st.Failed != 0 || st.Queued != 0 || int(st.Scored) != len(got) {
				t.Errorf("source %d: %+v with %d results", id, st, len(got))
			}
			if patient && st.Dropped != 0 {
				t.Errorf("source %d waits, and lost %d windows", id, st.Dropped)
			}
			for i := 1; i < len(got); i++ {
				if got[i].At <= got[i-1].At {
					t.Errorf("source %d: window %d after %d", id, got[i].At, got[i-1].At)
				}
			}
			if len(got) == 0 || got[len(got)-1].At != windows-1 {
				t.Errorf("source %d: the newest window must never be the one dropped", id)
			}
			f.Close()
		}()
	}
	wg.Wait()
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	st := b.Stats()
	total := 0
	for _, n := range e.sizes {
		total += n
	}
	if int(st.Windows) != total || int(st.Batches) != len(e.sizes) || st.Largest > 4 || !st.Since.IsZero() {
		t.Errorf("%+v, the runner saw %d windows in %d batches", st, total, len(e.sizes))
	}
	if e.most.Load() != 1 {
		t.Errorf("%d runs at once", e.most.Load())
	}
}

// When inference stands still the oldest windows go, at no cost to the source.
func TestFeedDropsOldest(t *testing.T) {
	e := &echo{gate: make(chan struct{}, 100)}
	b := newEcho(e, 2)
	var got []int64
	f := b.Feed(3, func(r Result) { got = append(got, r.At) })
	for i := range int64(10) {
		f.Submit(Stamp{At: i}, stamped(float32(i)))
	}
	if st := f.Stats(); st.Queued != 3 || st.Dropped != 7 || st.Submitted != 10 {
		t.Fatalf("%+v", st)
	}
	start(t, b)
	for range 10 {
		e.gate <- struct{}{}
	}
	if err := f.Flush(guard(t)); err != nil {
		t.Fatal(err)
	}
	if len(got) != 3 || got[0] != 7 || got[1] != 8 || got[2] != 9 {
		t.Errorf("delivered %v, want 7 8 9", got)
	}
	if len(e.sizes) != 2 || e.sizes[0] != 2 || e.sizes[1] != 1 {
		t.Errorf("batches of %v, want 2 and 1: what is ready goes together", e.sizes)
	}
}

// A busy source must not starve the others.
func TestBatcherFair(t *testing.T) {
	b := newEcho(&echo{}, 4)
	var order []string
	add := func(name string, windows int) *Feed {
		f := b.Feed(8, func(Result) { order = append(order, name) })
		for i := range windows {
			f.Submit(Stamp{At: int64(i)}, stamped(0))
		}
		return f
	}
	busy, quiet, other := add("busy", 8), add("quiet", 1), add("other", 2)
	start(t, b)
	ctx := guard(t)
	for _, f := range []*Feed{busy, quiet, other} {
		if err := f.Flush(ctx); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []string{"busy", "quiet", "other", "busy", "other", "busy"} {
		if order[i] != want {
			t.Fatalf("order %v, want one of each in turn", order)
		}
	}
}

func TestBatcherCancelWithRunInProgress(t *testing.T) {
	e := &echo{gate: make(chan struct{})}
	b := newEcho(e, 1)
	delivered := 0
	f := b.Feed(4, func(Result) { delivered++ })
	for i := range int64(3) {
		f.Submit(Stamp{At: i}, stamped(0))
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	for f.Stats().Queued == 3 { // until the first window is in the runner
		time.Sleep(time.Millisecond)
	}
	if b.Stats().Since.IsZero() {
		t.Error("Since must show the run in progress")
	}
	cancel()
	close(e.gate)
	if err := <-done; err != nil || delivered != 1 {
		t.Errorf("Run returned %v after %d results, want nil after 1", err, delivered)
	}
	if err := f.Flush(guard(t)); !errors.Is(err, ErrStopped) {
		t.Errorf("Flush with windows left: %v", err)
	}
	if err := f.SubmitWait(guard(t), Stamp{}, stamped(0)); !errors.Is(err, ErrStopped) {
		t.Errorf("SubmitWait: %v", err)
	}
	before := f.Stats().Dropped
	f.Submit(Stamp{}, stamped(0))
	if f.Stats().Dropped != before+1 {
		t.Error("a window for a stopped Batcher is dropped")
	}
	f.Close()
}

func TestBatcherRunnerFails(t *testing.T) {
	broken := errors.New("device lost")
	b := newEcho(&echo{fail: broken}, 8)
	var errs []error
	f := b.Feed(4, func(r Result) { errs = append(errs, r.Err) })
	f.Submit(Stamp{}, stamped(1))
	f.Submit(Stamp{At: 1}, stamped(1))
	if err := b.Run(guard(t)); !errors.Is(err, broken) {
		t.Errorf("Run: %v", err)
	}
	if len(errs) != 2 || !errors.Is(errs[0], broken) || f.Stats().Failed != 2 || f.Stats().Scored != 0 {
		t.Errorf("delivered %v, %+v", errs, f.Stats())
	}
}

// A window with a score that is no number fails alone, not its batch.
func TestBatcherNotFinite(t *testing.T) {
	b := newEcho(&echo{}, 8)
	var results []error
	f := b.Feed(4, func(r Result) { results = append(results, r.Err) })
	for _, v := range []float64{1, math.NaN(), 2, math.Inf(1)} {
		f.Submit(Stamp{}, stamped(float32(v)))
	}
	start(t, b)
	if err := f.Flush(guard(t)); err != nil {
		t.Fatal(err)
	}
	for i, err := range results {
		if bad := i%2 == 1; bad != errors.Is(err, ErrNotFinite) || !bad && err != nil {
			t.Errorf("window %d: %v", i, err)
		}
	}
	if st := f.Stats(); st.Scored != 2 || st.Failed != 2 {
		t.Errorf("%+v", st)
	}
}

// TestScoresAreProbabilities: a network that gives anything else is held to 0…1.
func TestScoresAreProbabilities(t *testing.T) {
	scores := []float32{-3, 0, 0.25, 1, 7.5}
	if k := settle(scores); k != -1 || !slices.Equal(scores, []float32{0, 0, 0.25, 1, 1}) {
		t.Errorf("%v, %d", scores, k)
	}
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if k := settle([]float32{0, float32(v), 2}); k != 1 {
			t.Errorf("%v: fault at %d, want 1", v, k)
		}
	}
}

func TestFeedClose(t *testing.T) {
	e := &echo{gate: make(chan struct{})}
	b := newEcho(e, 1)
	var delivered atomic.Int32
	f := b.Feed(4, func(Result) { delivered.Add(1) })
	for range 3 {
		f.Submit(Stamp{}, stamped(0))
	}
	start(t, b)
	for f.Stats().Queued == 3 {
		time.Sleep(time.Millisecond)
	}
	closed := make(chan struct{})
	go func() { f.Close(); close(closed) }()
	for f.Stats().Dropped != 2 { // Close has emptied the queue and waits for the run
		time.Sleep(time.Millisecond)
	}
	close(e.gate)
	<-closed
	if n := delivered.Load(); n != 1 {
		t.Errorf("%d results before Close returned, want the one in progress", n)
	}
	f.Submit(Stamp{}, stamped(0))
	f.Close()
	if st := f.Stats(); st.Dropped != 3 || st.Queued != 0 {
		t.Errorf("%+v", st)
	}
	if err := f.SubmitWait(guard(t), Stamp{}, stamped(0)); !errors.Is(err, ErrStopped) {
		t.Errorf("SubmitWait on a closed feed: %v", err)
	}
	g := b.Feed(1, func(Result) { delivered.Add(1) })
	if err := errors.Join(g.SubmitWait(guard(t), Stamp{}, stamped(0)), g.Flush(guard(t))); err != nil {
		t.Error(err)
	}
	if n := delivered.Load(); n != 2 {
		t.Errorf("%d results, the other feed must go on", n)
	}
}

func TestWaitersFollowTheirContext(t *testing.T) {
	b := newEcho(&echo{}, 1) // never run
	f := b.Feed(1, func(Result) {})
	f.Submit(Stamp{}, stamped(0))
	ctx, cancel := context.WithCancel(context.Background())
	errs := make(chan error, 2)
	go func() { errs <- f.SubmitWait(ctx, Stamp{}, stamped(0)) }()
	go func() { errs <- f.Flush(ctx) }()
	time.AfterFunc(5*time.Millisecond, cancel)
	for range 2 {
		select {
		case err := <-errs:
			if !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		case <-time.After(hangGuard):
			t.Fatal("a waiter did not follow its context")
		}
	}
	if st := f.Stats(); st.Submitted != 1 || st.Queued != 1 {
		t.Errorf("a window that was refused was counted: %+v", st)
	}
}

func TestBatcherAllocatesNothing(t *testing.T) {
	b := newEcho(&silent{}, 4)
	f := b.Feed(4, func(Result) {})
	var x Window = stamped(1)
	ctx := context.Background()
	step := func() {
		for range 3 {
			f.Submit(Stamp{}, x)
		}
		if !b.take(ctx) || b.runTaken() != nil {
			t.Error("the batch did not run")
		}
	}
	for range 4 {
		step()
	}
	if n := testing.AllocsPerRun(100, step); n != 0 {
		t.Errorf("%g allocations a batch", n)
	}
}

type silent struct{}

func (*silent) run([]float32, int, []float32, []float32) error { return nil }
