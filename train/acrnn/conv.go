package acrnn

import "earshot/train/onnx"

const nchwcDomain = "com.microsoft.nchwc"

// conv is a stride-1 'same' convolution of x (N,Ci,H,W) with w (Co,Ci,kh,kw).
//
// Where both channel counts fill the CPU's NCHWc block it is ONNX Runtime's
// blocked kernel with the reorders placed by hand (the runtime itself only
// places them for constant weights): about 1.7 times as fast. The block size is
// found by a self-test, see [FindBlock].
func (t *tape) conv(x value, w string, co, kh, kw int) value {
	n, ci, h, wd := x.shape[0], x.shape[1], x.shape[2], x.shape[3]
	out := []int{n, co, h, wd}
	pads := [4]int{kh / 2, kw / 2, kh / 2, kw / 2}
	b := t.block
	if b == 0 || ci%b != 0 || co%b != 0 {
		return value{t.Conv(x.name, w, "", [2]int{kh, kw}, pads), out}
	}
	// Filters as the blocked kernel wants them: O/b, I/b, kh, kw, b (in), b (out).
	w = t.Reshape(w, co/b, b, ci/b, b, kh, kw)
	w = t.Reshape(t.Transpose(w, 0, 2, 4, 5, 3, 1), co, ci, kh, kw)
	xb := t.Node(nchwcDomain, "ReorderInput", 1, []string{x.name})[0]
	yb := t.Node(nchwcDomain, "Conv", 1, []string{xb, w},
		onnx.Attr{Name: "kernel_shape", Value: []int{kh, kw}}, onnx.Attr{Name: "pads", Value: pads[:]}, onnx.Attr{Name: "strides", Value: []int{1, 1}})[0]
	y := t.Node(nchwcDomain, "ReorderOutput", 1, []string{yb}, onnx.Attr{Name: "channels", Value: co})[0]
	return value{y, out}
}

// convInputGrad is the gradient of conv with respect to x: the convolution of
// dy with the filters flipped and their channels swapped.
func (t *tape) convInputGrad(dy value, w string, ci, kh, kw int) value {
	if kh > 1 {
		w = t.Slice(w, 2, -1, -kh-1, -1)
	}
	if kw > 1 {
		w = t.Slice(w, 3, -1, -kw-1, -1)
	}
	return t.conv(dy, t.Transpose(w, 1, 0, 2, 3), ci, kh, kw)
}

// convWeightGrad is the gradient of conv with respect to w:
//
//	dW[o,i,a,b] = Σ_{n,h,t} dY[n,o,h,t] · X[n,i,h+a−kh/2,t+b−kw/2]
//
// computed as matrix products over positions, X shifted along bands and dY
// (the other way) along frames, so that all kh·kw taps come out of one product
// of (kw·Co)×(positions) and (positions)×(kh·Ci).
func (t *tape) convWeightGrad(x, dy value, kh, kw int) string {
	n, ci, co := x.shape[0], x.shape[1], dy.shape[1]
	positions := x.shape[2] * x.shape[3]
	var d string // (kw·Co, kh·Ci)
	if positions >= 1000 {
		d = t.weightGradBatched(x, dy, kh, kw)
	} else {
		a := t.channelMajor(t.shifted(dy, 3, kw, -1, 0, n), kw*co)
		b := t.channelMajor(t.shifted(x, 2, kh, 1, 0, n), kh*ci)
		d = t.MatMul(a, t.Transpose(b, 1, 0))
	}
	d = t.Reshape(d, kw, co, kh, ci)
	return t.Transpose(d, 1, 3, 2, 0)
}

// weightGradBatched forms one product a clip and sums them; chunks of the
// batch bound the memory of the shifted copies.
func (t *tape) weightGradBatched(x, dy value, kh, kw int) string {
	n, ci, co := x.shape[0], x.shape[1], dy.shape[1]
	positions := x.shape[2] * x.shape[3]
	chunk := n
	for chunk%2 == 0 && chunk*positions*(kw*co+kh*ci) > 40e6 {
		chunk /= 2
	}
	sum := ""
	for from := 0; from < n; from += chunk {
		a := t.Reshape(t.shifted(dy, 3, kw, -1, from, from+chunk), chunk, kw*co, positions)
		b := t.Reshape(t.shifted(x, 2, kh, 1, from, from+chunk), chunk, kh*ci, positions)
		d := t.ReduceSum(t.MatMul(a, t.Transpose(b, 0, 2, 1)), false, 0)
		if sum != "" {
			d = t.Add(sum, d)
		}
		sum = d
	}
	return sum
}

// shifted returns clips [from,to) of x (N,C,H,W) with k copies side by side in
// the channels, copy j moved by sign·(j−k/2) along axis: a zero-filled look-ahead
// for sign +1, look-behind for −1. Shape (to−from, k·C, H, W), copy-major.
func (t *tape) shifted(x value, axis, k, sign, from, to int) string {
	copies := make([]string, k)
	for j := range copies {
		s := sign * (j - k/2)
		pads := make([]int, 8)
		pads[axis], pads[axis+4] = -s, s
		pads[0], pads[4] = -from, to-x.shape[0]
		copies[j] = x.name
		if s != 0 || from != 0 || to != x.shape[0] {
			copies[j] = t.Pad(x.name, pads...)
		}
	}
	if k == 1 {
		return copies[0]
	}
	return t.Concat(1, copies...)
}

// channelMajor turns (N,C,H,W) into (C, N·H·W).
func (t *tape) channelMajor(x string, channels int) string {
	return t.Reshape(t.Transpose(x, 1, 0, 2, 3), channels, -1)
}
