// Package forward runs a finished network over many windows, a few at a time.
package forward

import (
	"fmt"

	"earshot/infer"
)

// Batch is how many windows run at once: about those of a clip at half overlap.
const Batch = 8

// Value names an input or output of a network and one window's shape of it.
type Value struct {
	Name string
	Dims []int
}

// Window is the input that the model file's contract asks for.
var Window = Value{"window", []int{infer.Channels, infer.Bands, infer.Frames}}

func (v Value) size() int {
	n := 1
	for _, d := range v.Dims {
		n *= d
	}
	return n
}

// Net is a loaded network of one input. Not safe for concurrent use.
type Net struct {
	graph *infer.Graph
	in    *infer.Tensor
	out   []*infer.Tensor
	sizes []int // values a window: of the input, then of each output
}

// Open loads an ONNX model; threads 0 means all.
func Open(model []byte, threads int, in Value, out ...Value) (*Net, error) {
	names := make([]string, len(out))
	for i, v := range out {
		names[i] = v.Name
	}
	graph, err := infer.NewGraph(model, []string{in.Name}, names, infer.GraphOptions{Optimise: true, Threads: threads})
	if err != nil {
		return nil, err
	}
	n := &Net{graph: graph}
	for i, v := range append([]Value{in}, out...) {
		t, err := infer.NewTensor(append([]int{Batch}, v.Dims...)...)
		if err != nil {
			n.Close()
			return nil, fmt.Errorf("%s: %w", v.Name, err)
		}
		n.sizes = append(n.sizes, v.size())
		if i == 0 {
			n.in = t
		} else {
			n.out = append(n.out, t)
		}
	}
	return n, nil
}

// Close frees the network.
func (n *Net) Close() {
	n.graph.Close()
	if n.in != nil {
		n.in.Close()
	}
	for _, t := range n.out {
		t.Close()
	}
}

// Each runs the network over windows: fill writes the i-th to dst, take gets each
// batch's outputs (rows of it, as many as there are windows), valid until it returns.
func (n *Net) Each(windows int, fill func(i int, dst []float32), take func(out [][]float32) error) error {
	rows := make([][]float32, len(n.out))
	for from := 0; from < windows; from += Batch {
		count := min(Batch, windows-from)
		for i := range count {
			fill(from+i, n.in.Data[i*n.sizes[0]:(i+1)*n.sizes[0]])
		}
		if err := n.graph.Run([]*infer.Tensor{n.in}, n.out); err != nil {
			return err
		}
		for k, t := range n.out {
			rows[k] = t.Data[:count*n.sizes[k+1]]
		}
		if err := take(rows); err != nil {
			return err
		}
	}
	return nil
}
