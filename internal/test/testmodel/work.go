package testmodel

import "earshot/infer/onnx"

// workSize is the side of the square matrices whose products are the work: 2·512³ operations each.
const workSize = 512

// work computes n products of matrices, which depend on the input so that they cannot be computed
// beforehand, and changes nothing: the result is logits + 0.
func work(g *onnx.Graph, n int, input, logits string) string {
	x := make([]float32, workSize*workSize)
	for i := range x {
		x[i] = 1.0 / workSize
	}
	square, nought := g.Floats("square", x, workSize, workSize), g.Floats("nought", []float32{0})
	most := func(v string) string { return g.Op("ReduceMax", []string{v}, onnx.Attr{Name: "keepdims", Value: 0}) }
	product := g.Add(square, g.Mul(most(input), nought))
	for range n {
		product = g.MatMul(product, square)
	}
	return g.Add(logits, g.Mul(most(product), nought))
}
