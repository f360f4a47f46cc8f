package replay

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"earshot/gammatone"
	"earshot/infer"
	"earshot/infer/smooth"
	"earshot/internal/audio"
	"earshot/internal/test/testmodel"
	"earshot/internal/test/testruntime"
)

func TestMain(m *testing.M) {
	testruntime.MustLoad()
	os.Exit(m.Run())
}

const rate = 44100

// player tells low tones from high ones, a window every 16 frames.
func player(t *testing.T) *Player {
	t.Helper()
	front := gammatone.Default()
	spec := testmodel.New("low", "high")
	spec.Metadata["front_end"] = front.Fingerprint()
	m, err := infer.ParseModel("test", spec.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	rule := smooth.Rule{On: 0.9, Off: 0.6, Hold: rate}
	p, err := New(t.Context(), Config{Model: m, Front: front, HopFrames: 16, Provider: "cpu", Smooth: smooth.Config{
		Labels: m.Labels, Average: 2, Rules: []smooth.Rule{rule, rule}, WindowSamples: int64(front.WindowSamples())}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// scene is 20 s of silence with a low tone from 4 to 7 s, a high one from 12 to 14 s.
func scene(t *testing.T) string {
	t.Helper()
	x := make([]float32, 20*rate)
	for i := range x {
		s := float64(i) / rate
		hz := 0.0
		switch {
		case s >= 4 && s < 7:
			hz = 200
		case s >= 12 && s < 14:
			hz = 8000
		}
		x[i] = float32(0.3 * math.Sin(2*math.Pi*hz*s))
	}
	path := filepath.Join(t.TempDir(), "scene.wav")
	if err := audio.WriteWAV16(path, x, rate); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPlay(t *testing.T) {
	p, path := player(t), scene(t)
	r, err := p.Play(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.Seconds() != 20 || len(r.Windows) != (gammatone.Default().Frames(20*rate)-128)/16+1 {
		t.Errorf("%g s, %d windows", r.Seconds(), len(r.Windows))
	}
	of := map[int][]Event{}
	for _, e := range r.Events {
		of[e.Label] = append(of[e.Label], e)
		if e.On < e.Onset || e.Off < e.On || e.End < e.Onset || e.Peak < 0.9 {
			t.Errorf("event %+v is out of order", e)
		}
	}
	for label, onset := range []float64{4, 12} {
		if len(of[label]) != 1 {
			t.Fatalf("label %d: events %+v, want one", label, of[label])
		}
		if e := of[label][0]; math.Abs(float64(e.Onset)/rate-onset) > 1.5 {
			t.Errorf("label %d: onset at %.2f s, want about %g", label, float64(e.Onset)/rate, onset)
		}
	}
	if again := r.Again(p.cfg.Smooth); !reflect.DeepEqual(again, r.Events) {
		t.Errorf("smoothed again: %+v, played: %+v", again, r.Events)
	}
	second, err := p.Play(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(second, r) {
		t.Error("played a second time, the recording came to something else")
	}
}

// What is on when the sound ends is ended with it.
func TestEventAtTheEnd(t *testing.T) {
	x := make([]float32, 5*rate)
	for i := range x {
		x[i] = float32(0.3 * math.Sin(2*math.Pi*8000*float64(i)/rate))
	}
	path := filepath.Join(t.TempDir(), "tone.wav")
	if err := audio.WriteWAV16(path, x, rate); err != nil {
		t.Fatal(err)
	}
	r, err := player(t).Play(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Events) != 1 || r.Events[0].Off != r.Windows[len(r.Windows)-1].End {
		t.Errorf("events %+v", r.Events)
	}
}

func TestPlayRefuses(t *testing.T) {
	p, path := player(t), scene(t)
	if _, err := p.Play(t.Context(), filepath.Join(t.TempDir(), "none.wav"), nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := audio.WriteFLAC(path, make([]float32, 10*rate), rate); err != nil {
		t.Fatal(err)
	}
	flac, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, flac[:len(flac)*2/3], 0o644); err != nil {
		t.Fatal(err)
	}
	if r, err := p.Play(t.Context(), path, nil); err != nil || r.Samples <= 0 || r.Samples >= 10*rate {
		t.Errorf("a file that breaks off is played as far as it goes: %v", err)
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	if _, err := p.Play(ctx, path, func(int64) { stop() }); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
	if _, err := p.Play(t.Context(), path, nil); err != nil {
		t.Errorf("after all that: %v", err)
	}
}
