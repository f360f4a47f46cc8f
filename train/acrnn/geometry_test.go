package acrnn

import (
	"fmt"
	"math"
	"testing"

	"earshot/infer"
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

// relative is ‖a−b‖/‖b‖.
func relative(a, b []float64) float64 {
	var diff, norm float64
	for i := range a {
		diff, norm = diff+(a[i]-b[i])*(a[i]-b[i]), norm+b[i]*b[i]
	}
	return math.Sqrt(diff / norm)
}
