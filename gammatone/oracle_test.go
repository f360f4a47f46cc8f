package gammatone

import (
	"math"
	"math/cmplx"
	"math/rand/v2"
	"testing"
)

// The slow oracles: each fast path of the package beside its definition, in float64.

// slowEnergies is the front end as doc.go writes it, with a plain DFT.
func slowEnergies(c Config, w []float64, x []float32) []float64 {
	n, bins := c.FrameSamples, c.Bins()
	e := make([]float64, c.Bands)
	for k := range bins {
		var sum complex128
		for i, v := range x[:n] {
			h := 0.54 - 0.46*math.Cos(2*math.Pi*float64(i)/float64(n))
			sum += complex(h*float64(v), 0) * cmplx.Rect(1, -2*math.Pi*float64(i*k%n)/float64(n))
		}
		p := real(sum)*real(sum) + imag(sum)*imag(sum)
		for b := range e {
			e[b] += w[b*bins+k] * w[b*bins+k] * p
		}
	}
	return e
}

// slowDelta is the definition, one value at a time.
func slowDelta(win []float32, bands, frames, width int) []float64 {
	half, norm := (width-1)/2, 0.0
	for n := 1; n <= half; n++ {
		norm += float64(2 * n * n)
	}
	out := make([]float64, bands*frames)
	for b := range bands {
		for t := range frames {
			centre := min(max(t, half), frames-1-half)
			for n := -half; n <= half; n++ {
				out[b*frames+t] += float64(n) * float64(win[b*frames+centre+n]) / norm
			}
		}
	}
	return out
}

func TestEnergiesAgainstOracle(t *testing.T) {
	odd := small()
	odd.FrameSamples, odd.HopSamples = 90, 31 // not a power of two: gonum's real FFT
	tiny := small()
	tiny.FrameSamples, tiny.HopSamples = 4, 1
	for name, c := range map[string]Config{"default": Default(), "small": small(), "odd": odd, "tiny": tiny} {
		t.Run(name, func(t *testing.T) {
			f, w := NewFrontEnd(c), Weights(c)
			got := make([]float32, c.Bands)
			for i, x := range sounds(c) {
				if n := f.Energies(got, x); n != c.Bands {
					t.Fatalf("Energies returned %d, want %d", n, c.Bands)
				}
				for b, want := range slowEnergies(c, w, x) {
					if d := 10 * math.Abs(math.Log10(max(float64(got[b]), c.Floor)/max(want, c.Floor))); !(d <= 1e-4) {
						t.Errorf("sound %d band %d: %g, want %g: %.1e dB apart", i, b, got[b], want, d)
					}
				}
			}
		})
	}
}

// sounds are frames that are hard on a front end: noise, a loud low tone beside nothing
// (the high bands hold only the filters' skirts), the same at full scale, a click, one
// bit of dither, a constant, silence.
func sounds(c Config) [][]float32 {
	n := c.FrameSamples
	out := [][]float32{noise(5, n)}
	for _, gain := range []float64{0.01, 1} {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(gain * math.Sin(2*math.Pi*110*float64(i)/float64(c.SampleRate)))
		}
		out = append(out, x)
	}
	click, dither, constant := make([]float32, n), make([]float32, n), make([]float32, n)
	click[n/3] = 1
	rng := rand.New(rand.NewPCG(6, 6))
	for i := range dither {
		dither[i] = float32(rng.IntN(3)-1) / 32768
		constant[i] = -0.25
	}
	return append(out, click, dither, constant, make([]float32, n))
}

// TestPowerPathsAgree: the half-length transform beside gonum's real FFT at one length.
func TestPowerPathsAgree(t *testing.T) {
	for _, n := range []int{4, 8, 64, 1024, 4096} {
		fast, slow := newSpectrum(n), &spectrum{window: hamming(n)}
		slow.frame, slow.z = make([]float64, n), make([]complex128, n/2+1)
		slow.fft = newSpectrum(n * 3).fft
		slow.fft.Reset(n)
		x := noise(uint64(n), n)
		a, b := make([]float32, n/2+1), make([]float32, n/2+1)
		fast.power(a, x)
		slow.power(b, x)
		total := float32(0)
		for _, v := range b {
			total += v
		}
		for k := range a {
			if d := math.Abs(float64(a[k] - b[k])); d > 1e-6*float64(b[k])+1e-14*float64(total) {
				t.Errorf("length %d bin %d: %g, want %g", n, k, a[k], b[k])
			}
		}
	}
}

