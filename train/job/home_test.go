package job

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"earshot/infer"
	"earshot/infer/builtin"
	"earshot/internal/audio"
	"earshot/internal/test/tinysounds"
	"earshot/train"
	"earshot/train/acrnn"
	"earshot/train/card"
	"earshot/train/corpus"
	"earshot/train/dataset"
	"earshot/train/modelfile"
	"earshot/train/recipe"
	"earshot/train/takes"
	"earshot/verify"
)

// beeps writes recordings of a beep, all in one and the same noisy room.
func beeps(t *testing.T, dir string, n int) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	room := make(takes.Spectrum, 25)
	for i := range room {
		room[i] = -62
	}
	for k := range n {
		rng := rand.New(rand.NewPCG(7, uint64(k)))
		x := room.Noise(5*takes.Rate/2, 0, rng)
		for i := range takes.Rate / 2 { // a falling whistle
			at := float64(i) / takes.Rate
			x[takes.Rate+k*1000+i] += float32(0.08 * math.Sin(math.Pi*2*at) * math.Sin(2*math.Pi*(2400*at-900*at*at)))
		}
		if err := audio.WriteWAV16(filepath.Join(dir, fmt.Sprintf("rec_%02d.wav", k)), x, takes.Rate); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRoomDoesNotBecomeTheSound: the model that ships is taught a whistle from recordings in one and the same room. Heard are recordings that
// were left out, and the room alone is not.
func TestRoomDoesNotBecomeTheSound(t *testing.T) {
	t.Parallel()
	if err := infer.Init(""); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	beeps(t, filepath.Join(dir, "mine", "whistle"), 5)
	embedder, err := infer.ParseEmbedder("built-in", builtin.Embedder())
	if err != nil {
		t.Fatal(err)
	}
	model, _ := builtin.Named(builtin.Light) // the quicker of the two
	r, err := recipe.ByName("finetune")
	if err != nil {
		t.Fatal(err)
	}
	o := Options{
		Source: corpus.Source{Set: dataset.Options{Dirs: []string{filepath.Join(dir, "mine")}, MinLabels: 1}, Background: true, Quiet: 16, CacheDir: filepath.Join(dir, "cache")},
		Recipe: r, Width: 1, Attention: acrnn.Attention{Layer: 10}, Seed: 1, Floor: train.DefaultFloor, InitBytes: model, Half: true,
		Out: filepath.Join(dir, "home.onnx"), Second: SecondOptions{Embedder: embedder, Synthetic: 8, Quiet: 4, FalseAlarms: 0.1},
		Graph: infer.GraphOptions{Provider: "cpu", Threads: 1},
	}
	var text bytes.Buffer
	out, err := Run(context.Background(), o, Quiet(&text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text.String())
	}
	if out.Home == nil {
		t.Fatalf("nothing is said of home:\n%s", text.String())
	}
	l := out.Home.Labels[0]
	if l.Heard < 8 || l.Hearings != 10 || l.RoomsOn != 0 || l.NoiseOn != 0 {
		t.Errorf("%+v; want at least 8 of 10 heard and no minute ON in a quiet room", l)
	}
	if !bytes.Contains(text.Bytes(), []byte("the noise around whistle is the same in all 5 recordings")) {
		t.Errorf("nobody says that the room was the same:\n%s", text.String())
	}
}

// piecesOf are n pieces in which a label's sound is heard four times.
func piecesOf(label string, n int) Pieces {
	return Pieces{Name: "much " + label, Clips: slices.Repeat([]dataset.Clip{{Name: label, Title: "a fair", Author: "the fair", Licence: "CC-BY 4.0"}}, n), All: func(yield func([]float32, error) bool) {
		for k := range n {
			if !yield(slices.Repeat(tinysounds.Sound(label, k), 4), nil) {
				return
			}
		}
	}}
}

// TestNegativesOfTaughtLabels: speech and music to which a label would answer raise its threshold, or the person is told; old labels keep theirs.
// What is given as none of the labels is learned so.
func TestNegativesOfTaughtLabels(t *testing.T) {
	t.Parallel()
	o := tinyOptions(t)
	dir := filepath.Dir(o.Out)
	o.Second, o.Recipe.Epochs = tinySecond(t), 1
	o.Second.Quiet = 1
	var text bytes.Buffer
	if _, err := Run(t.Context(), o, Quiet(&text)); err != nil {
		t.Fatal(err, text.String())
	}
	tinysounds.Folder(t, filepath.Join(dir, "mine"), 3, "whistle")
	o.Init, o.Source.Test = o.Out, nil
	o.Source.Set = dataset.Options{Dirs: []string{filepath.Join(dir, "mine")}, MinLabels: 1}
	o.Second.None = piecesOf("engine", 3)
	teach := func(name string, negatives Pieces) (*verify.Head, verify.Tradeoff, *modelfile.Verify) {
		t.Helper()
		text.Reset()
		o.Out, o.Second.Negatives = filepath.Join(dir, name), negatives
		if _, err := Run(t.Context(), o, Quiet(&text)); err != nil {
			t.Fatal(err, text.String())
		}
		m, err := infer.LoadModel(o.Out)
		if err != nil {
			t.Fatal(err)
		}
		h, curve, err := readSecond(m)
		if err != nil {
			t.Fatal(err)
		}
		c, err := card.Read(m)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Licence.Credits; len(got) != 1 || got[0].Author != "the fair" {
			t.Errorf("credits %+v, want the author of what was learned as none of the labels", got)
		}
		return h, curve.Labels["whistle"], c.Provenance.Verify
	}
	const loud = "more false alarms than"
	without, quiet, before := teach("without.onnx", Pieces{})
	if strings.Contains(text.String(), loud) {
		t.Fatalf("it is loud on quiet sound:\n%s", text.String())
	}
	if patches := 3 * 4 * tinysounds.Seconds / 0.48; before.None < int(patches) || !slices.Equal(before.Background, []string{"much engine"}) || !slices.Equal(before.Tune, []string{"quiet noise"}) {
		t.Errorf("%d patches of none from %q, thresholds from %q; want those of 3 pieces too", before.None, before.Background, before.Tune)
	}
	with, noisy, after := teach("with.onnx", piecesOf("whistle", 3))
	if seconds := 3600 * (noisy.Hours - quiet.Hours); math.Abs(seconds-3*4*tinysounds.Seconds) > 0.1 || noisy.Events[0] <= quiet.Events[0] {
		t.Errorf("%.1f s more to find thresholds on, %d events at the lowest, were %d; want those of the pieces", seconds, noisy.Events[0], quiet.Events[0])
	}
	w := with.Index("whistle")
	if with.Fusions[w].On <= without.Fusions[w].On && !strings.Contains(text.String(), loud) {
		t.Errorf("switches on at %g, and at %g without, and nobody is told:\n%s", with.Fusions[w].On, without.Fusions[w].On, text.String())
	}
	if !slices.Equal(with.Fusions[:w], without.Fusions[:w]) || !slices.Equal(with.Weights, without.Weights) {
		t.Error("old thresholds changed, or what finds thresholds was learned")
	}
	if !slices.Equal(after.Tune, []string{"much whistle", "quiet noise"}) {
		t.Errorf("thresholds from %q", after.Tune)
	}
}
