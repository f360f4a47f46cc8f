package engine

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"earshot/daemon/config"
	"earshot/infer"
	"earshot/train/modelfile"
)

// A race is so many runs of a window; eight bits win when they take at most fasterShare of the time. Processors with
// VNNI or dot-product instructions take half of it, others more than all.
const (
	raceRuns    = 12
	fasterShare = 0.85
)

// Prefer returns the form of a model that inference.precision asks for: m itself, or m with its convolutions in eight
// bits. "auto" (also "") lets both run and takes the faster; a model that cannot be run in eight bits, and one that a graphics
// card computes, stays as it is. The runtime is loaded already.
func Prefer(m *infer.Model, o infer.Options, precision string) (*infer.Model, error) {
	if precision == config.PrecisionFP32 {
		return m, nil
	}
	small, err := modelfile.EightBit(m)
	switch {
	case err != nil && precision == config.PrecisionINT8:
		return nil, Error{fmt.Errorf("inference.precision is int8: %w", err)}
	case err != nil || small == m:
		return m, nil
	case precision == config.PrecisionINT8:
		return small, nil
	}
	return faster(m, small, o)
}

// faster lets two forms of a model take turns, so that a busy machine is busy for both, and returns the second if its best
// time is clearly the shorter one. What does not run on the CPU, and what does not run at all, is for the caller to meet.
func faster(m, small *infer.Model, o infer.Options) (*infer.Model, error) {
	o.MaxBatch = 1
	var sessions [2]*infer.Session
	for i, form := range []*infer.Model{m, small} {
		s, err := infer.NewSession(form, o)
		if err != nil {
			return m, nil
		}
		defer s.Close()
		if s.Provider != "cpu" {
			return m, nil
		}
		sessions[i] = s
	}
	x := make([]float32, infer.WindowLen)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range x {
		x[i] = float32(-30 + 12*rng.NormFloat64())
	}
	best := [2]float64{math.Inf(1), math.Inf(1)}
	for range raceRuns {
		for i, s := range sessions {
			began := time.Now()
			if _, _, err := s.Run(x, 1); err != nil {
				return nil, Error{err}
			}
			best[i] = min(best[i], time.Since(began).Seconds())
		}
	}
	if best[1] <= fasterShare*best[0] {
		return small, nil
	}
	return m, nil
}
