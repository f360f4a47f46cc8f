package level

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestSamples: of any length, what a loop over the samples gives.
func TestSamples(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 2))
	for n := range 300 {
		if n > 200 {
			n *= 41
		}
		x := make([]float32, n)
		sum, low, high := 0.0, float32(math.Inf(1)), float32(math.Inf(-1))
		for i := range x {
			x[i] = float32(rng.NormFloat64())
			sum += float64(x[i]) * float64(x[i])
			low, high = min(low, x[i]), max(high, x[i])
		}
		if got := Energy(x); math.Abs(got-sum) > 1e-5*sum {
			t.Errorf("energy of %d samples %g, want %g", n, got, sum)
		}
		if l, h := Range(x); l != low || h != high {
			t.Errorf("%d samples from %g to %g, want %g to %g", n, l, h, low, high)
		}
		if got, want := Peak(x), max(0, -low, high); got != want && n > 0 || n == 0 && got != 0 {
			t.Errorf("peak of %d samples %g, want %g", n, got, want)
		}
	}
}

func BenchmarkSamples(b *testing.B) {
	x := make([]float32, 512)
	for b.Loop() {
		Energy(x)
		Range(x)
	}
}

func BenchmarkPush(b *testing.B) {
	m := New(44100, 0)
	x := make([]float32, 512)
	for i := range x {
		x[i] = float32(math.Sin(float64(i)))
	}
	for b.Loop() {
		m.Push(x)
	}
}
