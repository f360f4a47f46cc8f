package acrnn

import (
	"math"
	"slices"
	"strings"
	"testing"

	"earshot/infer"
)

// Layers frozen with the very statistics of the batch are the layers as they were: the loss
// and every gradient above them are those of the graph that learns everything. Their own are 0.
func TestFrozenLayersChangeNothingAbove(t *testing.T) {
	block := FindBlock(infer.GraphOptions{})
	for _, c := range []struct{ block, filters, layers int }{{0, 4, 1}, {0, 4, 2}, {block, max(block, 4), 2}, {block, max(block, 4), 8}} {
		a := narrowArch(t, "l10", c.filters, 5)
		p := newProblem(a, 3, 3)
		all, want := runGradients(t, a, p, c.block)
		f := &Frozen{Layers: c.layers, Weights: Weights{Flat: p.flat,
			Means: slices.Clone(all.Tensors["means"].Data), Vars: slices.Clone(all.Tensors["vars"].Data)}}
		r := runStep(t, a, p, StepOptions{Batch: 3, Block: c.block, Gradients: true, Frozen: f})
		got := split64(a, r.Tensors["gradient"].Data)
		if x, y := float64(r.Tensors["loss"].Data[0]), float64(all.Tensors["loss"].Data[0]); math.Abs(x-y) > 1e-5*y {
			t.Errorf("%+v: loss %g, want %g", c, x, y)
		}
		for _, q := range a.Params() {
			if f.holds(q) {
				if slices.ContainsFunc(got[q.Name], func(x float64) bool { return x != 0 }) {
					t.Errorf("%+v: %s is frozen and has a gradient", c, q.Name)
				}
				continue
			}
			if rel := relative(got[q.Name], want[q.Name]); rel > 1e-3 {
				t.Errorf("%+v: %s: relative error %.2g", c, q.Name, rel)
			}
		}
		if rel := relative(wide(r.Tensors["means"].Data), wide(all.Tensors["means"].Data)); rel > 1e-4 {
			t.Errorf("%+v: means: relative error %.2g", c, rel)
		}
	}
}

// Steps move everything but the frozen layers, which keep their bits under decay and momentum too.
func TestFrozenLayersKeepTheirBits(t *testing.T) {
	a := narrowArch(t, "l4-sigmoid", 4, 3)
	for _, optimiser := range []Optimiser{AdamW, SGD} {
		p := newProblem(a, 3, 5)
		f := &Frozen{Layers: 2, Weights: Weights{Flat: p.flat, Means: make([]float32, a.StatSize()), Vars: make([]float32, a.StatSize())}}
		for i := range f.Weights.Vars {
			f.Weights.Vars[i] = 1
		}
		e, err := NewEngine(a, StepOptions{Batch: 3, Optimiser: optimiser, ClipNorm: 5, Momentum: 0.9, SlowTrunk: true, Frozen: f}, infer.GraphOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		copy(e.State()["weights"], p.flat)
		copy(e.State()["average"], p.flat)
		fillEngine(e, p)
		for step := range 3 {
			if _, err := e.Step(Rate{Learning: 0.01, Decay: 0.1, Average: 0.5, Trunk: 0.5, Step: step + 1}); err != nil {
				t.Fatal(err)
			}
		}
		before := a.Named(p.flat)
		for _, state := range []string{"weights", "average"} {
			after := a.Named(e.State()[state])
			for _, q := range a.Params() {
				if same := slices.Equal(before[q.Name], after[q.Name]); same != f.holds(q) {
					t.Errorf("%s, %s of %s: unchanged %v, frozen %v", optimiser, state, q.Name, same, f.holds(q))
				}
			}
		}
	}
}

// What cannot be frozen is said before anything runs.
func TestFrozenLayersThatCannotBe(t *testing.T) {
	a, l4 := narrowArch(t, "l10", 4, 3), narrowArch(t, "l4-softmax", 4, 3)
	full := func(a Arch) Weights {
		return Weights{Flat: make([]float32, a.Size()), Means: make([]float32, a.StatSize()), Vars: make([]float32, a.StatSize())}
	}
	for _, c := range []struct {
		arch Arch
		f    Frozen
		want string
	}{
		{a, Frozen{9, full(a)}, "8 convolution layers"},
		{a, Frozen{-1, full(a)}, "8 convolution layers"},
		{l4, Frozen{4, full(l4)}, "at most 3 can be frozen"},
		{a, Frozen{2, Weights{}}, "0 weights to freeze from"},
		{a, Frozen{2, Weights{Flat: make([]float32, a.Size())}}, "0 batch-norm statistics"},
	} {
		if _, err := NewEngine(c.arch, StepOptions{Batch: 3, Optimiser: AdamW, Frozen: &c.f}, infer.GraphOptions{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%d layers: error %v, want %q", c.f.Layers, err, c.want)
		}
		if _, err := NewStatistics(c.arch, &c.f, 3, 0, infer.GraphOptions{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%d layers, statistics: error %v, want %q", c.f.Layers, err, c.want)
		}
	}
}
