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
		return value{name: t.Conv(x.name, w, "", [2]int{kh, kw}, pads), shape: out}
	}
	// Filters as the blocked kernel wants them: O/b, I/b, kh, kw, b (in), b (out).
	w = t.Reshape(w, co/b, b, ci/b, b, kh, kw)
	w = t.Reshape(t.Transpose(w, 0, 2, 4, 5, 3, 1), co, ci, kh, kw)
	xb := t.Node(nchwcDomain, "ReorderInput", 1, []string{x.name})[0]
	yb := t.Node(nchwcDomain, "Conv", 1, []string{xb, w},
		onnx.Attr{Name: "kernel_shape", Value: []int{kh, kw}}, onnx.Attr{Name: "pads", Value: pads[:]}, onnx.Attr{Name: "strides", Value: []int{1, 1}})[0]
	y := t.Node(nchwcDomain, "ReorderOutput", 1, []string{yb}, onnx.Attr{Name: "channels", Value: co})[0]
	return value{y, out, yb}
}

// maxPool pools x with stride equal to the kernel. In NCHWc layout the runtime does it four
// times as fast; maxima are exact, so both ways give the same numbers.
func (t *tape) maxPool(x value, kh, kw int) value {
	out := []int{x.shape[0], x.shape[1], x.shape[2] / kh, x.shape[3] / kw}
	if x.blocked == "" {
		return value{name: t.MaxPool(x.name, [2]int{kh, kw}), shape: out}
	}
	size := []int{kh, kw}
	z := t.Node(nchwcDomain, "MaxPool", 1, []string{x.blocked}, onnx.Attr{Name: "kernel_shape", Value: size}, onnx.Attr{Name: "strides", Value: size})[0]
	return value{t.Node(nchwcDomain, "ReorderOutput", 1, []string{z}, onnx.Attr{Name: "channels", Value: out[1]})[0], out, z}
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
