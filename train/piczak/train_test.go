package piczak

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"earshot/internal/test/tinysounds"
	"earshot/train"
	"earshot/train/checkpoint"
	"earshot/train/dataset"
)

// noises are clips of labels that are loud in different bands, of 1 to 3 segments.
func noises(labels, clips int, seed uint64) (out []Clip) {
	rng := rand.New(rand.NewPCG(seed, 4))
	for i := range labels * clips {
		c := Clip{Label: i % labels, Segments: make([]float32, (1+i%3)*SegmentLen)}
		for k := range c.Segments {
			c.Segments[k] = float32(-60 + 5*rng.NormFloat64())
			if k%Bands*labels/Bands == c.Label {
				c.Segments[k] += 30
			}
		}
		out = append(out, c)
	}
	return out
}

// short is a training that the tests stop and continue: two labels, two batches an epoch of which one is not full.
func short(t testing.TB, checkpoint string) (*Data, Config) {
	a, err := New(2, 0.05)
	if err != nil {
		t.Fatal(err)
	}
	d := &Data{Labels: []string{"low", "high"}, Learn: noises(2, 4, 1), Test: noises(2, 2, 2), Background: -1, Digest: "noises"}
	r := Recipe{Epochs: 3, Batch: 10, Rate: 0.01, Momentum: 0.9, Decay: 0.001}
	return d, Config{Arch: a, Recipe: r, Seed: 4, Checkpoint: checkpoint, Resume: true, EvalEvery: 2, Graph: oneThread}
}

// weights are what the checkpoint at path holds.
func weights(t *testing.T, path string) map[string][]float32 {
	t.Helper()
	v, err := checkpoint.Load(path, &header{})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// A training that is stopped in the middle of an epoch, and while it measures at the end, comes to the same weights and figures.
func TestInterruptedTrainingGoesOn(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "whole.ckpt")
	d, cfg := short(t, path)
	var epochs []train.Epoch
	cfg.OnEpoch = func(e train.Epoch) error { epochs = append(epochs, e); return nil }
	whole, err := Train(context.Background(), d, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if _, batches := d.Steps(cfg.Recipe); batches != 2 || whole.Steps != 6 || whole.Result == nil || whole.Result.Clips != 4 {
		t.Fatalf("%d batches, %+v", batches, whole)
	}
	if len(epochs) != 3 || epochs[0].Measured || !epochs[1].Measured || !epochs[2].Measured || epochs[2].Accuracy != whole.Result.ClipAccuracy || !(epochs[0].Loss > 0) {
		t.Errorf("epochs %+v", epochs)
	}
	cfg.Checkpoint, cfg.SaveEvery = filepath.Join(dir, "parts.ckpt"), time.Nanosecond
	var got *Outcome
	for _, until := range []int{1, 4, 6, 0} { // the sixth is the last: what it is stopped in is the measurement
		ctx, cancel := context.WithCancel(context.Background())
		cfg.OnStep = func(p train.Progress) {
			if p.Step == until {
				cancel()
			}
		}
		if got, err = Train(ctx, d, cfg); err != nil {
			t.Fatal(err)
		}
		cancel()
		if until > 0 && (got.Result != nil || got.Steps != until) {
			t.Fatalf("stopped in step %d: %+v", until, got)
		}
	}
	if !reflect.DeepEqual(got.Result, whole.Result) || !reflect.DeepEqual(weights(t, path), weights(t, cfg.Checkpoint)) {
		t.Error("the training that was stopped ended elsewhere")
	}
	if last := epochs[len(epochs)-1]; last.Loss != epochs[2].Loss || last.Epoch != 3 {
		t.Errorf("the last epoch was told as %+v, is %+v", last, epochs[2])
	}
}

// What cannot go on, or begin, is refused with one clear word, and the checkpoint stays.
func TestRefusals(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.ckpt")
	d, cfg := short(t, path)
	ctx, cancel := context.WithCancel(context.Background())
	cfg.OnStep = func(train.Progress) { cancel() }
	if _, err := Train(ctx, d, cfg); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for says, change := range map[string]func(*Data, *Config){
		"recipe differs: Epochs 3 there, 5 now":        func(_ *Data, c *Config) { c.Recipe.Epochs = 5 },
		"network differs: 2.Hidden 250 there, 251 now": func(_ *Data, c *Config) { c.Arch.Hidden++ },
		`data differs: "noises" there, "other" now`:    func(d *Data, _ *Config) { d.Digest = "other" },
		"seed differs: 4 there, 5 now":                 func(_ *Data, c *Config) { c.Seed = 5 },
		`label list differs: 2 "high" there, "x" now`:  func(d *Data, _ *Config) { d.Labels[1] = "x" },
		"want clips to learn from":                     func(d *Data, _ *Config) { d.Learn = nil },
		"clips to test on":                             func(d *Data, _ *Config) { d.Test = nil },
		"diverged": func(d *Data, c *Config) {
			c.Checkpoint = ""
			d.Learn[0].Segments[5] = float32(math.Inf(1))
		},
		"no whole earshot checkpoint": func(_ *Data, c *Config) {
			c.Checkpoint = filepath.Join(t.TempDir(), "b")
			if err := os.WriteFile(c.Checkpoint, before[:len(before)/2], 0o600); err != nil {
				t.Fatal(err)
			}
		},
	} {
		d, cfg := short(t, path)
		change(d, &cfg)
		if _, err := Train(context.Background(), d, cfg); err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("want one line with %q, got %v", says, err)
		}
	}
	if after, err := os.ReadFile(path); err != nil || !slices.Equal(after, before) {
		t.Errorf("a refused checkpoint changed: %v", err)
	}
}

