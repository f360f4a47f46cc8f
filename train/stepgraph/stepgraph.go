// Package stepgraph runs what a training step or a measurement is written as: one ONNX graph of float32 tensors, each in memory of its
// own, whose state goes from step to step without a copy.
package stepgraph

import (
	"earshot/infer"
	"earshot/infer/onnx"
)

// Runner is a loaded graph with one tensor for each named input and output. Not safe for concurrent use.
type Runner struct {
	Tensors map[string]*infer.Tensor // by name; the caller fills inputs and reads outputs

	graph    *infer.Graph
	in, out  []string
	inVals   []*infer.Tensor
	outVals  []*infer.Tensor
	borrowed map[string]bool
}

// New loads g, all of whose shapes are fixed. Tensors of shared, nil for none, are used where their names fit, and are not closed.
func New(g *onnx.Graph, o infer.GraphOptions, shared map[string]*infer.Tensor) (*Runner, error) {
	graph, err := infer.NewGraph(g.Marshal(), g.Inputs(), g.Outputs(), o)
	if err != nil {
		return nil, err
	}
	r := &Runner{graph: graph, in: g.Inputs(), out: g.Outputs(), Tensors: map[string]*infer.Tensor{}, borrowed: map[string]bool{}}
	for _, v := range g.Signature() {
		if s, ok := shared[v.Name]; ok {
			r.Tensors[v.Name], r.borrowed[v.Name] = s, true
			continue
		}
		if r.Tensors[v.Name], err = infer.NewTensor(v.Sizes()...); err != nil {
			r.Close()
			return nil, err
		}
	}
	for _, n := range r.in {
		r.inVals = append(r.inVals, r.Tensors[n])
	}
	for _, n := range r.out {
		r.outVals = append(r.outVals, r.Tensors[n])
	}
	return r, nil
}

// Run executes the graph once.
func (r *Runner) Run() error { return r.graph.Run(r.inVals, r.outVals) }

// Close frees the graph and the tensors that are its own.
func (r *Runner) Close() {
	r.graph.Close()
	for n, t := range r.Tensors {
		if !r.borrowed[n] {
			t.Close()
		}
	}
}

// Swap exchanges the state input called name with the output called name', so that the next run continues from this one without a copy.
func (r *Runner) Swap(name string) {
	for i, in := range r.in {
		if in != name {
			continue
		}
		for j, out := range r.out {
			if out == name+"'" {
				r.inVals[i], r.outVals[j] = r.outVals[j], r.inVals[i]
				r.Tensors[in], r.Tensors[out] = r.inVals[i], r.outVals[j]
				return
			}
		}
	}
	panic("stepgraph: no state " + name)
}
