package remote

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"earshot/infer"
	"earshot/internal/test/inferserver"
)

// hang is how long anything may take before a test gives up; no test depends on less.
const hang = time.Minute

// rig is a batcher behind a failover, and what it said.
type rig struct {
	failover *Failover
	batcher  *infer.Batcher
	mu       sync.Mutex
	told     []State
	here     int // windows scored here
}

func newRig(t *testing.T, s Settings, otherwise func(*rig) infer.Scorer) *rig {
	t.Helper()
	r := &rig{}
	quick := Timing{FirstPause: time.Millisecond, LongestPause: 10 * time.Millisecond, Health: 10 * time.Millisecond}
	r.failover = NewFailover(s, contract(t), otherwise(r), quick, func(now State) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.told = append(r.told, now)
	})
	r.batcher = infer.NewBatcher(infer.NewBatch(4, len(labels), steps), r.failover.Score)
	ctx, cancel := context.WithCancel(context.Background())
	var wait sync.WaitGroup
	for _, run := range []func(context.Context) error{r.failover.Run, r.batcher.Run} {
		wait.Go(func() {
			if err := run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(func() {
		cancel()
		wait.Wait()
	})
	return r
}

// local scores here, as the server would.
func local(r *rig) infer.Scorer {
	return func(b *infer.Batch, n int) error {
		x, scores, attention := b.Windows(n)
		s, a, err := score(x, n)
		copy(scores, s)
		copy(attention, a)
		r.mu.Lock()
		r.here += n
		r.mu.Unlock()
		return err
	}
}

func drop(*rig) infer.Scorer { return Drop }

// until waits for a state.
func (r *rig) until(t *testing.T, what string, ok func(State) bool) {
	t.Helper()
	for end := time.Now().Add(hang); !ok(r.failover.State()); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s; %+v", what, r.failover.State())
		}
	}
}

func active(s State) bool   { return s.Active }
func inactive(s State) bool { return !s.Active }

// level is a window of one level throughout.
type level float32

func (l level) Fill(dst []float32) {
	for i := range dst {
		dst[i] = float32(l)
	}
}

// TestFailover: the server dies, hangs and comes back while windows come; every window gets its own scores, once, in order.
func TestFailover(t *testing.T) {
	server := inferserver.New(len(labels), steps, score)
	host, stop := server.GRPC(t, "")
	s := at(t, host)
	s.Timeout = 2 * time.Second
	r := newRig(t, s, local)
	var got []infer.Result
	feed := r.batcher.Feed(16, func(a infer.Result) {
		a.Scores = append([]float32{}, a.Scores...)
		got = append(got, a)
	})
	sent := 0
	send := func(n int) {
		t.Helper()
		for range n {
			if err := feed.SubmitWait(t.Context(), infer.Stamp{At: int64(sent)}, level(-100+float32(sent%100))); err != nil {
				t.Fatal(err)
			}
			sent++
		}
		if err := feed.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	r.until(t, "in use", active)
	send(20)
	if r.here != 0 || r.failover.State().Windows != 20 {
		t.Errorf("%d windows scored here, %d there", r.here, r.failover.State().Windows)
	}
	stop() // it dies
	send(20)
	r.until(t, "left", inactive)
	if why := r.failover.State().Why; why == "" {
		t.Error("nothing says why")
	}
	_, _ = server.GRPC(t, host) // and is back
	r.until(t, "back", active)
	send(20)
	server.Delay.Store(int64(hang)) // it hangs
	send(20)
	r.until(t, "left again", func(s State) bool { return s.Left == 2 })
	server.Delay.Store(0)
	r.until(t, "back again", active)
	send(20)
	server.Unready.Store(true) // its model is taken away, with no window on its way
	r.until(t, "left by its health", inactive)

	if len(got) != sent {
		t.Fatalf("%d answers to %d windows", len(got), sent)
	}
	x := make([]float32, infer.WindowLen)
	for i, a := range got {
		level(-100 + float32(i%100)).Fill(x)
		want, _, _ := score(x, 1)
		if a.Err != nil || a.At != int64(i) || a.Scores[0] != want[0] {
			t.Fatalf("window %d: %+v, want scores %v", i, a, want)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, s := range r.told {
		if i > 0 && s.Active == r.told[i-1].Active && s.Why == r.told[i-1].Why {
			t.Errorf("said twice: %+v", s)
		}
	}
}

// TestFailoverDrops: without a place to go windows are given up and counted, and the batcher lives on.
func TestFailoverDrops(t *testing.T) {
	server := inferserver.New(len(labels), steps, score)
	host, stop := server.GRPC(t, "")
	stop()
	r := newRig(t, at(t, host), drop)
	var given, scored int
	feed := r.batcher.Feed(4, func(a infer.Result) {
		if errors.Is(a.Err, infer.ErrDropped) {
			given++
		} else if a.Err == nil {
			scored++
		}
	})
	send := func() {
		t.Helper()
		for range 3 {
			feed.Submit(infer.Stamp{}, level(-50))
		}
		if err := feed.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	send()
	_, _ = server.GRPC(t, host)
	r.until(t, "in use", active)
	send()
	if given != 3 || scored != 3 || feed.Stats().Failed != 3 || feed.Stats().Scored != 3 {
		t.Errorf("%d given up, %d scored, %+v", given, scored, feed.Stats())
	}
}

// TestAnotherModelComesBack: who returns is held against the contract again.
func TestAnotherModelComesBack(t *testing.T) {
	server := inferserver.New(len(labels), steps, score)
	host, stop := server.GRPC(t, "")
	r := newRig(t, at(t, host), local)
	r.until(t, "in use", active)
	stop()
	r.until(t, "left", inactive)
	other := inferserver.New(len(labels), steps, score)
	other.Parameters = map[string]string{"labels": "cat,siren"}
	_, _ = other.GRPC(t, host)
	r.until(t, "refused", func(s State) bool {
		return s.Why == `its model "earshot" is not this machine's: its label 0 is "cat", want "dog"`
	})
}
