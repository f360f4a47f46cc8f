package acrnn

import (
	"math"

	"earshot/infer/onnx"
)

// Constants of the optimisers.
const (
	adamBeta1   = 0.9
	adamBeta2   = 0.999
	adamEpsilon = 1e-8
)

// update emits gradient clipping, the optimiser and the averaged weights, and
// the state outputs. rates are [lr, decay, ema, c1, c2, trunk], each of shape (1).
func (t *tape) update(a Arch, o StepOptions, rates []string, weights, gradient string) {
	size := a.Size()
	lr, decay, ema := rates[0], rates[1], rates[2]
	in := func(name string) string { return t.Input(name, onnx.Float, size) }
	m := in("moment1")

	norm := t.Sqrt(t.ReduceSum(t.Mul(gradient, gradient), true, 0))
	t.Output("norm", norm, onnx.Float, 1)
	if o.ClipNorm > 0 {
		limit := t.Div(t.Scalar(o.ClipNorm), t.Add(norm, t.Scalar(1e-6)))
		gradient = t.Mul(gradient, t.Op("Min", []string{limit, t.Scalar(1)}))
	}

	var next string
	switch o.Optimiser {
	case AdamW:
		v := in("moment2")
		m2 := t.Add(t.scaled(m, adamBeta1), t.scaled(gradient, 1-adamBeta1))
		v2 := t.Add(t.scaled(v, adamBeta2), t.scaled(t.Mul(gradient, gradient), 1-adamBeta2))
		root := t.Add(t.Sqrt(t.Mul(v2, rates[4])), t.Scalar(adamEpsilon))
		step := t.Div(t.Mul(m2, t.Mul(lr, rates[3])), root)
		next = t.Sub(t.onDecayed(a, weights, t.Sub(t.Scalar(1), t.Mul(lr, decay))), step)
		t.Output("moment1'", m2, onnx.Float, size)
		t.Output("moment2'", v2, onnx.Float, size)
	case SGD:
		mu := t.Scalar(o.Momentum)
		gradient = t.Add(gradient, t.onDecayedOnly(a, weights, decay))
		m2 := t.Add(t.Mul(m, mu), gradient)
		next = t.Sub(weights, t.Mul(t.Add(gradient, t.Mul(m2, mu)), lr))
		t.Output("moment1'", m2, onnx.Float, size)
	default:
		panic("acrnn: unknown optimiser " + string(o.Optimiser))
	}
	if o.SlowTrunk {
		step := t.Sub(next, weights)
		next = t.Add(weights, t.either(a, func(p Param) bool { return p.Head }, step, t.Mul(step, rates[5])))
	}
	if o.Frozen.layers() > 0 { // against the decay: their gradients are 0
		next = t.either(a, o.Frozen.holds, weights, next)
	}
	average := in("average")
	averaged := t.Add(average, t.Mul(t.Sub(next, average), t.Sub(t.Scalar(1), ema)))
	t.Output("weights'", next, onnx.Float, size)
	t.Output("average'", averaged, onnx.Float, size)
}

// either takes the parameters that are chosen from the flat vector yes and the others from no.
func (t *tape) either(a Arch, chosen func(Param) bool, yes, no string) string {
	var sizes []int
	var choice []bool
	for _, p := range a.Params() {
		if n := len(choice); n > 0 && choice[n-1] == chosen(p) {
			sizes[n-1] += p.Size()
			continue
		}
		sizes, choice = append(sizes, p.Size()), append(choice, chosen(p))
	}
	parts, others := t.Split(yes, 0, sizes...), t.Split(no, 0, sizes...)
	for i := range parts {
		if !choice[i] {
			parts[i] = others[i]
		}
	}
	return t.Concat(0, parts...)
}

// onDecayed multiplies the decaying part of a flat vector by k and leaves the rest.
func (t *tape) onDecayed(a Arch, flat, k string) string {
	parts := t.splitDecayed(a, flat)
	return t.Concat(0, t.Mul(parts[0], k), parts[1])
}

// onDecayedOnly multiplies the decaying part by k and the rest by 0.
func (t *tape) onDecayedOnly(a Arch, flat, k string) string {
	parts := t.splitDecayed(a, flat)
	return t.Concat(0, t.Mul(parts[0], k), t.scaled(parts[1], 0))
}

func (t *tape) splitDecayed(a Arch, flat string) []string {
	n := 0
	for _, p := range a.Params() {
		if p.Decay {
			n += p.Size()
		}
	}
	return t.Split(flat, 0, n, a.Size()-n)
}

// biasCorrections returns Adam's 1/(1−β₁ᵗ) and 1/(1−β₂ᵗ) for step t ≥ 1.
func biasCorrections(step int) (c1, c2 float64) {
	t := float64(max(step, 1))
	return 1 / (1 - math.Pow(adamBeta1, t)), 1 / (1 - math.Pow(adamBeta2, t))
}
