package acrnn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"earshot/infer"
	"earshot/internal/test/testruntime"
	"earshot/train/stepgraph"
)

func TestMain(m *testing.M) {
	testruntime.MustLoad()
	m.Run()
}

var attentions = []string{"none", "l10", "l2-sigmoid", "l2-softmax", "l4-sigmoid", "l4-softmax",
	"l6-sigmoid", "l6-softmax", "l8-sigmoid", "l8-softmax"}

// narrowArch is the network in small: its kernels and pools, of which two leave a remainder
// of frames, few bands, few filters.
func narrowArch(t testing.TB, attention string, filters, hidden int) Arch {
	t.Helper()
	att, err := ParseAttention(attention)
	if err != nil {
		t.Fatal(err)
	}
	a, err := New(5, 1, att)
	if err != nil {
		t.Fatal(err)
	}
	a.Bands, a.Frames, a.Hidden = 32, 40, hidden
	for i := range a.Convs {
		a.Convs[i].Out = filters
		if i > 0 {
			a.Convs[i].In = filters
		}
	}
	return a
}

// problem is a random point in parameter space and a batch that holds digital silence.
type problem struct {
	flat, window, target []float32
	masks                [2][]float32
}

func newProblem(a Arch, batch int, seed uint64) problem {
	rng := rand.New(rand.NewPCG(seed, 7))
	p := problem{flat: InitWeights(a, HeInit, rng)}
	pos := 0
	for _, q := range a.Params() {
		for i := pos; i < pos+q.Size(); i++ {
			if !q.Decay { // γ of both signs, no bias at its start of 0
				p.flat[i] += float32(0.3 * rng.NormFloat64())
			}
			if len(q.Shape) == 1 && q.Shape[0] > 1 && strings.HasSuffix(q.Name, ".gamma") && (i-pos)%3 == 1 {
				p.flat[i] = -p.flat[i]
			}
		}
		pos += q.Size()
	}
	p.window = make([]float32, batch*2*a.Bands*a.Frames)
	for i := range p.window {
		p.window[i] = float32(rng.NormFloat64())
	}
	// The log floor in channel 0 and no change in channel 1: half of clip 1, all of clip 2.
	for clip := 1; clip < min(batch, 3); clip++ {
		for k := range 2 * a.Bands * a.Frames {
			if clip == 2 || k%a.Frames >= a.Frames/2 {
				p.window[clip*2*a.Bands*a.Frames+k] = []float32{-2.5, 0.01}[k/(a.Bands*a.Frames)]
			}
		}
	}
	p.target = make([]float32, batch*a.Classes)
	for i := range batch { // two labels share a row, as mixed sounds do
		share := float32(rng.Float64())
		p.target[i*a.Classes+i%a.Classes] = share
		p.target[i*a.Classes+(i+2)%a.Classes] += 1 - share
	}
	_, _, steps := a.Steps()
	for m := range p.masks {
		p.masks[m] = make([]float32, steps*batch*2*a.Hidden)
		for i := range p.masks[m] {
			p.masks[m][i] = float32(2 * rng.IntN(2))
		}
	}
	return p
}

// runGradients runs the gradient graph of a once: with plain convolutions in chunks of one
// clip, with blocked ones over the whole batch.
func runGradients(t testing.TB, a Arch, p problem, block int) (r *stepgraph.Runner, gradient map[string][]float64) {
	t.Helper()
	batch := len(p.target) / a.Classes
	chunk := batch
	if block == 0 {
		chunk = 1
	}
	r = runStep(t, a, p, StepOptions{Batch: batch, Block: block, Gradients: true, chunk: chunk})
	return r, split64(a, r.Tensors["gradient"].Data)
}

