package augment

import (
	"math"
	"slices"
	"testing"
)

func sine(n int, hertz float64) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(0.5 * math.Sin(2*math.Pi*hertz*float64(i)/44100))
	}
	return x
}

// frequency counts x's upward zero crossings, Hz, leaving its ends out.
func frequency(x []float32) float64 {
	x = x[4096 : len(x)-4096]
	first, last, n := -1.0, 0.0, -1
	for i := 1; i < len(x); i++ {
		if x[i-1] < 0 && x[i] >= 0 {
			at := float64(i) - float64(x[i])/float64(x[i]-x[i-1])
			if first < 0 {
				first = at
			}
			last = at
			n++
		}
	}
	return 44100 * float64(n) / (last - first)
}

// purity is the share of x's power at hertz (Hann window, ends left out).
func purity(x []float32, hertz float64) float64 {
	x = x[4096 : len(x)-4096]
	var re, im, all float64
	for i, v := range x {
		s, c := math.Sincos(2 * math.Pi * hertz * float64(i) / 44100)
		re += c * float64(v)
		im += s * float64(v)
		all += float64(v) * float64(v)
	}
	return 2 * (re*re + im*im) / float64(len(x)) / all
}

func TestStretchKeepsPitchAndLevel(t *testing.T) {
	s := NewStretcher()
	const n = 44100
	for _, hertz := range []float64{60, 440, 3000} {
		x := sine(n, hertz)
		for _, rate := range []float64{0.8, 1.07, 1.3} {
			y := s.Stretch(x, rate)
			if want := int(math.Round(n / rate)); len(y) != want {
				t.Errorf("%g Hz at %g: %d samples, want %d", hertz, rate, len(y), want)
			}
			if f := frequency(y); math.Abs(f-hertz) > 0.005*hertz {
				t.Errorf("%g Hz at %g: now %.2f Hz", hertz, rate, f)
			}
			if p := purity(y, frequency(y)); p < 0.98 {
				t.Errorf("%g Hz at %g: only %.3f of the power is the tone", hertz, rate, p)
			}
			if g := RMS(y) / RMS(x); math.Abs(g-1) > 0.02 {
				t.Errorf("%g Hz at %g: level times %.3f", hertz, rate, g)
			}
		}
	}
}

// TestStretchKeepsOnsets: a click stays one click, at its place in time.
func TestStretchKeepsOnsets(t *testing.T) {
	for _, rate := range []float64{0.8, 1.3} {
		x := make([]float32, 88200)
		for _, at := range []int{20000, 60000} {
			for i := range 300 {
				x[at+i] = float32(math.Exp(-float64(i)/60) * math.Sin(float64(i)))
			}
		}
		y := NewStretcher().Stretch(x, rate)
		for _, at := range []float64{20000, 60000} {
			want := at / rate
			peak, where := 0.0, 0
			lo, hi := int(want)-6000, min(int(want)+6000, len(y))
			for i := lo; i < hi; i++ {
				if v := math.Abs(float64(y[i])); v > peak {
					peak, where = v, i
				}
			}
			if peak < 0.4 || math.Abs(float64(where)-want) > stretchSearch+stretchFrame {
				t.Errorf("rate %g: click of %g peaks with %.2f at %d, want about %.0f", rate, at, peak, where, want)
			}
		}
	}
}

func TestStretchEdges(t *testing.T) {
	s := NewStretcher()
	x := sine(50000, 500)
	if !slices.Equal(s.Stretch(x, 1), x) {
		t.Error("rate 1 changed the sound")
	}
	if y := s.Stretch(make([]float32, 5000), 0.8); len(y) != 6250 || RMS(y) != 0 {
		t.Error("silence did not stay silence")
	}
	for n := 0; n < 40; n += 3 {
		for _, rate := range []float64{0.25, 0.8, 1.3, 4} {
			y := s.Stretch(sine(n*n, 500), rate)
			if want := int(math.Round(float64(n*n) / rate)); len(y) != want {
				t.Errorf("%d samples at %g: %d, want %d", n*n, rate, len(y), want)
			}
			for _, v := range y {
				if math.IsNaN(float64(v)) || math.Abs(float64(v)) > 1 {
					t.Fatalf("%d samples at %g: %g", n*n, rate, v)
				}
			}
		}
	}
	// Level at the very first and last samples: no fade where there was none.
	flat := make([]float32, 20000)
	for i := range flat {
		flat[i] = 0.5
	}
	for _, rate := range []float64{0.8, 1.3} {
		for i, v := range s.Stretch(flat, rate)[:int(20000/rate)-stretchFrame] {
			if math.Abs(float64(v)-0.5) > 1e-6 {
				t.Fatalf("a constant 0.5 at rate %g: sample %d is %g", rate, i, v)
			}
		}
	}
	// A used stretcher gives what a new one gives.
	if !slices.Equal(s.Stretch(x, 1.17), NewStretcher().Stretch(x, 1.17)) {
		t.Error("a stretcher remembers its last sound")
	}
	for _, bad := range []float64{0, -1, 0.2, 5, math.NaN(), math.Inf(1)} {
		mustPanic(t, func() { s.Stretch(x, bad) })
	}
}

func mustPanic(t *testing.T, f func()) {
	t.Helper()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	f()
}

func TestPitch(t *testing.T) {
	s := NewStretcher()
	x := sine(44100, 500)
	for _, semitones := range []float64{-12, -3.5, 0.5, 3.5} {
		y := s.Pitch(x, semitones)
		want := 500 * math.Pow(2, semitones/12)
		if len(y) != len(x) {
			t.Errorf("%g semitones: %d samples, want %d", semitones, len(y), len(x))
		}
		if f := frequency(y); math.Abs(f-want) > 0.004*want {
			t.Errorf("%g semitones: %.2f Hz, want %.2f", semitones, f, want)
		}
		if g := RMS(y) / RMS(x); math.Abs(g-1) > 0.03 {
			t.Errorf("%g semitones: level times %.3f", semitones, g)
		}
	}
	if !slices.Equal(s.Pitch(x, 0), x) || len(s.Pitch(nil, 2)) != 0 {
		t.Error("no shift, or no sound, is not a copy")
	}
	for _, bad := range []float64{13, -13, math.NaN()} {
		mustPanic(t, func() { s.Pitch(x, bad) })
	}
}

func BenchmarkStretch5s(b *testing.B) {
	x, s := sine(220500, 500), NewStretcher()
	for b.Loop() {
		s.Stretch(x, 0.8)
	}
}

func BenchmarkPitch5s(b *testing.B) {
	x, s := sine(220500, 500), NewStretcher()
	for b.Loop() {
		s.Pitch(x, 2)
	}
}
