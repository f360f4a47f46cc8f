package acrnn

import "earshot/infer/onnx"

// cnnAttention weighs the frames of a feature map x (N,C,H,W): a 3×3 conv to
// one channel, its average over bands, sigmoid or softmax over frames (scaled
// by W, so that even attention changes nothing), times x (Zhang et al. 2020).
// It returns the weighted map and the weights (N,1,1,W).
func (t *tape) cnnAttention(x value, softmax bool) (y value, alpha string) {
	w, b := t.param("att.w"), t.param("att.b")
	n, h, wd := x.shape[0], x.shape[2], x.shape[3]
	a := t.conv(x, t.filters(w.name, 1, x.shape[1], 3, 3))
	s := t.Add(t.scaled(t.ReduceSum(a.name, true, 2), 1/float32(h)), t.Reshape(b.name, 1, 1, 1, 1))
	if softmax {
		alpha = t.scaled(t.Op("Softmax", []string{s}, onnx.Attr{Name: "axis", Value: 3}), float32(wd))
	} else {
		alpha = t.Unary("Sigmoid", s)
	}
	y = value{name: t.Mul(x.name, alpha), shape: x.shape}
	t.onBackward(func() {
		dy := t.grad(y)
		dAlpha := t.ReduceSum(t.ReduceSum(t.Mul(dy, x.name), true, 1), true, 2)
		var ds string
		if softmax {
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
