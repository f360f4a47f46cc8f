package acrnn

import (
	"fmt"
	"math"

	"earshot/infer/onnx"
)

// Range is the span of values that eight bits stand for.
type Range struct{ Low, High float32 }

// Quantisation is what an int8 network knows about its activations beside the
// weights: the span of every tensor between convolutions, by point (see
// [Arch.Points]).
type Quantisation map[string]Range

// Points names the tensors that an int8 network keeps in eight bits: "in" is
// the normalised window, "l3" what layer 3 hands on (after its pooling), "att"
// that map after CNN attention.
func (a Arch) Points() []string {
	points := []string{"in"}
	for i := range a.Convs {
		points = append(points, fmt.Sprintf("l%d", i+1))
		if a.Attention.after(i + 1) {
			points = append(points, "att")
		}
	}
	return points
}

// PointShape is the shape of a point's tensor for n windows.
func (a Arch) PointShape(point string, n int) []int {
	h, w, channels := a.Bands, a.Frames, a.Convs[0].In
	if point == "in" {
		return []int{n, channels, h, w}
	}
	for i, c := range a.Convs {
		h, w, channels = h/c.PoolH, w/c.PoolW, c.Out
		if point == fmt.Sprintf("l%d", i+1) || point == "att" && a.Attention.after(i+1) {
			return []int{n, channels, h, w}
		}
	}
	panic("acrnn: no point " + point)
}

// Linear returns scale and zero point of the unsigned eight-bit numbers
// x ≈ scale·(q − zero) that span r; 0 is always exact.
func (r Range) Linear() (scale float32, zero uint8) {
	low, high := min(r.Low, 0), max(r.High, 0)
	if !(high > low) {
		return 1, 0
	}
	scale = (high - low) / 255
	return scale, uint8(math.Round(float64(-low / scale)))
}

// quantised is x rounded to eight bits and back. ONNX Runtime finds these pairs
// around operators and computes what is between them in integers.
func (e *exporter) quantised(x, point string) string {
	r, ok := e.quant[point]
	if !ok {
		panic("acrnn: no range for " + point)
	}
	scale, zero := r.Linear()
	s := e.Scalar(scale)
	z := e.Raw("", onnx.Uint8, []byte{zero}, 1)
	return e.Op("DequantizeLinear", []string{e.Op("QuantizeLinear", []string{x, s, z}), s, z})
}

// quantisedConv is the convolution of a quantised point with int8 filters,
// symmetric, one scale a filter, and an int32 bias in units of the product of
// both scales: the form that ONNX Runtime fuses into QLinearConv.
func (e *exporter) quantisedConv(x, point, layer string, w, b []float32, c Conv) string {
	filters, scales := QuantiseFilters(w, c.Out)
	raw := make([]byte, len(filters))
	for i, q := range filters {
		raw[i] = byte(q)
	}
	in, _ := e.quant[point].Linear()
	biasScales, bias := make([]float32, c.Out), make([]int32, c.Out)
	for o := range bias {
		biasScales[o] = in * scales[o]
		bias[o] = int32(math.Max(math.MinInt32, math.Min(math.MaxInt32, math.Round(float64(b[o])/float64(biasScales[o])))))
	}
	axis := onnx.Attr{Name: "axis", Value: 0}
	zeros := make([]byte, c.Out)
	wd := e.Op("DequantizeLinear", []string{e.Raw(layer+".w", onnx.Int8, raw, 1, c.Out, c.In, c.KH, c.KW),
		e.Floats(layer+".w.scale", scales, c.Out), e.Raw("", onnx.Int8, zeros, 1, c.Out)}, axis)
	bd := e.Op("DequantizeLinear", []string{e.Int32s(layer+".b", bias), e.Floats(layer+".b.scale", biasScales, c.Out)}, axis)
	return e.Conv(x, wd, bd, [2]int{c.KH, c.KW}, [4]int{c.KH / 2, c.KW / 2, c.KH / 2, c.KW / 2})
}

// QuantiseFilters rounds filters (out, …) to −127 … 127, one scale a filter.
func QuantiseFilters(w []float32, out int) (q []int8, scales []float32) {
	q, scales = make([]int8, len(w)), make([]float32, out)
	per := len(w) / out
	for o := range out {
		top := float32(0)
		for _, v := range w[o*per : (o+1)*per] {
			top = max(top, v, -v)
		}
		if top == 0 {
			top = 127 // a dead filter: any scale will do
		}
		scales[o] = top / 127
		for k, v := range w[o*per : (o+1)*per] {
			q[o*per+k] = int8(math.Round(float64(v / scales[o])))
		}
	}
	return q, scales
}
