package streams

import (
	"math"
	"slices"

	"earshot/daemon/replay"
	"earshot/infer/smooth"
	"earshot/train/metrics/stream"
)

// thresholds are the operating points of curves and PSDS: from 2 to 99.9 %, evenly spaced in log-odds, as scores
// near 0 and 1 are where a network has most to say.
func thresholds() []float64 {
	const from, to, n = -4.0, 7.0, 45
	out := make([]float64, n)
	for i := range out {
		out[i] = 1 / (1 + math.Exp(-(from + (to-from)*float64(i)/(n-1))))
	}
	return out
}

// sweep smooths what was played anew at every threshold, common to all labels; each label's lower threshold keeps
// its share of the upper one, and durations stay.
func (o Options) sweep(played []*replay.Recording) []stream.Point {
	var out []stream.Point
	for _, t := range thresholds() {
		c := o.Smooth
		c.Rules, c.Groups = slices.Clone(c.Rules), nil
		for i, r := range c.Rules {
			if r != (smooth.Rule{}) {
				c.Rules[i].On, c.Rules[i].Off = t, t*r.Off/r.On
			}
		}
		p := stream.Point{Threshold: t}
		for _, r := range played {
			p.Found = append(p.Found, o.found(r, r.Again(c)))
		}
		out = append(out, p)
	}
	return out
}
