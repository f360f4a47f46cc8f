package acrnn

import (
	"fmt"

	"earshot/infer/onnx"
	"earshot/train/stepgraph"
)

// value is a float32 graph value with its static shape.
type value struct {
	name    string
	shape   []int
	blocked string // the same in NCHWc layout, where a blocked convolution made it; else ""
	data    bool   // nothing that learns made it: no gradient is wanted
}

// tape emits a forward graph and records how to emit its gradient: reverse-mode
// differentiation at graph-building time. Each block pushes one backward
// closure; run in reverse they emit the backward graph.
type tape struct {
	*onnx.Graph
	batch    int
	block    int               // NCHWc block size of hand-placed convolutions, 0 for plain ones
	train    bool              // emit backward closures
	params   map[string]value  // learned tensors by name
	grads    map[string]string // value name → its accumulated gradient
	backward []func()
	means    []string // batch-norm batch means, one [C] a layer
	vars     []string

	// How the first layers and weight gradients are formed, see chunks.go and convWeightGrad.
	chunkClips       int
	batchedPositions int
	chunkNumbers     float64
}

func newTape(g *onnx.Graph, batch, block int, train bool) *tape {
	return &tape{Graph: g, batch: batch, block: block, train: train, params: map[string]value{}, grads: map[string]string{},
		chunkClips: chunkClips, batchedPositions: batchedPositions, chunkNumbers: chunkNumbers}
}

// param returns a learned tensor by name.
func (t *tape) param(name string) value {
	p, ok := t.params[name]
	if !ok {
		panic(fmt.Sprintf("acrnn: no parameter %q", name))
	}
	return p
}

// grad returns the gradient of v, which must have one.
func (t *tape) grad(v value) string {
	d, ok := t.grads[v.name]
	if !ok {
		panic(fmt.Sprintf("acrnn: no gradient reached %s %v", v.name, v.shape))
	}
	return d
}

// addGrad accumulates d into the gradient of v.
func (t *tape) addGrad(v value, d string) {
	if old, ok := t.grads[v.name]; ok {
		d = t.Add(old, d)
	}
	t.grads[v.name] = d
}

// onBackward records a backward block, of the layer whose forward is being emitted.
func (t *tape) onBackward(f func()) {
	if t.train {
		layer := t.Scope
		t.backward = append(t.backward, func() { t.Scope = layer + backwardScope; f() })
	}
}

// backwardScope follows a layer's name in the names of its backward nodes.
const backwardScope = " backward"

// runBackward emits the backward graph, last block first.
func (t *tape) runBackward() {
	for i := len(t.backward) - 1; i >= 0; i-- {
		t.backward[i]()
	}
	t.backward = nil
}

// channelSum sums x (N,C,…) over everything but channels → [C].
func (t *tape) channelSum(x string, shape []int) string {
	return t.ReduceSum(t.ReduceSum(t.Reshape(x, shape[0], shape[1], -1), false, 2), false, 0)
}

// positive is 1 where x > 0, else 0.
func (t *tape) positive(x string) string {
	return stepgraph.Positive(t.Graph, x)
}

// scaled multiplies by a constant.
func (t *tape) scaled(x string, k float32) string { return t.Mul(x, t.Scalar(k)) }
