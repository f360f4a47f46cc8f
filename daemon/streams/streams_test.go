package streams

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"earshot/daemon/replay"
	"earshot/infer/smooth"
	"earshot/train/metrics/stream"
)

const rate = 100 // Hz: a window of 100 samples is a second

// recording has a window a second; label 0 scores as given, label 1 what is left.
func recording(scores ...float32) *replay.Recording {
	r := &replay.Recording{Rate: rate, Samples: int64(len(scores)) * rate}
	for i, s := range scores {
		r.Windows = append(r.Windows, replay.Window{At: int64(i) * rate, End: int64(i+1) * rate, Scores: []float32{s, 1 - s}})
	}
	return r
}

func options(inputs ...Input) Options {
	o := Options{Inputs: inputs, Rate: rate, Watched: []string{"a"}, Smooth: smooth.Config{Labels: []string{"a", "b"}, Average: 1, WindowSamples: rate,
		Rules: []smooth.Rule{{On: 0.5, Off: 0.3, Hold: rate}, {}}, Groups: []smooth.Group{{ID: "g", Members: []int{0}, Rule: smooth.Rule{On: 0.5, Off: 0.3}}}}}
	of := map[string]*replay.Recording{
		"labelled.wav": recording(0, 0, 0.9, 0.9, 0, 0, 0, 0, 0.6, 0, 0, 0),
		"none.wav":     recording(0, 0.8, 0, 0),
	}
	o.Play = func(_ context.Context, path string, _ func(int64)) (*replay.Recording, error) {
		r := of[path]
		if r == nil {
			return nil, errors.New("no such file")
		}
		r.Events = r.Again(o.Smooth)
		return r, nil
	}
	return o
}

func TestMeasure(t *testing.T) {
	truth := []stream.Reference{{Label: "a", Onset: 2, Offset: 4}, {Label: "other", Onset: 8, Offset: 9}}
	r, err := Measure(t.Context(), options(
		Input{Name: "scene", Paths: []string{"labelled.wav"}, Labels: [][]stream.Reference{truth}},
		Input{Name: "nothing", Paths: []string{"none.wav"}}))
	if err != nil {
		t.Fatal(err)
	}
	if r.All.References != 1 || r.All.Heard != 1 || r.All.Events != 3 || r.All.False != 2 {
		t.Errorf("together: %+v", r.All)
	}
	scene, nothing := r.Kinds[0], r.Kinds[1]
	if scene.All.False != 1 || nothing.All.False != 1 || nothing.All.References != 0 || nothing.Hours*3600 != 4 || nothing.All.FalseHour != 900 {
		t.Errorf("by kind: %+v", r.Kinds)
	}
	if t0 := scene.Told[0]; len(scene.Told) != 1 || t0.Path != "labelled.wav" || len(t0.Events) != 2 || t0.Events[0].Label != "a" || t0.Events[0].Score < 0.89 {
		t.Errorf("told: %+v", scene.Told)
	}
	if !slices.Equal(r.Unknown, []string{"other"}) || r.Labels[0].Confused[0].Label != "other" {
		t.Errorf("unwatched %v, confused %+v", r.Unknown, r.Labels[0].Confused)
	}
	if r.PSDS2 == nil || *r.PSDS2 <= 0 {
		t.Errorf("PSDS %v", r.PSDS2)
	}
	// The higher the threshold, the fewer false events: none from 0.8 on, where the sound is still heard.
	curve := r.Curves[0].Points
	for i := range curve[1:] {
		if curve[i+1].FalseHour > curve[i].FalseHour || curve[i+1].Missed < curve[i].Missed {
			t.Errorf("from %+v to %+v", curve[i], curve[i+1])
		}
	}
	best := slices.IndexFunc(curve, func(p stream.DETPoint) bool { return p.Threshold > 0.8 })
	if p := curve[best]; p.FalseHour != 0 || p.Missed != 0 {
		t.Errorf("%+v, want nothing false and nothing missed", p)
	}
}

func TestNothingLabelled(t *testing.T) {
	r, err := Measure(t.Context(), options(Input{Name: "nothing", Paths: []string{"none.wav"}}))
	if err != nil || r.PSDS1 != nil || r.All.False != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := Measure(t.Context(), options(Input{Name: "x", Paths: []string{"gone.wav"}})); err == nil {
		t.Error("no file: no error")
	}
}

// TestPut: a recording is written before it is played, with what sounds in it, and is there no longer than that.
func TestPut(t *testing.T) {
	dir := t.TempDir()
	in := Input{Name: "scene", Paths: []string{filepath.Join(dir, "a"), filepath.Join(dir, "b")}, Labels: make([][]stream.Reference, 2)}
	in.Put = func(i int) error {
		in.Labels[i] = []stream.Reference{{Label: "a", Onset: 2, Offset: 4}}
		return os.WriteFile(in.Paths[i], nil, 0o600)
	}
	left := func() int {
		t.Helper()
		files, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		return len(files)
	}
	o := options(in)
	play, played := o.Play, 0
	o.Play = func(ctx context.Context, path string, progress func(int64)) (*replay.Recording, error) {
		if _, err := os.Stat(path); err != nil || left() != 1 {
			t.Errorf("%d files when %s is played: %v", left(), path, err)
		}
		played++
		return play(ctx, "labelled.wav", progress)
	}
	r, err := Measure(t.Context(), o)
	if err != nil || played != 2 || left() != 0 || r.All.References != 2 || r.All.Heard != 2 {
		t.Errorf("%v, %d played, %d left, %+v", err, played, left(), r)
	}
	full := errors.New("the disk is full")
	o.Inputs[0].Put = func(i int) error { return errors.Join(os.WriteFile(in.Paths[i], nil, 0o600), full) }
	if _, err := Measure(t.Context(), o); !errors.Is(err, full) || left() != 0 || played != 2 {
		t.Errorf("%v, %d left, %d played; want %v", err, left(), played, full)
	}
}

func TestThresholds(t *testing.T) {
	if !slices.IsSorted(thresholds()) || thresholds()[0] < 0.01 || thresholds()[44] > 0.9995 {
		t.Errorf("%v", thresholds())
	}
}