// runStep runs one step on p, on one thread.
func runStep(t testing.TB, a Arch, p problem, o StepOptions) *stepgraph.Runner {
	t.Helper()
	r, err := stepgraph.New(StepGraph(a, o), infer.GraphOptions{Threads: 1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	for name, x := range map[string][]float32{"window": p.window, "target": p.target, "weights": p.flat, "mask9": p.masks[0], "mask10": p.masks[1]} {
		copy(r.Tensors[name].Data, x)
	}
	if err := r.Run(); err != nil {
		t.Fatal(err)
	}
	return r
}

// Every gradient of the graph, for every attention, against central differences of the
// float64 oracle, with plain and with blocked convolutions. Single elements catch a tensor
// that is transposed or shifted; a random direction and the gradient's own catch all elements
// at once. A point whose ReLU or maximum stands on its edge within float32's rounding has no
// gradient to compare; so one of three points must agree in every tensor. (On the processor
// this was written on the first always does.)
func TestGradientsMatchFiniteDifferences(t *testing.T) {
	block := FindBlock(infer.GraphOptions{})
	t.Logf("block of this processor: %d", block)
	for _, attention := range attentions {
		for _, c := range []struct{ block, filters, hidden int }{{0, 4, 3}, {block, max(block, 4), 5}} {
			if c.filters > 4 && !blockedToo(attention) {
				continue
			}
			t.Run(fmt.Sprintf("%s/block %d", attention, c.block), func(t *testing.T) {
				t.Parallel()
				a := narrowArch(t, attention, c.filters, c.hidden)
				var faults []string
				for seed := uint64(3); seed < 6; seed++ {
					if faults = gradientFaults(t, a, newProblem(a, 3, seed), c.block); len(faults) == 0 {
						return
					}
				}
				t.Error("no point of three has the right gradients; at the last:\n", strings.Join(faults, "\n "))
			})
		}
	}
}

// gradientFaults lists what of the graph's loss, statistics and gradients at p is not the oracle's.
func gradientFaults(t *testing.T, a Arch, p problem, block int) (faults []string) {
	r, got := runGradients(t, a, p, block)
	o := newOracle(a, p.flat, p.window, p.target, p.masks)
	if l, have := o.loss("dense.b", o.params["dense.b"]), float64(r.Tensors["loss"].Data[0]); !(math.Abs(l-have) <= 1e-5*l) {
		faults = append(faults, fmt.Sprintf("loss %g, oracle has %g", have, l))
	}
	faults = append(faults, statisticsFaults(r, o)...)
	for _, q := range a.Params() {
		if q.Name == "att.b" && a.Attention.Softmax { // softmax does not see its shift
			if d := math.Abs(got["att.b"][0]); !(d <= 1e-6) {
				faults = append(faults, fmt.Sprintf("att.b: gradient %g before a softmax, want 0", d))
			}
			continue
		}
		if rel := compareGradient(o, q.Name, got[q.Name]); !(rel <= 1e-3) {
			faults = append(faults, fmt.Sprintf("%s: relative error %.2g", q.Name, rel))
		}
	}
	return faults
}

func statisticsFaults(r *stepgraph.Runner, o *oracle) []string {
	means, vars := r.Tensors["means"].Data, r.Tensors["vars"].Data
	for c := range o.means {
		if !(math.Abs(float64(means[c])-o.means[c]) <= 1e-5 && math.Abs(float64(vars[c])-o.vars[c]) <= 1e-4*(o.vars[c]+1e-2)) {
			return []string{fmt.Sprintf("batch-norm channel %d: mean %g, variance %g; oracle has %g, %g", c, means[c], vars[c], o.means[c], o.vars[c])}
		}
	}
	return nil
}

// compareGradient returns the largest relative error of g, the gradient of one tensor: over
// sampled elements together (relative to their norm), and along directions.
func compareGradient(o *oracle, name string, g []float64) float64 {
	rng := rand.New(rand.NewPCG(uint64(len(name)), 11))
	base := o.params[name]
	along := func(dir []float64, step float64) float64 {
		at := func(k float64) float64 {
			x := append([]float64{}, base...)
			for i := range x {
				x[i] += k * dir[i]
			}
			return o.loss(name, x)
		}
		return (at(step) - at(-step)) / (2 * step)
	}
	norm := 0.0
	for _, v := range g {
		norm += v * v
	}
	norm = math.Sqrt(norm)

	// Directions of length 1: the gradient's own, whose derivative is its norm, and a random one.
	worst := 0.0
	for k := range 2 {
		dir, length := make([]float64, len(g)), 0.0
		for i := range dir {
			dir[i] = g[i]
			if k > 0 {
				dir[i] = rng.NormFloat64()
			}
			length += dir[i] * dir[i]
		}
		want := 0.0
		for i := range dir {
			dir[i] /= math.Sqrt(length)
			want += dir[i] * g[i]
		}
		worst = math.Max(worst, math.Abs(along(dir, 1e-6)-want)/norm)
	}
	// Elements, the largest one and random ones.
	var sum, diff float64
	for k := range min(len(g), sampledElements) {
		i := rng.IntN(len(g))
		if k == 0 {
			for j := range g {
				if math.Abs(g[j]) > math.Abs(g[i]) {
					i = j
				}
			}
		}
		unit := make([]float64, len(g))
		unit[i] = 1
		d := along(unit, 1e-6)
		sum, diff = sum+d*d, diff+(d-g[i])*(d-g[i])
	}
	return math.Max(worst, math.Sqrt(diff/sum))
}
