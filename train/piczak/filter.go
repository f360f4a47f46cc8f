package piczak

import (
	"math"

	"earshot/infer/onnx"
	"earshot/train/stepgraph"
)

// unfolding is how a layer of filters reads x (N, frames, in): at each of conv places in time wide frames together; pools of so many frames
// give pooled values each, the last of fewer where they do not fill it.
type unfolding struct {
	x              string
	in, conv, wide int
	pooled, pool   int
}

// filtered is a layer of filters, and what its gradient needs.
type filtered struct {
	unfolding
	columns         string // (N·conv, wide·in) what the filters read
	raw             string // (N·pooled, pool·places, F) the convolution, by what is pooled together
	top             string // (N·pooled, F) its maxima
	out             string // (N·pooled, F) with bias, behind ReLU
	places, filters int
}

// filter is convolution, max-pooling, bias and ReLU. weights (wide·in, places·F) give places in the bands side by side, which are pooled
// into one. The bias is the same for all of a pool, and ReLU keeps their order, so that both come after the maximum.
func (s *step) filter(u unfolding, weights, bias string, places int) filtered {
	f := filtered{unfolding: u, places: places, filters: s.a.Filters}
	cut := make([]string, u.wide)
	for k := range cut {
		cut[k] = s.Slice(u.x, 1, k, k+u.conv, 1)
	}
	f.columns = s.Reshape(s.Concat(2, cut...), s.n*u.conv, u.wide*u.in)
	y := s.MatMul(f.columns, weights)
	if short := u.pooled*u.pool - u.conv; short > 0 { // nothing is below what fills the last pool
		y = s.Op("Pad", []string{s.Reshape(y, s.n, u.conv, places*f.filters), s.Int64s(0, 0, 0, 0, short, 0), s.Scalar(-math.MaxFloat32)})
	}
	f.raw = s.Reshape(y, s.n*u.pooled, u.pool*places, f.filters)
	f.top = s.Op("ReduceMax", []string{f.raw}, onnx.Attr{Name: "axes", Value: []int{1}}, onnx.Attr{Name: "keepdims", Value: 0})
	f.out = s.Unary("Relu", s.Add(f.top, bias))
	return f
}

// filterBack emits the gradients of a layer's weights (wide·in, places·F), of its bias (F), and of the convolution (N·conv, places·F), of
// the gradient d of what it gives, (N·pooled, F) in some shape.
func (s *step) filterBack(f filtered, d string) (weights, bias, conv string) {
	d = s.Mul(s.Reshape(d, s.n*f.pooled, f.filters), stepgraph.Positive(s.Graph, f.out))
	bias = s.ReduceSum(d, false, 0)
	upTo := func(x string) string { return s.Reshape(x, s.n*f.pooled, 1, f.filters) }
	hit := s.Op("Cast", []string{s.Op("Equal", []string{f.raw, upTo(f.top)})}, onnx.Attr{Name: "to", Value: int(onnx.Float)})
	dy := s.Mul(hit, s.Div(upTo(d), s.ReduceSum(hit, true, 1)))
	if short := f.pooled*f.pool - f.conv; short > 0 {
		dy = s.Slice(s.Reshape(dy, s.n, f.pooled*f.pool, f.places*f.filters), 1, 0, f.conv, 1)
	}
	conv = s.Reshape(dy, s.n*f.conv, f.places*f.filters)
	weights = s.Op("Gemm", []string{f.columns, conv}, onnx.Attr{Name: "transA", Value: 1})
	return weights, bias, conv
}

// refold emits the gradient (N, frames, in) of what a layer reads, of that of its convolution.
func (s *step) refold(f filtered, conv, weights string) string {
	columns := s.Reshape(s.Op("Gemm", []string{conv, weights}, onnx.Attr{Name: "transB", Value: 1}), s.n, f.conv, f.wide*f.in)
	parts := make([]string, f.wide)
	for k := range parts {
		parts[k] = s.Pad(s.Slice(columns, 2, k*f.in, (k+1)*f.in, 1), 0, k, 0, 0, f.wide-1-k, 0)
	}
	return s.Op("Sum", parts)
}

// spread writes the first filters, (frames, 2, KernelBands, F), as a matrix (frames·2·Bands, places·F) that has them at each of their
// places in the bands.
func (s *step) spread() string {
	a := s.a
	at := make([]string, a.places())
	for i := range at {
		padded := s.Pad(s.param["conv1.w"], 0, 0, i, 0, 0, 0, len(at)-1-i, 0)
		at[i] = s.Reshape(padded, a.KernelWide*2*a.Bands, a.Filters)
	}
	return s.Concat(1, at...)
}

// gather is the gradient of the first filters, of that of the matrix that [step.spread] made of them.
func (s *step) gather(spread string) string {
	a := s.a
	parts := make([]string, a.places())
	for i := range parts {
		at := s.Reshape(s.Slice(spread, 1, i*a.Filters, (i+1)*a.Filters, 1), a.KernelWide, 2, a.Bands, a.Filters)
		parts[i] = s.Slice(at, 2, i, i+a.KernelBands, 1)
	}
	return s.Op("Sum", parts)
}