// Noise in two bands is told apart after a few epochs.
func TestLearns(t *testing.T) {
	d, cfg := short(t, filepath.Join(t.TempDir(), "a.ckpt"))
	cfg.Recipe.Epochs, cfg.Recipe.Rate = 10, 0.05
	var losses []float64
	cfg.OnEpoch = func(e train.Epoch) error { losses = append(losses, e.Loss); return nil }
	out, err := Train(context.Background(), d, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("losses %.3f", losses)
	if out.Result.ClipAccuracy != 1 || out.Result.WindowAccuracy != 1 {
		t.Errorf("clips %.2f, segments %.2f right, want all; losses %.3f", out.Result.ClipAccuracy, out.Result.WindowAccuracy, losses)
	}
}

// Each segment is dealt once an epoch, in batches as even as can be, in another order each time; dropout drops half.
func TestSampler(t *testing.T) {
	a, err := New(2, 0.05)
	if err != nil {
		t.Fatal(err)
	}
	clips := noises(2, 11, 3) // 43 segments: batches of 14, 14 and 15
	s := newSampler(clips, 20, fitNorm(clips), 7)
	if s.batches != 3 || s.largest() != 15 {
		t.Fatalf("%d batches of %d", s.batches, s.largest())
	}
	e, err := NewEngine(a, StepOptions{Batch: s.largest()}, 1, oneThread)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	var orders [2][]float32
	for step := range 6 {
		s.fill(e, step)
		rows := 0
		for i := range e.Batch {
			target := e.Input("target")[i*2 : i*2+2]
			if target[0]+target[1] == 0 {
				continue
			}
			rows++
			segment := e.Input("segment")[i*inputLen : (i+1)*inputLen]
			loud := func(half int) (sum float32) {
				for b := range Bands / 2 {
					sum += segment[20*2*Bands+half*Bands/2+b]
				}
				return sum
			}
			if (loud(1) > loud(0)) != (target[1] == 1) {
				t.Errorf("step %d: a segment has another's label", step)
			}
			orders[step/3] = append(orders[step/3], segment[0])
		}
		if rows < 14 || rows > 15 || math.Abs(float64(e.Input("share")[0])*float64(rows)-1) > 1e-6 {
			t.Errorf("step %d: %d segments, each a share of %g", step, rows, e.Input("share")[0])
		}
	}
	if slices.Equal(orders[0], orders[1]) {
		t.Error("two epochs are in one order")
	}
	for i := range orders {
		slices.Sort(orders[i])
	}
	if len(orders[0]) != 43 || len(slices.Compact(slices.Clone(orders[0]))) != 43 || !slices.Equal(orders[0], orders[1]) {
		t.Errorf("the epochs have %d and %d segments, want the same 43", len(orders[0]), len(orders[1]))
	}
	kept := 0
	for _, v := range e.Input("mask2") {
		if v != 0 && v != 2 {
			t.Fatalf("a mask of %g", v)
		}
		kept += int(v / 2)
	}
	if n := len(e.Input("mask2")); math.Abs(float64(kept)/float64(n)-0.5) > 0.05 {
		t.Errorf("%d of %d are kept", kept, n)
	}
}

// A segment is heard with the mean 0 and deviation 1 of what is learned from, its deltas made of that.
func TestListener(t *testing.T) {
	clips := []Clip{{Segments: make([]float32, SegmentLen)}}
	for i := range clips[0].Segments {
		clips[0].Segments[i] = float32(-40 + i/Bands) // rises by 1 dB a frame
	}
	n := fitNorm(clips)
	if std := math.Sqrt((41*41 - 1) / 12.0); math.Abs(n.Mean+20) > 1e-6 || math.Abs(n.Std-std) > 1e-6 {
		t.Fatalf("mean %g, deviation %g; want -20, %g", n.Mean, n.Std, std)
	}
	heard := make([]float32, inputLen)
	newListener(n).hear(heard, clips[0].Segments)
	for _, c := range []struct {
		frame int
		delta float64 // Σ k·k of the frames that are there
	}{{20, 60}, {0, 30}, {40, 30}, {1, 60 - 2*1 - 3*2 - 4*3}} {
		level, delta := float64(heard[c.frame*2*Bands+7]), float64(heard[c.frame*2*Bands+Bands+7])
		if math.Abs(level-float64(c.frame-20)/n.Std) > 1e-5 || math.Abs(delta-c.delta/n.Std) > 1e-4 {
			t.Errorf("frame %d: level %g and delta %g, want %g and %g", c.frame, level, delta, float64(c.frame-20)/n.Std, c.delta/n.Std)
		}
	}
}

// Clips are cut with their copies; silent segments are left out; what is no use is listed; the same seed gives the same.
func TestLoad(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, x []float32) dataset.Clip {
		path := filepath.Join(dir, name)
		tinysounds.Write(t, path, x)
		return dataset.Clip{Path: path, Name: name, Label: 1}
	}
	tone := func(seconds float64) []float32 {
		return slices.Repeat(tinysounds.Sound("bell", 1), 4)[:int(seconds*tinysounds.Rate)]
	}
	clips := []dataset.Clip{
		write("two.wav", tone(2.5)),
		write("half silent.wav", append(tone(1.5), make([]float32, 3*tinysounds.Rate/2)...)),
		write("short.wav", tone(0.3)),
		write("too short.wav", tone(0.03)),
		write("silence.wav", make([]float32, tinysounds.Rate)),
		{Path: filepath.Join(dir, "none.wav"), Name: "none.wav"},
	}
	got, broken, notes, err := Load(context.Background(), clips, LoadOptions{Seed: 3})
	if err != nil || len(notes) != 0 {
		t.Fatal(err, notes)
	}
	for i, want := range []struct {
		name     string
		segments int
	}{{"two.wav", 4}, {"half silent.wav", 4}, {"short.wav", 1}} {
		if c := got[i]; c.Name != want.name || c.count() != want.segments || c.Label != 1 {
			t.Errorf("%s: %d segments, want %d", c.Name, c.count(), want.segments)
		}
	}
	if len(got) != 3 || len(broken) != 3 || !strings.Contains(broken[0].String(), "shorter than one frame") || !strings.Contains(broken[1].String(), "digital silence") {
		t.Errorf("%d clips, broken %v", len(got), broken)
	}
	copied, _, _, err := Load(context.Background(), clips[:1], LoadOptions{Seed: 3, Copies: 1, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	again, _, _, err := Load(context.Background(), clips[:2], LoadOptions{Seed: 3, Copies: 1, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	if n := copied[0].count(); n < 8 || n > 10 || !slices.Equal(copied[0].Segments[:4*SegmentLen], got[0].Segments) || slices.Equal(copied[0].segment(4), copied[0].segment(0)) {
		t.Errorf("%d segments with a delayed copy, or it is none", n)
	}
	if !slices.Equal(copied[0].Segments, again[0].Segments) {
		t.Error("the same seed gives other copies")
	}
	if _, _, _, err := Load(context.Background(), clips[3:5], LoadOptions{}); err == nil || !strings.Contains(err.Error(), "none of 2 clips") {
		t.Errorf("no clip can be used: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, _, err := Load(ctx, clips, LoadOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
}

// A result is believed if it is whole and of the same training.
func TestResults(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.json")
	a, err := New(3, 0.1)
	if err != nil {
		t.Fatal(err)
	}
	of := Training{Network: Network, Arch: a, Recipe: Article(300, true), Seed: 1, Train: []int{1, 2}, Test: []int{3}, Background: -1}
	want := Result{Training: of, Clips: 0.75, Segments: 0.5, Tested: 80, Steps: 9}
	if _, there, err := LoadResult(path, of); there || err != nil {
		t.Errorf("no file: %v, %v", there, err)
	}
	if err := want.Save(path); err != nil {
		t.Fatal(err)
	}
	if got, there, err := LoadResult(path, of); !there || err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("read %+v, %v, %v", got, there, err)
	}
	other := of
	other.Recipe = Article(300, false)
	if _, there, err := LoadResult(path, other); there || err == nil || !strings.Contains(err.Error(), "another training") {
		t.Errorf("of another training: %v, %v", there, err)
	}
	for says, text := range map[string]string{
		"no result":             "{",
		"not from 0 to 1":       `{"clip_accuracy": 7, "clips": 80}`,
		"or of no clip":         `{"clip_accuracy": 0.5}`,
		"want at most 65536":    strings.Repeat(" ", maxResult+1),
		"no result of a traini": `[]`,
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, there, err := LoadResult(path, of); there || err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), path) {
			t.Errorf("%.20q: %v, %v; want an error with %q", text, there, err, says)
		}
	}
}
