package logmel

import (
	"encoding/json"
	"math"
	"math/cmplx"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"earshot/internal/figure"
)

func golden(t testing.TB, name string) ([]float64, []int) {
	t.Helper()
	x, shape, err := figure.ReadNPY(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return x, shape
}

func narrow(x []float64) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}

func TestGoldenWeights(t *testing.T) {
	want, shape := golden(t, "mel_matrix.npy")
	if !slices.Equal(shape, []int{bins, Bands}) {
		t.Fatalf("golden matrix of shape %v", shape)
	}
	for i, got := range Weights() {
		if d := math.Abs(got - want[i]); !(d <= 2e-4) { // TensorFlow computes the edges in float32
			t.Fatalf("bin %d band %d: %g, want %g", i/Bands, i%Bands, got, want[i])
		}
	}
}

// TestGoldenFrames: the values that TensorFlow gives for a computed chirp and a recorded dog.
func TestGoldenFrames(t *testing.T) {
	for _, name := range []string{"chirp", "dog"} {
		wave, _ := golden(t, name+"_wave.npy")
		want, shape := golden(t, name+"_logmel.npy")
		got := New().Batch(narrow(wave))
		if shape[1] != Bands || len(got) != len(want) {
			t.Fatalf("%s: %d values, want %v", name, len(got), shape)
		}
		worst := 0.0
		for i := range want {
			worst = max(worst, math.Abs(float64(got[i])-want[i]))
		}
		t.Logf("%s: largest error %.2e", name, worst)
		if !(worst <= 1e-3) {
			t.Errorf("%s: largest error %.2e, want ≤ 1e-3", name, worst)
		}
	}
}

// slow is the front end as doc.go writes it, with a plain DFT.
func slow(x []float32) []float64 {
	w := Weights()
	out := make([]float64, Bands)
	for k := range bins {
		var sum complex128
		for n, v := range x[:FrameSamples] {
			h := 0.5 - 0.5*math.Cos(2*math.Pi*float64(n)/FrameSamples)
			sum += complex(h*float64(v), 0) * cmplx.Rect(1, -2*math.Pi*float64(k*n%FFTSamples)/FFTSamples)
		}
		for b := range out {
			out[b] += w[k*Bands+b] * cmplx.Abs(sum)
		}
	}
	for b := range out {
		out[b] = math.Log(out[b] + 0.001)
	}
	return out
}

func noise(seed uint64, n int) []float32 {
	rng := rand.New(rand.NewPCG(seed, 1))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64() * 0.1)
	}
	return x
}

func TestFrameAgainstOracle(t *testing.T) {
	click, tone := make([]float32, FrameSamples), make([]float32, FrameSamples)
	click[100] = 1
	for i := range tone {
		tone[i] = float32(math.Sin(2 * math.Pi * 440 * float64(i) / SampleRate))
	}
	f, got := New(), make([]float32, Bands)
	for i, x := range [][]float32{noise(1, FrameSamples), click, tone, make([]float32, FrameSamples)} {
		f.Frame(got, x)
		for b, want := range slow(x) {
			if d := math.Abs(float64(got[b]) - want); !(d <= 1e-6) {
				t.Errorf("sound %d band %d: %g, want %g", i, b, got[b], want)
			}
		}
	}
}

// FuzzFrameStandsAlone: a frame has the same bits wherever the batch that holds it starts, so frames may be kept.
func FuzzFrameStandsAlone(f *testing.F) {
	f.Add(uint64(1), uint16(5000), uint8(3))
	f.Add(uint64(2), uint16(399), uint8(0))
	f.Add(uint64(3), uint16(15600), uint8(48))
	f.Fuzz(func(t *testing.T, seed uint64, n uint16, from uint8) {
		x := noise(seed, int(n))
		all := New().Batch(x)
		if len(all) != Frames(len(x))*Bands {
			t.Fatalf("%d values for %d samples", len(all), n)
		}
		skip := min(int(from), Frames(len(x)))
		part := New().Batch(x[min(skip*HopSamples, len(x)):])
		if !slices.Equal(part, all[skip*Bands:]) {
			t.Fatalf("frames from %d on differ from the whole batch's", skip)
		}
	})
}

func TestSizes(t *testing.T) {
	for _, g := range []struct{ samples, frames int }{{0, 0}, {399, 0}, {400, 1}, {559, 1}, {560, 2}, {PatchSamples, PatchFrames}, {48000, 298}} {
		if got := Frames(g.samples); got != g.frames {
			t.Errorf("%d samples hold %d frames, want %d", g.samples, got, g.frames)
		}
	}
	if PatchSamples != 15600 || PatchLen != 6144 {
		t.Errorf("a patch has %d samples and %d values", PatchSamples, PatchLen)
	}
}

// TestFingerprint: the text says the numbers that the code uses.
func TestFingerprint(t *testing.T) {
	var f map[string]any
	if err := json.Unmarshal([]byte(Fingerprint), &f); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]float64{"bands": Bands, "fft_samples": FFTSamples, "fmax_hz": highHz, "fmin_hz": lowHz,
		"frame_samples": FrameSamples, "hop_samples": HopSamples, "patch_frames": PatchFrames, "sample_rate": SampleRate} {
		if f[key] != want {
			t.Errorf("%s is %v, want %v", key, f[key], want)
		}
	}
}

func TestBadSamplesAreSilence(t *testing.T) {
	x := noise(4, FrameSamples)
	x[7] = float32(math.NaN())
	got := make([]float32, Bands)
	New().Frame(got, x)
	for b, v := range got {
		if v != float32(math.Log(0.001)) {
			t.Fatalf("band %d: %g, want the floor", b, v)
		}
	}
}

func TestNoAllocation(t *testing.T) {
	f, x, dst := New(), noise(5, FrameSamples), make([]float32, Bands)
	if n := testing.AllocsPerRun(100, func() { f.Frame(dst, x) }); n != 0 {
		t.Errorf("%v allocations a frame, want 0", n)
	}
}

func TestCallerBugsPanic(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a short frame must panic")
		}
	}()
	New().Frame(make([]float32, Bands), make([]float32, FrameSamples-1))
}

func BenchmarkFrame(b *testing.B) {
	f, x, dst := New(), noise(6, FrameSamples), make([]float32, Bands)
	for b.Loop() {
		f.Frame(dst, x)
	}
}
