package pipeline

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"earshot/daemon/capture"
	"earshot/daemon/sink"
	"earshot/gammatone"
	"earshot/infer"
	"earshot/infer/smooth"
	"earshot/internal/sampletime"
	"earshot/internal/task"
	"earshot/ringbuf"
)

const hang = 2 * time.Minute

// testConfig is a pipeline with one label that is on while its score is above a half.
func testConfig() Config {
	front := gammatone.Default()
	return Config{
		Name: "test", FrontEnd: front, HopFrames: 64, Ring: time.Second, Waits: true,
		Smooth: smooth.Config{
			Labels: []string{"dog"}, Average: 1, Rules: []smooth.Rule{{On: 0.5, Off: 0.4}},
			WindowSamples: int64(front.WindowSamples()),
		},
	}
}

// sourceFunc makes a func a source.
type sourceFunc func(ctx context.Context, sink capture.Sink) error

func (f sourceFunc) Run(ctx context.Context, sink capture.Sink) error { return f(ctx, sink) }

// scorer answers every window at once with what score says of it, and remembers the windows.
type scorer struct {
	score   func(at int64) float32
	deliver func(infer.Result)

	mu      sync.Mutex
	windows [][2]int64
}

func (s *scorer) Submit(stamp infer.Stamp, _ infer.Window) {
	s.mu.Lock()
	s.windows = append(s.windows, [2]int64{stamp.At, stamp.End})
	s.mu.Unlock()
	s.deliver(infer.Result{Stamp: stamp, Scores: []float32{s.score(stamp.At)}, Attention: []float32{1}})
}

func (s *scorer) SubmitWait(_ context.Context, stamp infer.Stamp, w infer.Window) error {
	s.Submit(stamp, w)
	return nil
}

func (s *scorer) Queue() int { return 1 }

func (s *scorer) Flush(context.Context) error { return nil }

// drive runs a pipeline with the source until its end and returns its events and the scorer.
func drive(t *testing.T, c Config, source sourceFunc, score func(at int64) float32) ([]sink.Event, *scorer, *Pipeline) {
	t.Helper()
	var events []sink.Event
	p := New(c, Outlets{Event: func(e sink.Event, _ []float64) { events = append(events, e) }})
	s := &scorer{score: score, deliver: p.Deliver}
	g := task.New(context.Background())
	g.GoThen("capture", func(ctx context.Context) error { return p.Capture(ctx, source) }, func(error) {})
	g.Go("listen", func(ctx context.Context) error { return p.Listen(ctx, s) })
	g.Go("report", p.Report)
	if late, err := g.WaitFor(hang); late != nil || err != nil {
		t.Fatalf("late %v, error %v", late, err)
	}
	return events, s, p
}

// feed writes n samples, never more than there is room for.
func feed(ctx context.Context, sink capture.Sink, n int) {
	x := make([]float32, ringbuf.BlockSamples)
	room := sink.(capture.Roomer)
	for n > 0 && ctx.Err() == nil {
		k := min(n, len(x))
		if room.Free() < k {
			time.Sleep(time.Millisecond)
			continue
		}
		sink.Write(x[:k])
		n -= k
	}
}

func TestEveryWindowOnce(t *testing.T) {
	const seconds = 60
	_, s, p := drive(t, testConfig(), func(ctx context.Context, sink capture.Sink) error {
		feed(ctx, sink, seconds*44100)
		return nil
	}, func(int64) float32 { return 0 })
	front := gammatone.Default()
	frames := front.Frames(seconds * 44100)
	want := (frames-front.WindowFrames)/64 + 1
	if len(s.windows) != want {
		t.Errorf("%d windows, want %d", len(s.windows), want)
	}
	for i, w := range s.windows {
		if w[0] != int64(i*64*front.HopSamples) || w[1]-w[0] != int64(front.WindowSamples()) {
			t.Fatalf("window %d covers %v", i, w)
		}
	}
	st := p.Stats()
	if st.Ring.Dropped != 0 || st.Dropped != 0 || st.Answered != int64(want) || st.Submitted != int64(want) || !st.Ended {
		t.Errorf("%+v", st)
	}
}

// TestNoWindowAcrossGap tears holes into the sound.
func TestNoWindowAcrossGap(t *testing.T) {
	var holes [][2]int64
	_, s, p := drive(t, testConfig(), func(ctx context.Context, sink capture.Sink) error {
		at := int64(0)
		for i := range 20 {
			n := 44100 * (1 + i%4)
			feed(ctx, sink, n)
			at += int64(n)
			sink.Skip(777)
			holes = append(holes, [2]int64{at, at + 777})
			at += 777
		}
		feed(ctx, sink, 4*44100)
		return nil
	}, func(int64) float32 { return 0 })
	if len(s.windows) == 0 || p.Stats().Ring.Gaps != 20 {
		t.Fatalf("%d windows, %+v", len(s.windows), p.Stats())
	}
	for _, w := range s.windows {
		for _, h := range holes {
			if w[0] < h[1] && w[1] > h[0] {
				t.Errorf("window %v spans the hole %v", w, h)
			}
		}
	}
}

// TestEventsOnTheWallClock: the span of an event is that of its samples.
func TestEventsOnTheWallClock(t *testing.T) {
	from, to := int64(20*44100), int64(30*44100)
	events, _, _ := drive(t, testConfig(), func(ctx context.Context, sink capture.Sink) error {
		feed(ctx, sink, 60*44100)
		return nil
	}, func(at int64) float32 {
		if at >= from && at < to {
			return 0.9
		}
		return 0
	})
	if len(events) != 2 || !events[0].On || events[1].On {
		t.Fatalf("%+v", events)
	}
	if !events[0].Onset.Equal(events[1].Onset) {
		t.Errorf("onset %v at ON and %v at OFF", events[0].Onset, events[1].Onset)
	}
	if d, want := events[1].End.Sub(events[1].Onset), sampletime.Span(events[1].Event.End-events[1].Event.Onset, 44100); d != want || d < 9*time.Second || d > 12*time.Second {
		t.Errorf("lasted %v, in samples %v", d, want)
	}
}

