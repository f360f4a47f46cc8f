package tune

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"earshot/daemon/history"
	"earshot/daemon/history/store"
	"earshot/daemon/replay"
	"earshot/daemon/sink"
	"earshot/gammatone"
	"earshot/infer"
	"earshot/infer/smooth"
	"earshot/internal/audio"
	"earshot/internal/logging"
	"earshot/internal/test/testmodel"
	"earshot/internal/test/testruntime"
)

func TestMain(m *testing.M) {
	testruntime.MustLoad()
	os.Exit(m.Run())
}

const rate = 44100

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// remember runs tell with a history, and gives what it wrote.
func remember(t *testing.T, tell func(sink.Sink)) *store.Reader {
	t.Helper()
	path := filepath.Join(t.TempDir(), store.FileName)
	century := 100 * 365 * 24 * time.Hour
	s := history.New(history.Config{Path: path, Keep: century, KeepScores: century, MaxBytes: 1 << 40, Log: logging.New(logging.Config{Level: "error"})})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	tell(s)
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	r := store.NewReader(path)
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// tellWindows smooths windows as the pipeline does, and tells a sink the scores of the first label. broken says what lies
// before each.
func tellWindows(s sink.Sink, windows []replay.Window, broken func(i int) sink.Break, c smooth.Config) {
	smoother := smooth.New(c)
	for i, w := range windows {
		b := broken(i)
		switch b {
		case sink.Gap:
			smoother.Forget()
		case sink.Away:
			smoother.Reset(w.At, nil)
		case sink.Anew:
			smoother = smooth.New(c)
		}
		smoother.Push(w.At, w.End, w.Scores, w.Attention, nil)
		s.Scores(sink.Scores{Source: "mic", At: noon.Add(time.Duration(float64(w.End) / rate * 1e9)), End: w.End, Break: b,
			Best:   []sink.Score{{ID: c.Labels[0], Score: smoother.Scores()[0]}},
			Stream: sink.Stream{Model: "abc/2", RateHz: rate, WindowSamples: c.WindowSamples}})
	}
}

// ask asks for the curve of a label, as it is now.
func ask(t *testing.T, r *store.Reader, label string, now Rule) *Curve {
	t.Helper()
	c, err := Find(t.Context(), r, Question{Label: label, Sources: []string{"mic"}, Since: noon.Add(-time.Hour), Until: noon.Add(240 * time.Hour), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestPromise: what every point of the curve promises is what smoothing by its rule tells of the scores themselves, through
// gaps, absences and beginnings, with durations of all kinds.
func TestPromise(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const hop, window = 32768, 66150
	var windows []replay.Window
	broken := map[int]sink.Break{0: sink.Anew}
	at, score := int64(0), 0.0
	for i := range 20000 {
		if rng.IntN(500) == 0 {
			broken[i] = sink.Break(1 + rng.IntN(2))
			at += rng.Int64N(60 * rate)
		}
		score = math.Max(0, math.Min(1, score+rng.NormFloat64()*0.2-0.03))
		windows = append(windows, replay.Window{At: at, End: at + window, Scores: []float32{float32(score)}})
		at += hop
	}
	for _, now := range []Rule{{On: 0.5, Off: 0.3, Hold: 5 * time.Second}, {On: 0.839, Off: 0.503, MinOn: 2 * time.Second, Hold: time.Second, Cooldown: 0},
		{On: 0.35, Off: 0.35, MinOn: 0, Hold: 0, Cooldown: 0}} {
		base := smooth.Config{Labels: []string{"dog"}, Average: 2, WindowSamples: window}
		r := remember(t, func(s sink.Sink) { tellWindows(s, windows, func(i int) sink.Break { return broken[i] }, base) })
		c := ask(t, r, "dog", now)
		most := 0
		for _, p := range c.Points {
			live := base
			live.Rules = []smooth.Rule{{On: p.On, Off: p.Off, MinOn: int64(now.MinOn.Seconds() * rate), Hold: int64(now.Hold.Seconds() * rate)}}
			want := 0
			s := smooth.New(live)
			for i, w := range windows {
				switch broken[i] {
				case sink.Gap:
					s.Forget()
				case sink.Away:
					s.Reset(w.At, nil)
				}
				for _, e := range s.Push(w.At, w.End, w.Scores, nil, nil) {
					if e.On {
						want++
					}
				}
			}
			if p.Events != want || p.About {
				t.Errorf("%+v: %d events, promised %+v", now, want, p)
			}
			most = max(most, want)
		}
		if most < 100 {
			t.Errorf("%+v: only %d events at the most", now, most)
		}
	}
}

// TestSilent: with the threshold that is offered an event would not have been, and with the one below it would.
func TestSilent(t *testing.T) {
	for peak, want := range map[float64]float64{0.75: 0.751, 0.7509: 0.751, 0.8419999: 0.842, 0.994: 0.995} {
		if on, ok := Silent(peak); !ok || on != want || peak >= on || peak < on-0.00101 {
			t.Errorf("%g: %g, %v; want %g", peak, on, ok, want)
		}
	}
	if on, ok := Silent(0.999); ok {
		t.Errorf("beyond all that are shown: %g", on)
	}
}

// TestReplay: each threshold is then really run, through the daemon's own path.
func TestReplay(t *testing.T) {
	front := gammatone.Default()
	spec := testmodel.New("low", "high")
	spec.Metadata["front_end"] = front.Fingerprint()
	m, err := infer.ParseModel("test", spec.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	play := func(rule smooth.Rule) *replay.Recording {
		t.Helper()
		c := smooth.Config{Labels: m.Labels, Average: 2, Rules: []smooth.Rule{rule, {}}, WindowSamples: int64(front.WindowSamples())}
		p, err := replay.New(t.Context(), replay.Config{Model: m, Front: front, HopFrames: 64, Provider: "cpu", Smooth: c})
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		r, err := p.Play(t.Context(), scene(t), nil)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	now := Rule{On: 0.9, Off: 0.6, Hold: time.Second}
	first := play(smooth.Rule{On: now.On, Off: now.Off, Hold: rate})
	r := remember(t, func(s sink.Sink) {
		tellWindows(s, first.Windows, func(i int) sink.Break {
			if i == 0 {
				return sink.Anew
			}
			return sink.Unbroken
		}, smooth.Config{Labels: m.Labels, Average: 2, WindowSamples: int64(front.WindowSamples())})
	})
	c := ask(t, r, "low", now)
	different := map[int]bool{}
	for i := 0; i < len(c.Points); i += 6 {
		p := c.Points[i]
		got := play(smooth.Rule{On: p.On, Off: p.Off, Hold: rate})
		seconds := 0.0
		for _, e := range got.Events {
			seconds += float64(e.Off-e.On) / rate
		}
		if len(got.Events) != p.Events || math.Abs(seconds-p.Seconds) > 0.06 {
			t.Errorf("a run with %+v: %d events, %.1f s", p, len(got.Events), seconds)
		}
		different[p.Events] = true
	}
	t.Logf("%d windows, events by threshold as promised: %v", len(first.Windows), different)
	if len(different) < 3 {
		t.Errorf("all thresholds tell the same, %v: this tests nothing", different)
	}
	if math.Abs(c.Hours*3600-first.Seconds()) > 2 {
		t.Errorf("%.1f s of sound, want %.1f", c.Hours*3600, first.Seconds())
	}
}

// scene is a minute in which a low tone stands out of a high one, each time a little more.
func scene(t *testing.T) string {
	t.Helper()
	x := make([]float32, 60*rate)
	for i := range x {
		s := float64(i) / rate
		x[i] = float32(0.05 * math.Sin(2*math.Pi*8000*s))
		if k := int(s) / 6; int(s)%6 < 2 {
			x[i] += float32(0.005 * math.Pow(1.6, float64(k)) * math.Sin(2*math.Pi*200*s))
		}
	}
	path := filepath.Join(t.TempDir(), "scene.wav")
	if err := audio.WriteWAV16(path, x, rate); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestOthers: scores of other networks do not count, and a rule that is none is refused.
func TestOthers(t *testing.T) {
	r := remember(t, func(s sink.Sink) {
		for i, model := range []string{"old", "new", "new"} {
			s.Scores(sink.Scores{Source: "mic", At: noon.Add(time.Duration(i) * time.Hour), End: int64(i+1) * 66150,
				Best: []sink.Score{{ID: "dog", Score: 1}}, Stream: sink.Stream{Model: model, RateHz: rate, WindowSamples: 66150}})
		}
	})
	c := ask(t, r, "dog", Rule{On: 0.5, Off: 0.3})
	if got := fmt.Sprintf("%.4f", c.Hours*3600); got != "3.0000" {
		t.Errorf("%s s of sound", got)
	}
	if _, err := Find(t.Context(), r, Question{Label: "dog"}); err == nil {
		t.Error("a rule without thresholds is taken")
	}
}
