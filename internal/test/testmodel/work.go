package testmodel

import "fmt"

// workSize is the side of the square matrices whose products are the work: 2·512³ operations each.
const workSize = 512

// work adds nodes that compute n products of matrices, depend on the input so that they cannot be computed
// beforehand, and change nothing: weighed = logits + 0.
func work(n int, input, logits, weighed string) (nodes, initializers [][]byte) {
	square := make([]float32, workSize*workSize)
	for i := range square {
		square[i] = 1.0 / workSize
	}
	nodes = append(nodes,
		node("ReduceMax", []string{input}, "loudest", integer("keepdims", 0)),
		node("Mul", []string{"loudest", "nought"}, "nothing"),
		node("Add", []string{"square", "nothing"}, "product0"))
	for i := range n {
		nodes = append(nodes, node("MatMul", []string{fmt.Sprintf("product%d", i), "square"}, fmt.Sprintf("product%d", i+1)))
	}
	nodes = append(nodes,
		node("ReduceMax", []string{fmt.Sprintf("product%d", n)}, "most", integer("keepdims", 0)),
		node("Mul", []string{"most", "nought"}, "silent"),
		node("Add", []string{logits, "silent"}, weighed))
	return nodes, [][]byte{floats("square", square, workSize, workSize), floats("nought", []float32{0})}
}
