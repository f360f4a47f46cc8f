package acrnn

import (
	"fmt"

	"earshot/infer"
	"earshot/train/stepgraph"
)

// Engine runs training steps. Not safe for concurrent use.
type Engine struct {
	Arch  Arch
	Batch int
	opts  StepOptions
	run   *stepgraph.Runner
}

// NewEngine builds and loads the training graph of a.
//
// Errors: layers that cannot be frozen, or a graph that the runtime refuses.
func NewEngine(a Arch, o StepOptions, g infer.GraphOptions) (*Engine, error) {
	if err := o.Frozen.check(a); err != nil {
		return nil, err
	}
	r, err := stepgraph.New(StepGraph(a, o), g, nil)
	if err != nil {
		return nil, fmt.Errorf("training graph: %w", err)
	}
	return &Engine{Arch: a, Batch: o.Batch, opts: o, run: r}, nil
}

// Window is the step's input (N,2,128,128), normalised; the caller fills it.
func (e *Engine) Window() []float32 { return e.run.Tensors["window"].Data }

// Target is the step's soft labels (N,K), each row summing to 1; the caller fills it.
func (e *Engine) Target() []float32 { return e.run.Tensors["target"].Data }

// Masks are the dropout masks of both GRU layers (T,N,2H); the caller fills them.
func (e *Engine) Masks() (l9, l10 []float32) {
	return e.run.Tensors["mask9"].Data, e.run.Tensors["mask10"].Data
}

// State returns the state vectors by name ("weights", "moment1", "moment2", "average"),
// valid until the next step.
func (e *Engine) State() map[string][]float32 {
	s := map[string][]float32{}
	for _, n := range stateNames(e.opts.Optimiser) {
		s[n] = e.run.Tensors[n].Data
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
		e.run.Tensors["rates"].Data[i] = float32(v)
	}
	if err := e.run.Run(); err != nil {
		return Result{}, err
	}
	for _, n := range stateNames(e.opts.Optimiser) {
		e.run.Swap(n)
	}
	t := e.run.Tensors
	return Result{Loss: t["loss"].Data[0], Norm: t["norm"].Data[0], Scores: t["scores"].Data, Means: t["means"].Data, Vars: t["vars"].Data}, nil
}

// Close frees the graph and its tensors.
func (e *Engine) Close() { e.run.Close() }

// Statistics runs the forward pass with batch statistics, see [StatGraph].
type Statistics struct {
	Batch int
	run   *stepgraph.Runner
}

// NewStatistics loads the statistics graph. Frozen layers (nil for none) keep theirs.
func NewStatistics(a Arch, f *Frozen, batch, block int, g infer.GraphOptions) (*Statistics, error) {
	if err := f.check(a); err != nil {
		return nil, err
	}
	r, err := stepgraph.New(StatGraph(a, f, batch, block), g, nil)
	if err != nil {
		return nil, fmt.Errorf("statistics graph: %w", err)
	}
	return &Statistics{Batch: batch, run: r}, nil
}

// Window is the input (N,2,128,128), normalised; the caller fills it.
func (s *Statistics) Window() []float32 { return s.run.Tensors["window"].Data }

// Run returns the batch means and variances for weights, valid until the next call.
func (s *Statistics) Run(weights []float32) (means, vars []float32, err error) {
	copy(s.run.Tensors["weights"].Data, weights)
	if err := s.run.Run(); err != nil {
		return nil, nil, err
	}
	return s.run.Tensors["means"].Data, s.run.Tensors["vars"].Data, nil
}

// Close frees the graph and its tensors.
func (s *Statistics) Close() { s.run.Close() }
