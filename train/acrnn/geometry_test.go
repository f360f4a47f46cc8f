package acrnn

import (
	"fmt"
	"math"
	"testing"

	"earshot/infer"
	"earshot/infer/onnx"
	"earshot/train/stepgraph"
)

// At the real window, 128×128, the whole gradient's own direction: its derivative is its norm.
func TestGradientAtTheRealWindow(t *testing.T) {
	a, err := New(5, 0.125, Attention{Layer: 10})
	if err != nil {
		t.Fatal(err)
	}
	p := newProblem(a, 3, 5)
	_, got := runGradients(t, a, p, 0)
	square := 0.0
	for _, g := range got {
		for _, v := range g {
			square += v * v
		}
	}
	at := func(k float64) float64 {
		o := newOracle(a, p.flat, p.window, p.target, p.masks)
		for name, x := range o.params {
			for i := range x {
				x[i] += k * got[name][i] / math.Sqrt(square)
			}
		}
		h := o.inputs[0]
		for _, s := range o.stages {
			h = s.run(h, o.param)
		}
		return h.x[0]
	}
	slope := (at(1e-6) - at(-1e-6)) / 2e-6
	if rel := math.Abs(slope-math.Sqrt(square)) / slope; !(rel <= 1e-3) {
		t.Errorf("slope along the gradient %.6g, its norm %.6g: relative error %.2g", slope, math.Sqrt(square), rel)
	}
}

// Blocked and plain convolutions are two ways to one gradient, where all layers fill the
// block and where only some do. Rounding may tip a ReLU or a maximum that stands on its edge
// the other way, so one of a few points must agree; a wrong formula agrees at none.
func TestBlockedConvolutionsChangeNothing(t *testing.T) {
	block := FindBlock(infer.GraphOptions{})
	if block == 0 {
		t.Log("this processor's ONNX Runtime has no blocked kernels; plain ones are used everywhere")
	}
	for _, width := range []float64{0.5, 0.25} {
		t.Run(fmt.Sprint("width ", width), func(t *testing.T) {
			a, err := New(5, width, Attention{Layer: 4})
			if err != nil {
				t.Fatal(err)
			}
			a.Frames = 64
			closest := math.Inf(1)
			for seed := uint64(20); seed < 24 && closest > 1e-4; seed++ {
				p := newProblem(a, 2, seed)
				_, plain := runGradients(t, a, p, 0)
				_, blocked := runGradients(t, a, p, block)
				worst := 0.0
				for _, q := range a.Params() {
					worst = math.Max(worst, relative(blocked[q.Name], plain[q.Name]))
				}
				closest = math.Min(closest, worst)
			}
			if closest > 1e-4 {
				t.Errorf("the closest of four points differs by %.2g", closest)
			}
		})
	}
}

// The weight gradient is one, however it is formed: a product a clip or one over all, whole
// or in chunks of the batch, for all kernels of the network and others.
func TestWeightGradientForms(t *testing.T) {
	const n, ci, co, h, w = 8, 3, 2, 5, 7
	for _, k := range [][2]int{{3, 5}, {3, 1}, {1, 5}, {3, 3}, {1, 1}, {5, 3}} {
		x, dy := newArray(n, ci, h, w), newArray(n, co, h, w)
		for i := range x.x {
			x.x[i] = float64(float32(math.Sin(float64(i))))
		}
		for i := range dy.x {
			dy.x[i] = float64(float32(math.Cos(1.3 * float64(i))))
		}
		want := slowWeightGradient(x, dy, k[0], k[1])
		for form, set := range map[string]func(*tape){
			"one product": func(t *tape) { t.batchedPositions = 1e9 },
			"a clip each": func(t *tape) { t.batchedPositions = 1 },
			"in chunks":   func(t *tape) { t.batchedPositions, t.chunkNumbers = 1, 2*h*(w+2)*20 },
			"chunks of 1": func(t *tape) { t.batchedPositions, t.chunkNumbers = 1, 1 },
		} {
			g := onnx.New("dw")
			tp := newTape(g, n, 0, false)
			set(tp)
			vx := value{name: g.Input("x", onnx.Float, x.dims...), shape: x.dims}
			vy := value{name: g.Input("dy", onnx.Float, dy.dims...), shape: dy.dims}
			g.Output("dw", tp.convWeightGrad([]value{vx}, []value{vy}, k[0], k[1]), onnx.Float, co, ci, k[0], k[1])
			r, err := stepgraph.New(g, infer.GraphOptions{Threads: 1}, nil)
			if err != nil {
				t.Fatal(err)
			}
			for name, a := range map[string]array{"x": x, "dy": dy} {
				for i, v := range a.x {
					r.Tensors[name].Data[i] = float32(v)
				}
			}
			if err := r.Run(); err != nil {
				t.Fatal(err)
			}
			if rel := relative(wide(r.Tensors["dw"].Data), want); rel > 1e-5 {
				t.Errorf("kernel %v, %s: relative error %.2g", k, form, rel)
			}
			r.Close()
		}
	}
}

// slowWeightGradient is the sum of convWeightGrad, written down.
func slowWeightGradient(x, dy array, kh, kw int) []float64 {
	n, ci, h, w, co := x.dims[0], x.dims[1], x.dims[2], x.dims[3], dy.dims[1]
	d := make([]float64, co*ci*kh*kw)
	for i := range n * co * ci * kh * kw * h * w {
		t, p := i%w, i/w%h
		b, a := i/(w*h)%kw, i/(w*h*kw)%kh
		c, o, clip := i/(w*h*kw*kh)%ci, i/(w*h*kw*kh*ci)%co, i/(w*h*kw*kh*ci*co)
		if y, s := p+a-kh/2, t+b-kw/2; y >= 0 && y < h && s >= 0 && s < w {
			d[((o*ci+c)*kh+a)*kw+b] += dy.x[((clip*co+o)*h+p)*w+t] * x.x[((clip*ci+c)*h+y)*w+s]
		}
	}
	return d
}

// relative is ‖a−b‖/‖b‖.
func relative(a, b []float64) float64 {
	var diff, norm float64
	for i := range a {
		diff, norm = diff+(a[i]-b[i])*(a[i]-b[i]), norm+b[i]*b[i]
	}
	return math.Sqrt(diff / norm)
}
