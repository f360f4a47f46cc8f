package pipeline

import (
	"context"
	"math/rand/v2"
	"reflect"
	"sync"
	"testing"
	"time"

	"earshot/daemon/capture"
	"earshot/daemon/opinion"
	"earshot/daemon/sink"
	"earshot/infer"
	"earshot/infer/smooth"
	"earshot/internal/task"
	"earshot/internal/test/testmodel"
	"earshot/ringbuf"
	"earshot/verify"
)

// verified is a pipeline with a second opinion: loud sound is a dog, soft sound is none.
func verified(t *testing.T) Config {
	fusion := verify.Fusion{Candidate: 0.2, A: 0.5, B: 1, On: 0.6, Off: 0.4}
	head := testmodel.HeadSpec{Labels: []string{"dog"}, Weight: []float64{2}, Bias: []float64{8}, Fusions: []verify.Fusion{fusion}}.Head()
	c := testConfig()
	c.Smooth.Average, c.Smooth.Rules = 2, []smooth.Rule{{On: fusion.On, Off: fusion.Off}}
	on := opinion.Thresholds{On: fusion.On, Off: fusion.Off}
	c.Opinion = opinion.New(opinion.Network{Head: head, Embed: testmodel.Level},
		opinion.Config{Labels: []opinion.Label{{Watched: true, Candidate: fusion.Candidate, First: on, Fused: on}}},
		func(err error) { t.Error(err) })
	return c
}

// wandering is noise whose level changes every half second.
func wandering(n int) []float32 {
	rng := rand.New(rand.NewPCG(2, 6))
	x := make([]float32, n)
	level := float32(0)
	for i := range x {
		if i%22050 == 0 {
			level = []float32{0.001, 0.01, 0.03, 0.3}[rng.IntN(4)]
		}
		x[i] = level * (2*rng.Float32() - 1)
	}
	return x
}

// wanderingScore is the first network's, mostly worth a question.
func wanderingScore(at int64) float32 {
	return rand.New(rand.NewPCG(uint64(at), 1)).Float32()
}

// play writes x in pieces, as room comes; live: no sooner than the windows before have been dealt with.
func play(p *Pipeline, x []float32, piece int, live bool) sourceFunc {
	return func(ctx context.Context, sink capture.Sink) error {
		for len(x) > 0 && ctx.Err() == nil {
			k := min(piece, len(x))
			if st := p.Stats(); p.in.Free() < k || live && st.Submitted > st.Answered+1 {
				time.Sleep(100 * time.Microsecond)
				continue
			}
			sink.Write(x[:k])
			x = x[k:]
		}
		return nil
	}
}

// run is a pipeline from source to its end; its events.
func run(t *testing.T, c Config, source func(*Pipeline) sourceFunc, scorer func(*Pipeline) Scorer) []sink.Event {
	t.Helper()
	var events []sink.Event
	p := New(c, Outlets{Event: func(e sink.Event, _ []float64) { events = append(events, sink.Event{Event: e.Event, Views: e.Views}) }})
	g := task.New(context.Background())
	g.GoThen("capture", func(ctx context.Context) error { return p.Capture(ctx, source(p)) }, func(error) {})
	g.Go("listen", func(ctx context.Context) error { return p.Listen(ctx, scorer(p)) })
	g.Go("report", p.Report)
	if late, err := g.WaitFor(hang); late != nil || err != nil {
		t.Fatalf("late %v, error %v", late, err)
	}
	if s := c.Opinion.Stats(); s.Asked < 30 || s.Missing+s.Failed > 0 {
		t.Fatalf("%+v", s)
	}
	return events
}

// late is a network whose answers come as late as they can: when the listener stands still.
type late struct {
	scorer
	queue chan infer.Stamp
	wg    sync.WaitGroup
}

func (l *late) SubmitWait(_ context.Context, s infer.Stamp, _ infer.Window) error {
	l.queue <- s
	return nil
}

func (l *late) Flush(context.Context) error {
	close(l.queue)
	l.wg.Wait()
	return nil
}

// still waits until the listener has not moved for some milliseconds, or has come to the end.
func still(p *Pipeline) {
	for last, same := int64(-1), 0; same < 5 && !p.Stats().Ended; time.Sleep(time.Millisecond) {
		if now := p.Stats().Position; now == last {
			same++
		} else {
			last, same = now, 0
		}
	}
}

// TestReplayIsLive: with a second opinion too, a recording gives the events of its live sound, whatever the pieces it
// comes in, and however far a fast source could run ahead of the scores.
func TestReplayIsLive(t *testing.T) {
	x := wandering(40 * 44100)
	var live []sink.Event
	for _, piece := range []int{ringbuf.BlockSamples, 77, 4096} {
		c := verified(t)
		c.Waits = false
		events := run(t, c, func(p *Pipeline) sourceFunc { return play(p, x, piece, true) },
			func(p *Pipeline) Scorer { return &scorer{score: wanderingScore, deliver: p.Deliver} })
		if live == nil {
			live = events
		}
		if !reflect.DeepEqual(events, live) {
			t.Fatalf("in pieces of %d:\n%+v\nwant\n%+v", piece, events, live)
		}
	}
	if len(live) < 6 || !live[0].Asked {
		t.Fatalf("too little happens: %+v", live)
	}
	replayed := run(t, verified(t), func(p *Pipeline) sourceFunc { return play(p, x, ringbuf.BlockSamples, false) }, func(p *Pipeline) Scorer {
		s := &late{scorer: scorer{score: wanderingScore, deliver: p.Deliver}, queue: make(chan infer.Stamp, 200)}
		s.wg.Go(func() {
			for stamp := range s.queue {
				still(p)
				s.Submit(stamp, nil)
			}
		})
		return s
	})
	if !reflect.DeepEqual(replayed, live) {
		t.Errorf("replayed:\n%+v\nlive\n%+v", replayed, live)
	}
}
