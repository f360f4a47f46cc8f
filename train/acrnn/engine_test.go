package acrnn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"earshot/infer"
)

// rollOut trains a narrow network for n steps and returns the state vectors and the losses.
func rollOut(t *testing.T, a Arch, o StepOptions, n int, seed uint64) (map[string][]float32, []float32) {
	t.Helper()
	e, err := NewEngine(a, o, infer.GraphOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	copy(e.State()["weights"], InitWeights(a, HeInit, rand.New(rand.NewPCG(seed, 1))))
	copy(e.State()["average"], e.State()["weights"])
	var losses []float32
	for step := range n {
		fillEngine(e, newProblem(a, o.Batch, seed+uint64(step)))
		r, err := e.Step(Rate{Learning: 0.01, Decay: 0.02, Average: 0.5, Step: step + 1})
		if err != nil {
			t.Fatal(err)
		}
		losses = append(losses, r.Loss)
	}
	state := map[string][]float32{}
	for name, v := range e.State() {
		state[name] = slices.Clone(v)
	}
	return state, losses
}

func fillEngine(e *Engine, p problem) {
	copy(e.Window(), p.window)
	copy(e.Target(), p.target)
	m9, m10 := e.Masks()
	copy(m9, p.masks[0])
	copy(m10, p.masks[1])
}

// Ten steps give the same bits again from the same seed, and others from another.
func TestTenStepsReproduceBitForBit(t *testing.T) {
	block := FindBlock(infer.GraphOptions{})
	a := narrowArch(t, "l10", max(block, 4), 8)
	for _, optimiser := range []Optimiser{AdamW, SGD} {
		o := StepOptions{Batch: 8, Block: block, Optimiser: optimiser, ClipNorm: 5, Momentum: 0.9}
		first, losses := rollOut(t, a, o, 10, 1)
		again, lossesAgain := rollOut(t, a, o, 10, 1)
		other, _ := rollOut(t, a, o, 10, 2)
		if !slices.Equal(losses, lossesAgain) {
			t.Errorf("%s: losses %v, then %v", optimiser, losses, lossesAgain)
		}
		for name := range first {
			if !slices.Equal(first[name], again[name]) {
				t.Errorf("%s: %s differs between two runs", optimiser, name)
			}
			if slices.Equal(first[name], other[name]) {
				t.Errorf("%s: %s is the same from another seed", optimiser, name)
			}
		}
	}
}

// The optimisers against their equations in float64, over three steps, with the gradient of
// the gradient graph: clipping, decay of the weights alone, bias correction, slow or frozen trunk, average.
func TestUpdatesFollowTheirEquations(t *testing.T) {
	a := narrowArch(t, "l6-sigmoid", 4, 3)
	rates := []Rate{{Learning: 0.02, Decay: 0.1, Average: 0.9, Trunk: 0.2, Step: 1}, {Learning: 0.01, Decay: 0.1, Average: 0.5, Step: 2}, {Learning: 0.03, Trunk: 1, Step: 3}}
	for _, c := range []struct {
		optimiser Optimiser
		clip      float32
		slow      bool
	}{{AdamW, 0.3, false}, {AdamW, 0, true}, {SGD, 0, false}, {SGD, 0.3, true}} {
		t.Run(fmt.Sprint(c.optimiser, " clip ", c.clip, " slow trunk ", c.slow), func(t *testing.T) {
			p := newProblem(a, 3, 3)
			e, err := NewEngine(a, StepOptions{Batch: 3, Optimiser: c.optimiser, ClipNorm: c.clip, Momentum: 0.9, SlowTrunk: c.slow}, infer.GraphOptions{})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			copy(e.State()["weights"], p.flat)
			copy(e.State()["average"], p.flat)
			want := newReference(a, c.optimiser, float64(c.clip), p.flat)
			want.slow = c.slow
			for _, r := range rates {
				p.flat = slices.Clone(e.State()["weights"])
				_, g := runGradients(t, a, p, 0)
				norm := want.step(joined(a, g), r)
				fillEngine(e, p)
				res, err := e.Step(r)
				if err != nil {
					t.Fatal(err)
				}
				if math.Abs(float64(res.Norm)-norm) > 1e-4*norm {
					t.Errorf("step %d: gradient norm %g, want %g", r.Step, res.Norm, norm)
				}
				for name, v := range map[string][]float64{"weights": want.w, "moment1": want.m, "average": want.average} {
					if rel := relative(wide(e.State()[name]), v); rel > 1e-5 {
						t.Errorf("step %d: %s: relative error %.2g", r.Step, name, rel)
					}
					copy(v, wide(e.State()[name])) // rounding does not add up over steps
				}
			}
		})
	}
}

func joined(a Arch, g map[string][]float64) (flat []float64) {
	for _, p := range a.Params() {
		flat = append(flat, g[p.Name]...)
	}
	return flat
}

// reference is both optimisers, written down.
type reference struct {
	optimiser        Optimiser
	clip             float64
	slow             bool // below the head, steps are multiplied by Rate.Trunk
	w, m, v, average []float64
	decays, head     []bool
}

func newReference(a Arch, o Optimiser, clip float64, flat []float32) *reference {
	r := &reference{optimiser: o, clip: clip, w: wide(flat), average: wide(flat), m: make([]float64, len(flat)), v: make([]float64, len(flat))}
	for _, p := range a.Params() {
		r.decays = append(r.decays, slices.Repeat([]bool{p.Decay}, p.Size())...)
		r.head = append(r.head, slices.Repeat([]bool{p.Head}, p.Size())...)
	}
	return r
}

// step applies gradient g and returns its norm before clipping.
func (r *reference) step(g []float64, rate Rate) float64 {
	norm := 0.0
	for _, v := range g {
		norm += v * v
	}
	norm = math.Sqrt(norm)
	for i, v := range g {
		if r.clip > 0 && norm > r.clip {
			v *= r.clip / norm
		}
		before, decay := r.w[i], 0.0
		if r.decays[i] {
			decay = rate.Decay
		}
		if r.optimiser == SGD {
			v += decay * r.w[i]
			r.m[i] = 0.9*r.m[i] + v
			r.w[i] -= rate.Learning * (v + 0.9*r.m[i])
		} else {
			r.m[i] = 0.9*r.m[i] + 0.1*v
			r.v[i] = 0.999*r.v[i] + 0.001*v*v
			m, s := r.m[i]/(1-math.Pow(0.9, float64(rate.Step))), r.v[i]/(1-math.Pow(0.999, float64(rate.Step)))
			r.w[i] = r.w[i]*(1-rate.Learning*decay) - rate.Learning*m/(math.Sqrt(s)+1e-8)
		}
		if r.slow && !r.head[i] {
			r.w[i] = before + rate.Trunk*(r.w[i]-before)
		}
		r.average[i] = rate.Average*r.average[i] + (1-rate.Average)*r.w[i]
	}
	return norm
}
