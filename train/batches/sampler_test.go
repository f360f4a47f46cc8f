package batches

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"earshot/internal/test/tones"
	"earshot/train"
	"earshot/train/recipe"
)

// testSampler draws from 7 tones, of which one clip is silent at its end, and two background clips.
func testSampler(r recipe.Recipe) *Sampler {
	d := tones.Data(3, 3, 1)
	d.Train, d.Quiet, d.Background, d.Labels = d.Train[:7], tones.Quiet(), 3, append(d.Labels, "background")
	s := New(r, tones.Front(), 42, d)
	s.Norm = train.Norm{Mean: [2]float32{-30, 0}, Std: [2]float32{15, 2}}
	return s
}

func newTestBatch(s *Sampler) *Batch {
	n := s.recipe.Batch
	return &Batch{Window: make([]float32, n*2*bands*train.Frames), Target: make([]float32, n*s.classes),
		Mask9: make([]float32, 7*n*10), Mask10: make([]float32, 7*n*10)}
}

func (b *Batch) equal(c *Batch) bool {
	return slices.Equal(b.Window, c.Window) && slices.Equal(b.Target, c.Target) && slices.Equal(b.Mask9, c.Mask9) && slices.Equal(b.Mask10, c.Mask10)
}

// A batch is a function of seed and step alone, whatever was drawn before.
func TestBatchesFollowFromSeedAndStep(t *testing.T) {
	for _, r := range []recipe.Recipe{recipe.Default(), recipe.Paper()} {
		r.Batch = 6
		r.Smoothing = 0.1
		walked, jumped := testSampler(r), testSampler(r)
		ww, wj := NewWindower(r.Augment, walked.front), NewWindower(r.Augment, jumped.front)
		var batches []*Batch
		for step := range 9 {
			b := newTestBatch(walked)
			walked.Fill(b, step, 20, ww)
			batches = append(batches, b)
		}
		for _, step := range []int{8, 2, 5} {
			b := newTestBatch(jumped)
			jumped.Fill(b, step, 20, wj)
			if !b.equal(batches[step]) {
				t.Errorf("%s: step %d drawn alone differs from the same step drawn in order", r.Name, step)
			}
			if b.equal(batches[step-1]) {
				t.Errorf("%s: steps %d and %d are the same", r.Name, step-1, step)
			}
		}
		other := testSampler(r)
		other.seed++
		b := newTestBatch(other)
		other.Fill(b, 0, 20, NewWindower(r.Augment, other.front))
		if b.equal(batches[0]) {
			t.Errorf("%s: another seed gives the same batch", r.Name)
		}
	}
}

// Labels of every row sum to 1, windows are finite, background has its share, masks are dropout's.
func TestBatchesAreWellFormed(t *testing.T) {
	for _, change := range []func(*recipe.Recipe){
		func(*recipe.Recipe) {},
		func(r *recipe.Recipe) { r.Smoothing = 0.2 },
		func(r *recipe.Recipe) { r.Augment = recipe.Augment{MixupAlpha: 0.2}; r.AllWindows = true },
		func(r *recipe.Recipe) { r.Augment = recipe.Augment{} },
	} {
		r := recipe.Default()
		r.Batch, r.Background = 10, 0.2
		change(&r)
		s := testSampler(r)
		b := newTestBatch(s)
		s.Fill(b, 3, 20, NewWindower(r.Augment, s.front))
		background := 0
		for i := range r.Batch {
			row, sum := b.Target[i*4:i*4+4], float32(0)
			for _, v := range row {
				sum += v
				if v < float32(r.Smoothing)/4-1e-6 || v > 1+1e-6 {
					t.Errorf("row %d: labels %v", i, row)
				}
			}
			if math.Abs(float64(sum)-1) > 1e-5 {
				t.Errorf("row %d: labels %v sum to %g", i, row, sum)
			}
			if row[3] > 0.5 {
				background++
			}
		}
		if background != 2 && r.Augment.MixupAlpha == 0 {
			t.Errorf("%d background rows of 10, want 2", background)
		}
		for _, v := range b.Window {
			if math.IsNaN(float64(v)) || math.Abs(float64(v)) > 30 {
				t.Fatalf("window value %g", v)
			}
		}
		on := 0
		for _, v := range slices.Concat(b.Mask9, b.Mask10) {
			if v != 0 && v != 2 {
				t.Fatalf("mask value %g", v)
			}
			on += int(v) / 2
		}
		if n := float64(2 * len(b.Mask9)); math.Abs(float64(on)-n/2) > 4*math.Sqrt(n/4) {
			t.Errorf("%d of %g mask values are on", on, n)
		}
	}
}

// Every epoch draws everything once, in an order of its own.
func TestEpochsWalkThroughEverything(t *testing.T) {
	r := recipe.Default()
	r.Batch = 4
	s := testSampler(r)
	var orders [][]int
	for epoch := range 3 {
		var order []int
		for i := range len(s.units) {
			order = append(order, s.at(epoch*len(s.units)+i).item)
		}
		orders = append(orders, order)
		if sorted := slices.Sorted(slices.Values(order)); !slices.Equal(sorted, []int{0, 1, 2, 3, 4, 5, 6}) {
			t.Errorf("epoch %d draws %v", epoch, order)
		}
	}
	if slices.Equal(orders[0], orders[1]) || slices.Equal(orders[1], orders[2]) {
		t.Errorf("epochs in the same order: %v", orders)
	}
	// 4 rows, 1 of them background: 7 clips take 3 steps.
	if n := s.StepsPerEpoch(); n != 3 {
		t.Errorf("%d steps an epoch, want 3", n)
	}
	s.label = -1
	if n := s.StepsPerEpoch(); n != 2 {
		t.Errorf("%d steps an epoch without a background label, want 2", n)
	}
}

// Balancing repeats the clips of rare labels, within a limit.
func TestBalancedDraws(t *testing.T) {
	var units []unit
	var examples []train.Example
	for label, n := range []int{40, 10, 1} {
		for range n {
			units = append(units, unit{len(examples), -1})
			examples = append(examples, train.Example{Label: label})
		}
	}
	count := map[int]int{}
	for _, u := range balanced(units, examples) {
		count[examples[u.item].Label]++
	}
	if count[0] != 40 || count[1] != 40 || count[2] != 16 {
		t.Errorf("draws by label %v, want 40, 40, 16", count)
	}
}

// Beta(α,α) has mean ½ and variance 1/(4(2α+1)).
func TestBetaSample(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	for _, alpha := range []float64{0.2, 1} {
		const n = 20000
		mean, square := 0.0, 0.0
		for range n {
			x := betaSample(alpha, rng)
			mean, square = mean+x/n, square+x*x/n
		}
		if want := 1 / (4 * (2*alpha + 1)); math.Abs(mean-0.5) > 0.02 || math.Abs(square-mean*mean-want) > 0.01 {
			t.Errorf("α %g: mean %.3f, variance %.4f; want 0.5, %.4f", alpha, mean, square-mean*mean, want)
		}
	}
}
