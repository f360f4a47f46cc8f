package background

import (
	"context"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"earshot/gammatone"
	"earshot/train/augment"
	"earshot/train/features"
)

func TestSynthIsDeterministicAndFinite(t *testing.T) {
	seen := map[string]bool{}
	for i := range 32 {
		x, what := Synth(i, 6000, 7)
		y, _ := Synth(i, 6000, 7)
		if !slices.Equal(x, y) {
			t.Errorf("clip %d (%s) differs between two calls", i, what)
		}
		for n, v := range x {
			if math.IsNaN(float64(v)) || math.Abs(float64(v)) > 4 {
				t.Fatalf("clip %d (%s): sample %d is %g", i, what, n, v)
			}
		}
		z, _ := Synth(i, 6000, 8)
		if slices.Equal(x, z) && !strings.HasPrefix(what, "digital silence") {
			t.Errorf("clip %d (%s) does not depend on the seed", i, what)
		}
		seen[strings.Fields(what)[0]] = true
	}
	for _, w := range []string{"digital", "white", "pink", "brown", "hum", "fan"} {
		if !seen[w] {
			t.Errorf("32 clips hold no %s; have %v", w, seen)
		}
	}
}

// TestEveryKindComesInEverySixteen keeps small sets complete.
func TestEveryKindComesInEverySixteen(t *testing.T) {
	for start := 0; start < 160; start += 16 {
		n := map[string]int{}
		for i := start; i < start+16; i++ {
			n[pick(i).name]++
		}
		for _, k := range kinds {
			if n[k.name] != k.weight {
				t.Errorf("clips %d…: %d of kind %s, want %d", start, n[k.name], k.name, k.weight)
			}
		}
	}
}

// TestHumSitsAtTheMains looks for the fundamental with a single-bin DFT.
func TestHumSitsAtTheMains(t *testing.T) {
	for i := range 16 {
		if pick(i).name != "hum" {
			continue
		}
		x, what := Synth(i, sampleRate, 3)
		mains := 50.0
		if strings.Contains(what, "hum 60") {
			mains = 60
		}
		// The mains, as far as it wanders, against 5 Hz beside it.
		at := max(bin(x, mains-0.1), bin(x, mains), bin(x, mains+0.1))
		if beside := bin(x, mains+5); at < 10*beside {
			t.Errorf("%s: %g at %g Hz, %g beside it", what, at, mains, beside)
		}
	}
}

// bin is the magnitude of x at hertz, under a Hann window.
func bin(x []float32, hertz float64) float64 {
	var re, im float64
	for n, v := range x {
		h := 0.5 - 0.5*math.Cos(2*math.Pi*float64(n)/float64(len(x)))
		s, c := math.Sincos(2 * math.Pi * hertz * float64(n) / sampleRate)
		re += h * c * float64(v)
		im += h * s * float64(v)
	}
	return math.Hypot(re, im)
}

func TestQuantise16(t *testing.T) {
	x := []float32{0, 0.4 / 32768, 0.6 / 32768, 2, -2}
	quantise16(x)
	want := []float32{0, 0, 1.0 / 32768, 32767.0 / 32768, -1}
	if !slices.Equal(x, want) {
		t.Errorf("quantised to %v, want %v", x, want)
	}
}

func TestLoad(t *testing.T) {
	clips, broken, err := Load(context.Background(), Options{Clips: 16, Seconds: 0.25, Seed: 1, Workers: 2})
	if err != nil || len(broken) != 0 || len(clips) != 16 {
		t.Fatalf("%d clips, broken %v, %v", len(clips), broken, err)
	}
	silent := 0
	for i, c := range clips {
		x, what := Synth(i, sampleRate/4, 1)
		want := features.NewFrontEnd().Clip(x)
		if what != c.What || !slices.Equal(want.Energies, c.Energies) {
			t.Errorf("clip %d is not Synth's clip %d", i, i)
		}
		if want := gammatone.Default().Frames(sampleRate / 4); c.Frames != want {
			t.Errorf("clip %d: %d frames, want %d", i, c.Frames, want)
		}
		if c.SilentShare(0, c.Frames) == 1 {
			silent++
			if augment.RMS(x) > 1e-5 {
				t.Errorf("clip %d (%s) is marked silent at RMS %g", i, what, augment.RMS(x))
			}
		}
	}
	if silent == 0 {
		t.Error("no clip of digital silence among 16")
	}
}

func TestLoadErrors(t *testing.T) {
	empty := t.TempDir()
	notSound := t.TempDir()
	if err := os.WriteFile(filepath.Join(notSound, "a.wav"), []byte("this is no sound"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		o    Options
		want string
	}{
		{"no such folder", Options{Dirs: []string{filepath.Join(empty, "room")}}, "does not exist"},
		{"empty folder", Options{Dirs: []string{empty}}, "holds no sound file"},
		{"nothing readable", Options{Dirs: []string{notSound}}, "none of 1 clips could be read"},
		{"too short", Options{Clips: 1, Seconds: 0.01}, "shorter than one frame"},
	} {
		if _, _, err := Load(context.Background(), c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want …%s…", c.name, err, c.want)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := Load(ctx, Options{Clips: 4}); err != context.Canceled {
		t.Errorf("cancelled: %v", err)
	}
}

// BenchmarkLoad is what backgrounds of 5 s cost.
func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, _, err := Load(context.Background(), Options{Clips: 32, Workers: 2}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(32*float64(b.N)/b.Elapsed().Seconds(), "clips/s")
}