func TestDeltaAgainstOracle(t *testing.T) {
	for _, g := range []struct{ bands, frames, width int }{
		{128, 128, 9}, {128, 128, 3}, {1, 9, 9}, {3, 5, 5}, {7, 300, 21}, {2, 3, 3},
	} {
		win := noise(uint64(g.frames), g.bands*g.frames)
		for i := range win {
			win[i] = 40*win[i] - 60
		}
		got := make([]float32, len(win))
		Delta(got, win, g.bands, g.frames, g.width)
		for i, want := range slowDelta(win, g.bands, g.frames, g.width) {
			if d := math.Abs(float64(got[i]) - want); !(d <= 2e-5) {
				t.Fatalf("%+v: band %d frame %d: %g, want %g", g, i/g.frames, i%g.frames, got[i], want)
			}
		}
	}
}

// TestDeltaKnown: a line has its slope everywhere, and a constant exactly none.
func TestDeltaKnown(t *testing.T) {
	win, d := make([]float32, 2*20), make([]float32, 2*20)
	for i := range 20 {
		win[i], win[20+i] = 3*float32(i)-7, -99.3
	}
	Delta(d, win, 2, 20, 9)
	for i := range 20 {
		if math.Abs(float64(d[i])-3) > 1e-6 || d[20+i] != 0 {
			t.Fatalf("frame %d: slopes %g and %g, want 3 and 0", i, d[i], d[20+i])
		}
	}
}

func TestLogFloorAgainstOracle(t *testing.T) {
	worst := 0.0
	var out [1]float32
	try := func(e float32) {
		LogFloor(out[:], []float32{e}, 1e-10)
		want := 10 * math.Log10(max(float64(e), 1e-10))
		if d := math.Abs(float64(out[0]) - want); !(d <= worst) {
			worst = d
		}
	}
	for b := math.Float32bits(1e-12); b < math.Float32bits(math.MaxFloat32); b += 4001 {
		try(math.Float32frombits(b))
	}
	for _, e := range []float32{0, -1, 1e-10, 1, 2, 0.5, math.MaxFloat32, math.Sqrt2, math.Sqrt2 / 2} {
		try(e)
	}
	t.Logf("largest error %.2e dB", worst)
	if !(worst <= 4e-5) {
		t.Errorf("largest error %.2e dB, want ≤ 4e-5", worst)
	}
}

// TestLogFloorIsMonotone: no step of the approximation turns a rise into a fall.
func TestLogFloorIsMonotone(t *testing.T) {
	e := make([]float32, 1<<16)
	for _, from := range []float32{0.7071, 0.99999, 1.41421, 1e-9, 12345} {
		b := math.Float32bits(from) - 1<<15
		for i := range e {
			e[i] = math.Float32frombits(b + uint32(i))
		}
		LogFloor(e, e, 1e-30)
		for i := 1; i < len(e); i++ {
			if e[i] < e[i-1]-1e-5 {
				t.Fatalf("log falls from %g to %g after %g", e[i-1], e[i], math.Float32frombits(b+uint32(i)))
			}
		}
	}
}

func TestLogFloorOddValues(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	got := make([]float32, 4)
	LogFloor(got, []float32{nan, inf, -inf, 1e-40}, 1e-10)
	if got[0] != -100 || got[2] != -100 || got[3] != -100 || math.Abs(float64(got[1])-385.3184) > 1e-3 {
		t.Errorf("NaN, +Inf, −Inf, denormal give %v, want -100, 385.3184, -100, -100", got)
	}
	LogFloor(got, []float32{0, 1e-44}, 0)
	for _, v := range got[:2] {
		if math.IsInf(float64(v), 0) || v > -379 {
			t.Errorf("a floor of 0 gives %v, want the logarithm of 2^-126", v)
		}
	}
}
