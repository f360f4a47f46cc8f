package acrnn

import "earshot/infer/onnx"

// cnnAttention weighs the frames of a feature map x (N,C,H,W): a 3×3 conv to
// one channel, its average over bands, sigmoid or softmax over frames (scaled
// by W, so that even attention changes nothing), times x (Zhang et al. 2020).
// It returns the weighted map and the weights (N,1,1,W).
func (t *tape) cnnAttention(kind Attention, x value) (y value, alpha string) {
	w, b := t.param("att.w"), t.param("att.b")
	n, h, wd := x.shape[0], x.shape[2], x.shape[3]
	a := t.conv(x, t.filters(w.name, 1, x.shape[1], 3, 3))
	s := t.Add(t.scaled(t.ReduceSum(a.name, true, 2), 1/float32(h)), t.Reshape(b.name, 1, 1, 1, 1))
	if kind.Softmax {
		alpha = t.scaled(t.Op("Softmax", []string{s}, onnx.Attr{Name: "axis", Value: 3}), float32(wd))
	} else {
		alpha = t.Unary("Sigmoid", s)
	}
	y = value{name: t.Mul(x.name, alpha), shape: x.shape}
	t.onBackward(func() {
		dy := t.grad(y)
		dAlpha := t.ReduceSum(t.ReduceSum(t.Mul(dy, x.name), true, 1), true, 2)
		var ds string
		if kind.Softmax {
			mean := t.scaled(t.ReduceSum(t.Mul(dAlpha, alpha), true, 3), 1/float32(wd))
			ds = t.Mul(alpha, t.Sub(dAlpha, mean))
		} else {
			ds = t.Mul(dAlpha, t.Mul(alpha, t.Sub(t.Scalar(1), alpha)))
		}
		t.addGrad(b, t.Reshape(t.ReduceSum(ds, false, 0, 1, 2, 3), 1))
		spread := make([]float32, h)
		for i := range spread {
			spread[i] = 1 / float32(h)
		}
		da := value{name: t.Mul(ds, t.Floats("", spread, 1, 1, h, 1)), shape: []int{n, 1, h, wd}}
		t.addGrad(w, t.convWeightGrad([]value{x}, []value{da}, 3, 3))
		t.addGrad(x, t.Add(t.Mul(dy, alpha), t.conv(da, t.flipped(w.name, 1, x.shape[1], 3, 3)).name))
	})
	return y, alpha
}

// overSteps joins the steps of h (T,N,D) to (N,D): weighed where attention is on steps, else their mean.
func (t *tape) overSteps(kind Attention, h value) (v value, beta string) {
	if kind.onSteps() {
		return t.frameAttention(h)
	}
	return t.frameMean(h), ""
}

// frameAttention weighs the steps of h (T,N,D): β = softmax_t(h_t·w), v = Σ β_t h_t → (N,D).
func (t *tape) frameAttention(h value) (v value, beta string) {
	w := t.param("att.w") // (D,1)
	beta = t.Op("Softmax", []string{t.MatMul(h.name, w.name)}, onnx.Attr{Name: "axis", Value: 0})
	v = value{name: t.ReduceSum(t.Mul(h.name, beta), false, 0), shape: h.shape[1:]}
	t.onBackward(func() {
		dv := t.grad(v)
		dBeta := t.ReduceSum(t.Mul(h.name, dv), true, 2) // (T,N,1)
		mean := t.ReduceSum(t.Mul(beta, dBeta), true, 0)
		de := t.Mul(beta, t.Sub(dBeta, mean))
		t.addGrad(h, t.Add(t.Mul(beta, dv), t.MatMul(de, t.Transpose(w.name, 1, 0))))
		flatH := t.Reshape(h.name, -1, h.shape[2])
		t.addGrad(w, t.MatMul(t.Transpose(flatH, 1, 0), t.Reshape(de, -1, 1)))
	})
	return v, beta
}

// frameMean is what stands in attention's place without it: the mean over steps.
func (t *tape) frameMean(h value) value {
	k := 1 / float32(h.shape[0])
	v := value{name: t.scaled(t.ReduceSum(h.name, false, 0), k), shape: h.shape[1:]}
	t.onBackward(func() {
		ones := make([]float32, h.shape[0])
		for i := range ones {
			ones[i] = k
		}
		t.addGrad(h, t.Mul(t.Floats("", ones, h.shape[0], 1, 1), t.grad(v)))
	})
	return v
}

// The same for the finished network.

// overSteps joins the steps of h (T,N,2H) to v (N,2H). attention is that of a
// feature map, "" where there is none; it returns the one (N,T) that the model gives.
func (e *exporter) overSteps(h, attention string) (v, weights string) {
	_, _, steps := e.a.Steps()
	if e.a.Attention.onSteps() {
		beta := e.Op("Softmax", []string{e.MatMul(h, e.weights("att.w", e.at["att.w"], 2*e.a.Hidden, 1))}, onnx.Attr{Name: "axis", Value: 0})
		v = e.ReduceSum(e.Mul(h, beta), false, 0)
		return v, e.Transpose(e.Reshape(beta, steps, -1), 1, 0)
	}
	v = e.Mul(e.ReduceSum(h, false, 0), e.Scalar(1/float32(steps)))
	if attention == "" { // even weights, with the batch's size
		even := e.Mul(e.ReduceSum(h, false, 2), e.Scalar(0))
		attention = e.Transpose(e.Add(even, e.Scalar(1/float32(steps))), 1, 0)
	}
	return v, attention
}

// cnnAttention mirrors tape.cnnAttention; the attention output is scaled to sum 1.
func (e *exporter) cnnAttention(h string, c Conv) (out, attention string) {
	t := e.a.AttentionSteps()
	a := e.Conv(h, e.weights("att.w", e.at["att.w"], 1, c.Out, 3, 3), e.Floats("att.b", e.at["att.b"], 1), [2]int{3, 3}, [4]int{1, 1, 1, 1})
	s := e.Op("ReduceMean", []string{a}, onnx.Attr{Name: "axes", Value: []int{2}}, onnx.Attr{Name: "keepdims", Value: 1})
	if e.a.Attention.Softmax {
		beta := e.Op("Softmax", []string{s}, onnx.Attr{Name: "axis", Value: 3})
		return e.Mul(h, e.Mul(beta, e.Scalar(float32(t)))), e.Reshape(beta, -1, t)
	}
	alpha := e.Unary("Sigmoid", s)
	flat := e.Reshape(alpha, -1, t)
	return e.Mul(h, alpha), e.Div(flat, e.ReduceSum(flat, true, 1))
}
