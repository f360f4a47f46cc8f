package modelfile

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
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
