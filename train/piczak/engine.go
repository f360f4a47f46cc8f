package piczak

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"

	"earshot/infer"
	"earshot/train/stepgraph"
)

// Engine runs training steps. Not safe for concurrent use.
type Engine struct {
	Arch  Arch
	Batch int // segments a step, at most
	run   *stepgraph.Runner
}

// NewEngine builds and loads the training graph of a, with weights as they start.
func NewEngine(a Arch, o StepOptions, seed uint64, g infer.GraphOptions) (*Engine, error) {
	r, err := stepgraph.New(StepGraph(a, o), g, nil)
	if err != nil {
		return nil, fmt.Errorf("training graph: %w", err)
	}
	e := &Engine{Arch: a, Batch: o.Batch, run: r}
	e.start(rand.New(rand.NewPCG(seed, 0x1717)))
	return e, nil
}

// start draws the weights as the article's program does. A narrower network's are larger, as much as what they are summed over is less.
// Momentum is 0 from the beginning.
func (e *Engine) start(rng *rand.Rand) {
	full, _ := New(e.Arch.Classes, 1)
	fullIn := map[string]float64{"conv2.w": float64(full.Filters), "dense1.w": float64(full.flat()), "dense2.w": float64(full.Hidden), "out.w": float64(full.Hidden)}
	uniform := func(scale float64) func() float64 { return func() float64 { return scale * (2*rng.Float64() - 1) } }
	for _, p := range e.Arch.Params() {
		wider := math.Sqrt(fullIn[p.Name] / float64(p.Shape[max(len(p.Shape)-2, 0)]))
		draw := func() float64 { return 0.01 * wider * rng.NormFloat64() }
		switch {
		case p.Name == "conv1.w":
			draw = uniform(0.001)
		case p.Name == "conv2.w":
			draw = uniform(0.1 * wider)
		case p.Name == "conv1.b":
			draw = func() float64 { return 0.1 }
		case !p.decays():
			draw = func() float64 { return 0 }
		}
		w := e.run.Tensors[p.Name].Data
		for i := range w {
			w[i] = float32(draw())
		}
	}
}

// Input is a tensor that the caller fills before a step, see [StepGraph].
func (e *Engine) Input(name string) []float32 { return e.run.Tensors[name].Data }

// State returns parameters and momentum by name, valid until the next step.
func (e *Engine) State() map[string][]float32 {
	s := map[string][]float32{}
	for _, name := range stateNames(e.Arch) {
		s[name] = e.run.Tensors[name].Data
	}
	return s
}

// stateNames lists the state vectors in the order of the parameters.
func stateNames(a Arch) (names []string) {
	for _, p := range a.Params() {
		names = append(names, p.Name, p.Name+".m")
	}
	return names
}

// Step runs forward, backward and update once, and returns the mean cross-entropy.
func (e *Engine) Step() (loss float64, err error) {
	if err := e.run.Run(); err != nil {
		return 0, err
	}
	for _, name := range stateNames(e.Arch) {
		e.run.Swap(name)
	}
	return float64(e.run.Tensors["loss"].Data[0]), nil
}

// Close frees the graph and its tensors.
func (e *Engine) Close() { e.run.Close() }

// Scorer names segments with the weights that an engine has. It must be closed before the engine takes another step.
type Scorer struct {
	Batch   int
	classes int
	run     *stepgraph.Runner
}

// NewScorer loads the scoring graph for so many segments at a time.
func (e *Engine) NewScorer(batch int, g infer.GraphOptions) (*Scorer, error) {
	weights := map[string]*infer.Tensor{}
	for name, t := range e.run.Tensors {
		if strings.HasSuffix(name, ".w") || strings.HasSuffix(name, ".b") {
			weights[name] = t
		}
	}
	r, err := stepgraph.New(ScoreGraph(e.Arch, batch), g, weights)
	if err != nil {
		return nil, fmt.Errorf("scoring graph: %w", err)
	}
	return &Scorer{batch, e.Arch.Classes, r}, nil
}

// Input is (Batch, Frames, 2·Bands), normalised; the caller fills it.
func (s *Scorer) Input() []float32 { return s.run.Tensors["segment"].Data }

// Scores are the probabilities (n,K) of the first n segments of the input, valid until the next call.
func (s *Scorer) Scores(n int) ([]float32, error) {
	if err := s.run.Run(); err != nil {
		return nil, err
	}
	return s.run.Tensors["scores"].Data[:n*s.classes], nil
}

// Close frees the graph and its own tensors.
func (s *Scorer) Close() { s.run.Close() }
