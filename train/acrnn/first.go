package acrnn

import "earshot/infer/onnx"

// firstBlock is conv → batch norm → ReLU for the layer that reads the window,
// over the chunks of a batch.
//
// Its input has so few channels that the batch statistics follow from the
// patches' mean m and covariance C without touching the output: for filter w,
// mean = w·m and variance = wᵀCw. So the normalisation folds into the filters
// before the convolution, and the large activation is written once. Gradients
// flow through the folded filters, m and C being data. A row of ones among the
// patches makes the products yield the sums over positions as well.
func (t *tape) firstBlock(xs []value, layer string, c Conv) []value {
	w, gamma, beta := t.param(layer+".w"), t.param(layer+".gamma"), t.param(layer+".beta")
	n, h, wd := xs[0].shape[0], xs[0].shape[2], xs[0].shape[3]
	taps := c.In * c.KH * c.KW
	count := float32(len(xs) * n * h * wd)

	patches := each(xs, func(x value) string { return t.patches(x, c) })
	products := make([]string, len(xs))
	for i, p := range patches {
		products[i] = t.ReduceSum(t.MatMul(p, t.Transpose(p, 0, 2, 1)), false, 0)
	}
	rows := t.Split(t.scaled(t.sum(products), 1/count), 0, taps, 1)
	m := t.Slice(t.Reshape(rows[1], taps+1), 0, 0, taps, 1)
	moments := t.Slice(rows[0], 1, 0, taps, 1)
	cov := t.Sub(moments, t.MatMul(t.Reshape(m, taps, 1), t.Reshape(m, 1, taps)))

	flat := t.Reshape(w.name, c.Out, taps)
	wc := t.MatMul(flat, cov)
	mean := t.Reshape(t.MatMul(flat, t.Reshape(m, taps, 1)), c.Out)
	variance := t.Op("Max", []string{t.ReduceSum(t.Mul(wc, flat), false, 1), t.Scalar(0)})
	inv := t.Div(t.Scalar(1), t.Sqrt(t.Add(variance, t.Scalar(bnEpsilon))))
	t.means = append(t.means, mean)
	t.vars = append(t.vars, variance)

	scale := t.Mul(gamma.name, inv)
	shift := t.Sub(beta.name, t.Mul(mean, scale))
	folded := t.Reshape(t.Mul(flat, t.Reshape(scale, -1, 1)), w.shape...)
	as := make([]value, len(xs))
	for i, x := range xs {
		y := t.Conv(x.name, folded, shift, [2]int{c.KH, c.KW}, [4]int{c.KH / 2, c.KW / 2, c.KH / 2, c.KW / 2})
		as[i] = value{name: t.Unary("Relu", y), shape: []int{n, c.Out, h, wd}}
	}

	t.onBackward(func() {
		products := make([]string, len(xs))
		for i, a := range as {
			dy := t.Reshape(t.Mul(t.grad(a), t.positive(a.name)), n, c.Out, h*wd)
			products[i] = t.ReduceSum(t.MatMul(dy, t.Transpose(patches[i], 0, 2, 1)), false, 0)
		}
		columns := t.Split(t.sum(products), 1, taps, 1)
		dFolded, dShift := columns[0], t.Reshape(columns[1], c.Out)
		dScale := t.Sub(t.ReduceSum(t.Mul(dFolded, flat), false, 1), t.Mul(mean, dShift))
		dVar := t.Mul(t.Mul(gamma.name, dScale), t.scaled(t.Mul(t.Mul(inv, inv), inv), -0.5))
		dMean := t.Neg(t.Mul(scale, dShift))
		dw := t.Add(t.Mul(dFolded, t.Reshape(scale, -1, 1)),
			t.Add(t.MatMul(t.Reshape(dMean, -1, 1), t.Reshape(m, 1, taps)),
				t.Mul(t.Reshape(t.scaled(dVar, 2), -1, 1), wc)))
		t.addGrad(w, t.Reshape(dw, w.shape...))
		t.addGrad(gamma, t.Mul(dScale, inv))
		t.addGrad(beta, dShift)
	})
	return as
}

// patches gathers what each filter sees: (N, In·KH·KW + 1, H·W), tap order
// in,kh,kw, zero outside; the last row is ones.
func (t *tape) patches(x value, c Conv) string {
	var taps []string
	for ch := range c.In {
		one := t.Slice(x.name, 1, ch, ch+1, 1)
		for i := range c.KH {
			for j := range c.KW {
				di, dj := i-c.KH/2, j-c.KW/2
				taps = append(taps, t.Pad(one, 0, 0, -di, -dj, 0, 0, di, dj))
			}
		}
	}
	ones := make([]float32, x.shape[0]*x.shape[2]*x.shape[3])
	for i := range ones {
		ones[i] = 1
	}
	taps = append(taps, t.Floats("", ones, x.shape[0], 1, x.shape[2], x.shape[3]))
	joined := t.Op("Concat", taps, onnx.Attr{Name: "axis", Value: 1})
	return t.Reshape(joined, x.shape[0], len(taps), -1)
}
