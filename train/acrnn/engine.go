package acrnn

import (
	"fmt"

	"earshot/infer"
	"earshot/infer/onnx"
)

// runner is a loaded graph with one tensor for each named input and output.
type runner struct {
	graph    *infer.Graph
	in, out  []string
	tensors  map[string]*infer.Tensor
	inVals   []*infer.Tensor
	outVals  []*infer.Tensor
	borrowed map[string]bool
}

// newRunner loads g. shared tensors are used where their names fit and are not closed.
func newRunner(g *onnx.Graph, o infer.GraphOptions, shared map[string]*infer.Tensor) (*runner, error) {
	graph, err := infer.NewGraph(g.Marshal(), g.Inputs(), g.Outputs(), o)
	if err != nil {
		return nil, err
	}
	r := &runner{graph: graph, in: g.Inputs(), out: g.Outputs(), tensors: map[string]*infer.Tensor{}, borrowed: map[string]bool{}}
	for _, v := range g.Signature() {
		if s, ok := shared[v.Name]; ok {
			r.tensors[v.Name], r.borrowed[v.Name] = s, true
			continue
		}
		if r.tensors[v.Name], err = infer.NewTensor(v.Sizes()...); err != nil {
			r.close()
			return nil, err
		}
	}
	for _, n := range r.in {
		r.inVals = append(r.inVals, r.tensors[n])
	}
	for _, n := range r.out {
		r.outVals = append(r.outVals, r.tensors[n])
	}
	return r, nil
}

func (r *runner) run() error { return r.graph.Run(r.inVals, r.outVals) }

func (r *runner) close() {
	r.graph.Close()
	for n, t := range r.tensors {
		if !r.borrowed[n] {
			t.Close()
		}
	}
}

// swap exchanges a state input with its output, so that the next run continues
// from this one without a copy.
func (r *runner) swap(name string) {
	for i, in := range r.in {
		if in != name {
			continue
		}
		for j, out := range r.out {
			if out == name+"'" {
				r.inVals[i], r.outVals[j] = r.outVals[j], r.inVals[i]
				r.tensors[in], r.tensors[out] = r.inVals[i], r.outVals[j]
				return
			}
		}
	}
	panic("acrnn: no state " + name)
}

// Engine runs training steps. Not safe for concurrent use.
type Engine struct {
	Arch  Arch
	Batch int
	opts  StepOptions
	run   *runner
}

// NewEngine builds and loads the training graph of a.
//
// Errors: layers that cannot be frozen, or a graph that the runtime refuses.
func NewEngine(a Arch, o StepOptions, g infer.GraphOptions) (*Engine, error) {
	if err := o.Frozen.check(a); err != nil {
		return nil, err
	}
	r, err := newRunner(StepGraph(a, o), g, nil)
	if err != nil {
		return nil, fmt.Errorf("training graph: %w", err)
	}
	return &Engine{Arch: a, Batch: o.Batch, opts: o, run: r}, nil
}

// Window is the step's input (N,2,128,128), normalised; the caller fills it.
func (e *Engine) Window() []float32 { return e.run.tensors["window"].Data }

// Target is the step's soft labels (N,K), each row summing to 1; the caller fills it.
func (e *Engine) Target() []float32 { return e.run.tensors["target"].Data }

// Masks are the dropout masks of both GRU layers (T,N,2H); the caller fills them.
func (e *Engine) Masks() (l9, l10 []float32) {
	return e.run.tensors["mask9"].Data, e.run.tensors["mask10"].Data
}

// State returns the state vectors by name ("weights", "moment1", "moment2", "average"),
// valid until the next step.
func (e *Engine) State() map[string][]float32 {
	s := map[string][]float32{}
	for _, n := range stateNames(e.opts.Optimiser) {
		s[n] = e.run.tensors[n].Data
	}
	return s
}

// Result is what a step reports; Scores (N,K), Means and Vars (batch-norm channels) are valid until the next step.
type Result struct {
	Loss, Norm          float32
	Scores, Means, Vars []float32
}

// Rate is what the schedule sets for one step.
type Rate struct {
	Learning, Decay, Average float64
	Trunk                    float64 // factor on the step of all but the head; needs StepOptions.SlowTrunk unless 1
	Step                     int     // 1 for the first, for Adam's bias correction
}

// Step runs forward, backward and update once.
func (e *Engine) Step(r Rate) (Result, error) {
	c1, c2 := biasCorrections(r.Step)
	for i, v := range []float64{r.Learning, r.Decay, r.Average, c1, c2, r.Trunk} {
		e.run.tensors["rates"].Data[i] = float32(v)
	}
	if err := e.run.run(); err != nil {
		return Result{}, err
	}
	for _, n := range stateNames(e.opts.Optimiser) {
		e.run.swap(n)
	}
	t := e.run.tensors
	return Result{Loss: t["loss"].Data[0], Norm: t["norm"].Data[0], Scores: t["scores"].Data, Means: t["means"].Data, Vars: t["vars"].Data}, nil
}

// Close frees the graph and its tensors.
func (e *Engine) Close() { e.run.close() }

// Statistics runs the forward pass with batch statistics, see [StatGraph].
type Statistics struct {
	Batch int
	run   *runner
}

// NewStatistics loads the statistics graph. Frozen layers (nil for none) keep theirs.
func NewStatistics(a Arch, f *Frozen, batch, block int, g infer.GraphOptions) (*Statistics, error) {
	if err := f.check(a); err != nil {
		return nil, err
	}
	r, err := newRunner(StatGraph(a, f, batch, block), g, nil)
	if err != nil {
		return nil, fmt.Errorf("statistics graph: %w", err)
	}
	return &Statistics{Batch: batch, run: r}, nil
}

// Window is the input (N,2,128,128), normalised; the caller fills it.
func (s *Statistics) Window() []float32 { return s.run.tensors["window"].Data }

// Run returns the batch means and variances for weights, valid until the next call.
func (s *Statistics) Run(weights []float32) (means, vars []float32, err error) {
	copy(s.run.tensors["weights"].Data, weights)
	if err := s.run.run(); err != nil {
		return nil, nil, err
	}
	return s.run.tensors["means"].Data, s.run.tensors["vars"].Data, nil
}

// Close frees the graph and its tensors.
func (s *Statistics) Close() { s.run.close() }
