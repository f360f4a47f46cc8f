package modelfile

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"earshot/gammatone"
	"earshot/train"
	"earshot/train/acrnn"
	"earshot/train/forward"
)

// Calibration of an int8 network: how many training windows it looks at, at most, and
// how many values of each tensor it remembers.
const (
	calibrationWindows = 256
	calibrationValues  = 1 << 19
)

// Calibrate runs the float network over windows of examples and finds, for each
// tensor between convolutions, the span that eight bits serve best.
func Calibrate(ctx context.Context, a acrnn.Arch, w acrnn.Weights, front gammatone.Config, examples []train.Example, seed uint64, threads int) (acrnn.Quantisation, error) {
	if len(examples) == 0 {
		return nil, errors.New("calibrate int8: no clips to measure activations on")
	}
	g := acrnn.InferenceGraph(a, w, acrnn.InferenceOptions{Probe: true})
	points := a.Points()
	var out []forward.Value
	for _, p := range points {
		out = append(out, forward.Value{Name: p, Dims: a.PointShape(p, 1)[1:]})
	}
	net, err := forward.Open(g.Marshal(), threads, forward.Window, out...)
	if err != nil {
		return nil, fmt.Errorf("calibrate int8: %w", err)
	}
	defer net.Close()
	seen := make([]observed, len(points))
	starts, all := make([][]int, len(examples)), 0
	for i, e := range examples {
		starts[i] = train.Starts(e.Clip, train.Frames/2)
		all += len(starts[i])
	}
	rng := rand.New(rand.NewPCG(seed, 0xca11b))
	log := make([]float32, train.Bands*train.Frames)
	// Twice as many as there are show nearly nine in ten of them.
	err = net.Each(min(calibrationWindows, 2*all), func(_ int, dst []float32) {
		k := rng.IntN(len(examples))
		train.Cut(dst, log, examples[k].Clip, starts[k][rng.IntN(len(starts[k]))], front)
	}, func(out [][]float32) error {
		for i, x := range out {
			seen[i].add(x, rng)
		}
		return ctx.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("calibrate int8: %w", err)
	}
	q := acrnn.Quantisation{}
	for i, name := range points {
		q[name] = seen[i].best()
	}
	return q, nil
}

// observed remembers extremes and a random sample of a tensor's values.
type observed struct {
	low, high float32
	sample    []float32
}

func (o *observed) add(x []float32, rng *rand.Rand) {
	for _, v := range x {
		o.low, o.high = min(o.low, v), max(o.high, v)
	}
	take := min(len(x), calibrationValues*forward.Batch/calibrationWindows)
	for range take {
		o.sample = append(o.sample, x[rng.IntN(len(x))])
	}
}

// clips are the shares of values beyond the span, at each end, that are tried:
// cutting off rare extremes makes the steps finer for all the rest.
var clips = []float64{0, 1e-5, 1e-4, 5e-4, 1e-3, 2e-3, 5e-3}

// best is the span with the least mean square error of rounding, over the sample.
func (o *observed) best() acrnn.Range {
	sample := newSortedSample(o.sample)
	found, least := acrnn.Range{Low: o.low, High: o.high}, math.Inf(1)
	for _, clip := range clips {
		r := acrnn.Range{Low: o.low, High: o.high}
		if clip > 0 {
			cut := int(clip * float64(len(o.sample)))
			r = acrnn.Range{Low: min(0, o.sample[cut]), High: max(0, o.sample[len(o.sample)-1-cut])}
		}
		if e := sample.roundingError(r); e < least {
			found, least = r, e
		}
	}
	return found
}

// sortedSample has the sums of its first n values, and of their squares, at n.
type sortedSample struct {
	values       []float32
	sum, squares []float64
}

func newSortedSample(x []float32) sortedSample {
	slices.Sort(x)
	s := sortedSample{x, make([]float64, len(x)+1), make([]float64, len(x)+1)}
	sum, squares := 0.0, 0.0
	for i, v := range x {
		sum, squares = sum+float64(v), squares+float64(v)*float64(v)
		s.sum[i+1], s.squares[i+1] = sum, squares
	}
	return s
}

// roundingError is the sum of squares of the values minus their eight-bit forms: those that fall to one of the 256 levels lie in a row.
func (s sortedSample) roundingError(r acrnn.Range) float64 {
	scale, zero := r.Linear()
	all, from := 0.0, 0
	for q := range 256 {
		level := (float64(q) - float64(zero)) * float64(scale)
		to := len(s.values)
		if q < 255 {
			n, _ := slices.BinarySearch(s.values[from:], float32(level+float64(scale)/2))
			to = from + n
		}
		all += s.squares[to] - s.squares[from] - 2*level*(s.sum[to]-s.sum[from]) + float64(to-from)*level*level
		from = to
	}
	return all
}