// TestEndSwitchesOff: what is on when the sound ends goes off.
func TestEndSwitchesOff(t *testing.T) {
	events, _, _ := drive(t, testConfig(), func(ctx context.Context, sink capture.Sink) error {
		feed(ctx, sink, 10*44100)
		return errors.New("the file is broken from here on") // what was heard before counts
	}, func(int64) float32 { return 1 })
	if len(events) != 2 || !events[0].On || events[1].On || events[1].End.IsZero() {
		t.Errorf("%+v", events)
	}
}

// TestOffByTimer: a live source freezes while a label is on; the clock switches it off.
func TestOffByTimer(t *testing.T) {
	c := testConfig()
	c.Live, c.Waits = true, false
	off := make(chan sink.Event, 8)
	p := New(c, Outlets{Event: func(e sink.Event, _ []float64) { off <- e }})
	s := &scorer{score: func(int64) float32 { return 1 }, deliver: p.Deliver}
	g := task.New(context.Background())
	g.Go("capture", func(ctx context.Context) error {
		return p.Capture(ctx, sourceFunc(func(ctx context.Context, sink capture.Sink) error {
			feed(ctx, sink, 2*44100)
			<-ctx.Done()
			return nil
		}))
	})
	g.Go("listen", func(ctx context.Context) error { return p.Listen(ctx, s) })
	g.Go("report", p.Report)
	defer func() {
		g.Stop()
		_ = g.Wait()
	}()
	for _, want := range []bool{true, false} {
		select {
		case e := <-off:
			if e.On != want {
				t.Fatalf("got %+v, want on = %v", e, want)
			}
		case <-time.After(hang):
			t.Fatalf("never on = %v", want)
		}
	}
}

// TestLostSwitchesOff: a source that says it is lost switches off at once, without waiting for a timer.
func TestLostSwitchesOff(t *testing.T) {
	c := testConfig()
	c.Smooth.Rules[0].Hold = 1 << 40
	on := make(chan sink.Event, 8)
	p := New(c, Outlets{Event: func(e sink.Event, _ []float64) { on <- e }})
	s := &scorer{score: func(int64) float32 { return 1 }, deliver: p.Deliver}
	g := task.New(context.Background())
	g.Go("capture", func(ctx context.Context) error {
		return p.Capture(ctx, sourceFunc(func(ctx context.Context, sink capture.Sink) error {
			feed(ctx, sink, 2*44100)
			if e := <-on; !e.On {
				t.Errorf("first event %+v", e)
			}
			p.Lost(ctx)
			if e := <-on; e.On {
				t.Errorf("second event %+v", e)
			}
			return nil
		}))
	})
	g.Go("listen", func(ctx context.Context) error { return p.Listen(ctx, s) })
	g.Go("report", p.Report)
	if late, err := g.WaitFor(hang); late != nil || err != nil {
		t.Fatalf("late %v, error %v", late, err)
	}
}

// TestNewRules: what is on goes off by the old rules before the new ones count.
func TestNewRules(t *testing.T) {
	events := make(chan sink.Event, 8)
	p := New(testConfig(), Outlets{Event: func(e sink.Event, _ []float64) { events <- e }})
	s := &scorer{score: func(int64) float32 { return 0.6 }, deliver: p.Deliver}
	deaf := testConfig().Smooth
	deaf.Rules = []smooth.Rule{{On: 0.9, Off: 0.8}}
	swapped := make(chan int, 1)
	g := task.New(context.Background())
	g.Go("capture", func(ctx context.Context) error {
		return p.Capture(ctx, sourceFunc(func(ctx context.Context, sink capture.Sink) error {
			feed(ctx, sink, 3*44100)
			<-events
			p.SetRules(ctx, deaf, func() { swapped <- len(events) })
			if before := <-swapped; before != 1 {
				t.Errorf("%d events before the swap, want the OFF", before)
			}
			feed(ctx, sink, 10*44100)
			return nil
		}))
	})
	g.Go("listen", func(ctx context.Context) error { return p.Listen(ctx, s) })
	g.Go("report", p.Report)
	if late, err := g.WaitFor(hang); late != nil || err != nil {
		t.Fatalf("late %v, error %v", late, err)
	}
	if e := <-events; e.On || len(events) != 0 {
		t.Errorf("event %+v and %d more", e, len(events))
	}
}

// TestFailedWindow is counted and told, and the next one counts again.
func TestFailedWindow(t *testing.T) {
	var failures []error
	p := New(testConfig(), Outlets{Failed: func(err error) { failures = append(failures, err) }})
	g := task.New(context.Background())
	g.Go("report", p.Report)
	p.Deliver(infer.Result{Stamp: infer.Stamp{At: 0, End: 66048}, Err: infer.ErrNotFinite})
	p.Deliver(infer.Result{Stamp: infer.Stamp{At: 32768, End: 32768 + 66048}, Scores: []float32{0}})
	close(p.heard)
	if late, err := g.WaitFor(hang); late != nil || err != nil {
		t.Fatalf("late %v, error %v", late, err)
	}
	if st := p.Stats(); len(failures) != 1 || st.Failed != 1 || st.Answered != 1 {
		t.Errorf("%v, %+v", failures, st)
	}
}
