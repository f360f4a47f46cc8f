package acrnn

import (
	"math"
	"math/rand/v2"
	"testing"

	"earshot/infer"
)

func TestQuantiseFilters(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	w := make([]float32, 4*30)
	for i := range w[:90] { // filter 3 stays dead
		w[i] = float32(rng.NormFloat64()) * float32(i/30+1)
	}
	q, scales := QuantiseFilters(w, 4)
	for i, v := range w {
		s := scales[i/30]
		if got := float32(q[i]) * s; math.Abs(float64(got-v)) > float64(s)*0.5001 {
			t.Errorf("weight %d: %g comes back as %g, further than half a step of %g", i, v, got, s)
		}
		if q[i] == -128 {
			t.Errorf("weight %d is −128: not symmetric", i)
		}
	}
	if scales[3] == 0 || q[100] != 0 {
		t.Errorf("dead filter: scale %g, weight %d, want any scale and 0", scales[3], q[100])
	}
}

func TestRangeLinear(t *testing.T) {
	for _, c := range []struct {
		r    Range
		zero uint8
	}{{Range{0, 25.5}, 0}, {Range{-1, 3}, 64}, {Range{2, 4}, 0}, {Range{-3, -1}, 255}, {Range{0, 0}, 0}} {
		scale, zero := c.r.Linear()
		if !(scale > 0) || zero != c.zero {
			t.Errorf("%v: scale %g, zero point %d; want a positive scale and %d", c.r, scale, zero, c.zero)
		}
		for _, x := range []float32{c.r.Low, c.r.High, 0} {
			q := math.Round(float64(x/scale)) + float64(zero)
			if q < -1 || q > 256 {
				t.Errorf("%v: %g becomes %g, outside of eight bits", c.r, x, q)
			}
		}
	}
}

// probe runs a network with its points as outputs and returns scores and the points' spans.
func probe(t *testing.T, a Arch, w Weights, window []float32, n int) ([]float32, Quantisation) {
	t.Helper()
	outputs := append([]string{"scores"}, a.Points()...)
	graph, err := infer.NewGraph(InferenceGraph(a, w, InferenceOptions{Probe: true}).Marshal(), []string{"window"}, outputs, infer.GraphOptions{Optimise: true, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer graph.Close()
	in := tensorOf(t, window, n, 2, a.Bands, a.Frames)
	out := []*infer.Tensor{tensorOf(t, nil, n, a.Classes)}
	for _, p := range a.Points() {
		out = append(out, tensorOf(t, nil, a.PointShape(p, n)...))
	}
	if err := graph.Run([]*infer.Tensor{in}, out); err != nil {
		t.Fatal(err)
	}
	q := Quantisation{}
	for i, p := range a.Points() {
		var r Range
		for _, v := range out[i+1].Data {
			r.Low, r.High = min(r.Low, v), max(r.High, v)
		}
		q[p] = r
	}
	return append([]float32{}, out[0].Data...), q
}

func tensorOf(t *testing.T, x []float32, dims ...int) *infer.Tensor {
	t.Helper()
	tensor, err := infer.NewTensor(dims...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tensor.Close)
	copy(tensor.Data, x)
	return tensor
}

// The int8 network is the float one but for rounding, for every kind of
// attention, whether or not the runtime fuses its operators.
func TestInt8FollowsFloat(t *testing.T) {
	for _, attention := range []string{"l10", "none", "l2-sigmoid", "l4-softmax", "l8-sigmoid"} {
		a := narrowArch(t, attention, 16, 8)
		p := newProblem(a, 3, 11)
		w := Weights{Flat: p.flat, Means: make([]float32, a.StatSize()), Vars: make([]float32, a.StatSize()), Std: [2]float32{1, 1}}
		for i := range w.Vars {
			w.Vars[i] = 1
		}
		want, q := probe(t, a, w, p.window, 3)
		for _, optimise := range []bool{false, true} {
			g := InferenceGraph(a, w, InferenceOptions{Half: true, Quant: q})
			graph, err := infer.NewGraph(g.Marshal(), []string{"window"}, []string{"scores"}, infer.GraphOptions{Optimise: optimise, Basic: !optimise, Threads: 1})
			if err != nil {
				t.Fatalf("%s: %v", attention, err)
			}
			out := tensorOf(t, nil, 3, a.Classes)
			if err := graph.Run([]*infer.Tensor{tensorOf(t, p.window, 3, 2, a.Bands, a.Frames)}, []*infer.Tensor{out}); err != nil {
				t.Fatalf("%s: %v", attention, err)
			}
			graph.Close()
			worst := 0.0
			for i, v := range out.Data {
				worst = math.Max(worst, math.Abs(float64(v-want[i])))
			}
			if !(worst <= 0.03) || worst == 0 {
				t.Errorf("%s, fused %v: scores differ by %.4f from float; want rounding's, over 0 and up to 0.03", attention, optimise, worst)
			}
		}
	}
}
