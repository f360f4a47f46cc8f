package job

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"earshot/infer"
	"earshot/infer/builtin"
	"earshot/internal/audio"
	"earshot/train"
	"earshot/train/acrnn"
	"earshot/train/corpus"
	"earshot/train/dataset"
	"earshot/train/recipe"
	"earshot/train/takes"
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
