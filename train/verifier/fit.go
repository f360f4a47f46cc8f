// Package verifier trains the second opinion's head: a multinomial logistic regression on standardised
// embeddings, with a quadratic penalty.
//
//	minimise  Σ_i s_i·(−ln softmax(W·z_i + b + o_i)[y_i]) / Σ_i s_i  +  (decay/2)·Σ W²,  z = (x − mean)/deviation
//
// o_i are logits that something else gave already, usually none.
//
// The sum is convex, with one minimum, which L-BFGS finds (D. C. Liu, J. Nocedal, "On the limited memory
// BFGS method for large scale optimization", Mathematical Programming 45, 1989; gonum's). In terms of the
// usual C, decay is 1/(C·Σ s). The same data give the same bits on whatever number of processors.
package verifier

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/optimize"
)

// Data are labelled embeddings.
type Data struct {
	X      []float32 // (n, Dims) row-major; not changed
	Y      []int     // (n) classes, 0 … Classes−1
	Weight []float32 // (n) how much each counts, ≥ 0; nil: all alike
	Offset []float32 // (n, Classes) added to the logits; nil: nothing

	Dims    int // values an embedding
	Classes int // with "none of these" as the last
}

// Options say how Fit works.
type Options struct {
	Decay      float64 // weight of the penalty, > 0
	Iterations int     // most of L-BFGS's; 0 is 200
	Tolerance  float64 // of the gradient's largest part; 0 is 1e-5

	Stop <-chan struct{} // closed: the search ends after the sum it is at; may be nil
}

// ErrStopped says that Stop was closed before the minimum was found.
var ErrStopped = errors.New("stopped before the second opinion was learned")

// Solution is what was found.
type Solution struct {
	Weights         []float64 // (Classes, Dims) on standardised values
	Bias            []float64 // (Classes)
	Mean, Deviation []float64 // (Dims)

	Loss       float64 // at the end, penalty included
	Gradient   float64 // its largest part, in magnitude
	Iterations int
	Evaluated  int // gradients computed
}

// Fit finds the regression's weights. It fails on data of wrong sizes and when nothing counts; stopping at
// Iterations is no error (Solution.Gradient tells).
func Fit(d Data, o Options) (*Solution, error) {
	if err := d.check(o); err != nil {
		return nil, err
	}
	if o.Iterations == 0 {
		o.Iterations = 200
	}
	if o.Tolerance == 0 {
		o.Tolerance = 1e-5
	}
	mean, deviation := d.moments()
	p := newProblem(d, mean, deviation, o.Decay)
	p.stop = o.Stop
	start := make([]float64, d.Classes*(d.Dims+1))
	result, err := optimize.Minimize(optimize.Problem{Func: p.loss, Grad: p.gradient}, start, &optimize.Settings{
		GradientThreshold: o.Tolerance,
		MajorIterations:   o.Iterations,
		Concurrent:        0,
		Recorder:          p,
		Converger:         &optimize.FunctionConverge{Relative: 1e-9, Iterations: 10},
	}, &optimize.LBFGS{Store: 12})
	if p.stopped() {
		return nil, ErrStopped
	}
	// Near the minimum the line search finds no lower point in single precision: that is where it ends.
	if result == nil || err != nil && !stalled(err) {
		return nil, fmt.Errorf("train the second opinion: %w", err)
	}
	p.at(result.X)
	n := d.Classes * d.Dims
	s := &Solution{Weights: result.X[:n], Bias: result.X[n:], Mean: mean, Deviation: deviation,
		Loss: p.value, Iterations: result.MajorIterations, Evaluated: p.evaluated}
	for _, g := range p.grad {
		s.Gradient = max(s.Gradient, math.Abs(g))
	}
	return s, nil
}

// stalled says whether the line search gave up, and not something else.
func stalled(err error) bool {
	return errors.Is(err, optimize.ErrLinesearcherFailure) || errors.Is(err, optimize.ErrNoProgress) ||
		errors.Is(err, optimize.ErrNonDescentDirection) || errors.Is(err, optimize.ErrLinesearcherBound)
}

func (d Data) check(o Options) error {
	n := len(d.Y)
	if d.Dims < 1 || d.Classes < 2 || n < 1 || len(d.X) != n*d.Dims || d.Weight != nil && len(d.Weight) != n ||
		d.Offset != nil && len(d.Offset) != n*d.Classes {
		return fmt.Errorf("train the second opinion: %d values, %d classes named, %d weights, %d offsets; want %d dimensions each, 2 classes or more (%d)",
			len(d.X), n, len(d.Weight), len(d.Offset), d.Dims, d.Classes)
	}
	if !(o.Decay > 0) {
		return fmt.Errorf("train the second opinion: decay %g, want more than 0", o.Decay)
	}
	total := 0.0
	for i, y := range d.Y {
		if y < 0 || y >= d.Classes {
			return fmt.Errorf("train the second opinion: embedding %d is of class %d, want 0 to %d", i, y, d.Classes-1)
		}
		w := float64(d.weight(i))
		if !(w >= 0) || math.IsInf(w, 0) {
			return fmt.Errorf("train the second opinion: embedding %d has weight %g, want 0 or more", i, w)
		}
		total += w
	}
	if total == 0 {
		return errors.New("train the second opinion: all weights are 0")
	}
	return nil
}

func (d Data) weight(i int) float32 {
	if d.Weight == nil {
		return 1
	}
	return d.Weight[i]
}

// leastDeviation keeps values that hardly ever move from being blown up.
const leastDeviation = 1e-2

// moments are the weighted mean and standard deviation of each value.
func (d Data) moments() (mean, deviation []float64) {
	mean, deviation = make([]float64, d.Dims), make([]float64, d.Dims)
	total := 0.0
	for i := range d.Y {
		w := float64(d.weight(i))
		total += w
		for k, v := range d.X[i*d.Dims : (i+1)*d.Dims] {
			mean[k] += w * float64(v)
		}
	}
	for k := range mean {
		mean[k] /= total
	}
	for i := range d.Y {
		w := float64(d.weight(i))
		for k, v := range d.X[i*d.Dims : (i+1)*d.Dims] {
			deviation[k] += w * (float64(v) - mean[k]) * (float64(v) - mean[k])
		}
	}
	for k := range deviation {
		deviation[k] = max(math.Sqrt(deviation[k]/total), leastDeviation)
	}
	return mean, deviation
}
