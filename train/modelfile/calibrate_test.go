package modelfile

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"earshot/train/acrnn"
)

// The span that serves best leaves out a lone extreme, and keeps one that is not alone.
func TestObservedBest(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	many := make([]float32, 100000)
	for i := range many {
		many[i] = float32(math.Abs(rng.NormFloat64()))
	}
	var even, lone observed
	even.add(many, rng)
	lone.add(append(slices.Clone(many), 300), rng)
	lone.sample = append(lone.sample, 300)
	if r := even.best(); r.Low != 0 || r.High < 3 || r.High > 5 {
		t.Errorf("half of a bell curve: span %v, want about 0 to 4", r)
	}
	if r := lone.best(); r.High > 300 || r.High < 3 {
		t.Errorf("with a lone 300: span %v", r)
	}
	if r := (&observed{low: 0, high: 0, sample: make([]float32, 10)}).best(); r.Low != 0 || r.High != 0 {
		t.Errorf("a dead tensor: span %v, want 0 to 0", r)
	}
}

// The error of rounding is that of each value rounded by itself.
func TestRoundingError(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	x := make([]float32, 20000)
	for i := range x {
		x[i] = float32(rng.NormFloat64() + 0.5)
	}
	sample := newSortedSample(x)
	for _, r := range []acrnn.Range{{Low: -1, High: 3}, {Low: 0, High: 1}, {Low: -4, High: 4}, {}} {
		scale, zero := r.Linear()
		want := 0.0
		for _, v := range x {
			q := math.Max(0, math.Min(255, math.Round(float64(v/scale))+float64(zero)))
			d := float64(v) - (q-float64(zero))*float64(scale)
			want += d * d
		}
		if got := sample.roundingError(r); math.Abs(got-want) > 1e-6*want {
			t.Errorf("%+v: %g, want %g", r, got, want)
		}
	}
}
