package acrnn

import "earshot/infer/onnx"

const nchwcDomain = "com.microsoft.nchwc"

// filters are those of one convolution, (Co,Ci,kh,kw), as its kernel wants them.
type filters struct {
	name           string
	co, ci, kh, kw int
	blocked        bool // laid out for the NCHWc kernel
}

// pads are those of a 'same' convolution: bands and frames before, then after.
func (f filters) pads() []int { return []int{f.kh / 2, f.kw / 2, f.kh / 2, f.kw / 2} }

// filters prepares w for [tape.conv], once for all the pieces of a batch.
func (t *tape) filters(w string, co, ci, kh, kw int) filters {
	b := t.block
	if b == 0 || ci%b != 0 || co%b != 0 {
		return filters{w, co, ci, kh, kw, false}
	}
	// O/b, I/b, kh, kw, b (in), b (out).
	w = t.Reshape(w, co/b, b, ci/b, b, kh, kw)
	return filters{t.Reshape(t.Transpose(w, 0, 2, 4, 5, 3, 1), co, ci, kh, kw), co, ci, kh, kw, true}
}

// flipped are the filters that a convolution's input gradient is made with:
// w turned around, its channels swapped.
func (t *tape) flipped(w string, co, ci, kh, kw int) filters {
	if kh > 1 {
		w = t.Slice(w, 2, -1, -kh-1, -1)
	}
	if kw > 1 {
		w = t.Slice(w, 3, -1, -kw-1, -1)
	}
	return t.filters(t.Transpose(w, 1, 0, 2, 3), ci, co, kh, kw)
}

// conv is a stride-1 'same' convolution of x (N,Ci,H,W).
//
// Where both channel counts fill the CPU's NCHWc block it is ONNX Runtime's
// blocked kernel with the reorders placed by hand (the runtime itself only
// places them for constant weights): about 1.7 times as fast. The block size is
// found by a self-test, see [FindBlock].
func (t *tape) conv(x value, f filters) value {
	out := []int{x.shape[0], f.co, x.shape[2], x.shape[3]}
	if !f.blocked {
		return value{name: t.Conv(x.name, f.name, "", [2]int{f.kh, f.kw}, [4]int(f.pads())), shape: out}
	}
	yb := t.blockedConv(x, f)
	return value{name: t.unblocked(yb, f.co), shape: out, blocked: yb}
}

// blockedConv is conv by the blocked kernel, its output in NCHWc layout.
func (t *tape) blockedConv(x value, f filters) string {
	xb := t.Node(nchwcDomain, "ReorderInput", 1, []string{x.name})[0]
	return t.Node(nchwcDomain, "Conv", 1, []string{xb, f.name}, onnx.Attr{Name: "kernel_shape", Value: []int{f.kh, f.kw}},
		onnx.Attr{Name: "pads", Value: f.pads()}, onnx.Attr{Name: "strides", Value: []int{1, 1}})[0]
}

// unblocked brings y back from NCHWc layout.
func (t *tape) unblocked(y string, channels int) string {
	return t.Node(nchwcDomain, "ReorderOutput", 1, []string{y}, onnx.Attr{Name: "channels", Value: channels})[0]
}

// maxPool pools x with stride equal to the kernel. In NCHWc layout the runtime does it four
// times as fast; maxima are exact, so both ways give the same numbers.
func (t *tape) maxPool(x value, kh, kw int) value {
	out := []int{x.shape[0], x.shape[1], x.shape[2] / kh, x.shape[3] / kw}
	if x.blocked == "" {
		return value{name: t.MaxPool(x.name, [2]int{kh, kw}), shape: out}
	}
	z := t.blockedMaxPool(x.blocked, kh, kw)
	return value{name: t.unblocked(z, out[1]), shape: out, blocked: z}
}

// blockedMaxPool is maxPool within NCHWc layout.
func (t *tape) blockedMaxPool(y string, kh, kw int) string {
	size := []int{kh, kw}
	return t.Node(nchwcDomain, "MaxPool", 1, []string{y}, onnx.Attr{Name: "kernel_shape", Value: size}, onnx.Attr{Name: "strides", Value: size})[0]
}
