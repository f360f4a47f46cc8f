package opinion

import (
	"math"

	"earshot/verify"
)

// Network is the second network, and the model's head on it. It may be shared.
type Network struct {
	Head   *verify.Head
	Embed  verify.Embed // safe for concurrent use when it is shared
	Sounds int          // that it tells apart by itself
}

// Config says of which labels it is asked, and when.
type Config struct {
	Labels []Label // (K), in the first network's order
	Groups [][]int // members of each group; group g has the index K+g in events
}

// Label is one label of the first network.
type Label struct {
	Class     int     // index in the head; −1: it does not know this label, whose score stays the first network's
	Watched   bool    // it can switch a sensor, so that it is worth a question
	Candidate float64 // the first network's score from which on both count
	First     Thresholds
	Fused     Thresholds // of the score that both make, as the smoothing applies them
}

// Thresholds are scores that switch on and off, 0 < Off ≤ On ≤ 1.
type Thresholds struct{ On, Off float64 }

// All asks about every label that the head knows, for who names sounds and switches nothing.
func All(h *verify.Head, labels []string) Config {
	c := Config{Labels: make([]Label, len(labels))}
	for i, id := range labels {
		l := &c.Labels[i]
		if l.Class = h.Index(id); l.Class < 0 {
			continue
		}
		f := h.Fusions[l.Class]
		l.Watched, l.Candidate = true, f.Candidate
		l.Fused = Thresholds{f.On, f.Off}
		l.First = l.Fused
	}
	return c
}

// asks tells whether a score is a reason to ask.
func (l *Label) asks(p float32) bool { return l.Watched && l.fuses(p) }

// fuses tells whether a score is replaced by the fused one.
func (l *Label) fuses(p float32) bool { return l.Class >= 0 && float64(p) >= l.Candidate }

// alone is the score that stands when the second network has not answered: piecewise linear, the first one's
// thresholds to the fused ones, 0 to 0 and 1 to 1. It is rounded up, so that a threshold met is met afterwards.
func (l *Label) alone(p float32) float32 {
	from := [...]float64{0, l.First.Off, l.First.On, 1}
	to := [...]float64{0, l.Fused.Off, l.Fused.On, 1}
	x := float64(p)
	for i := 1; i < len(from); i++ {
		if x >= from[i] && i < len(from)-1 {
			continue
		}
		y := to[i-1]
		if width := from[i] - from[i-1]; width > 0 {
			y += (x - from[i-1]) / width * (to[i] - to[i-1])
		}
		rounded := float32(y)
		if float64(rounded) < y {
			rounded = math.Nextafter32(rounded, 2)
		}
		return rounded
	}
	return p
}
