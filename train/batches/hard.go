package batches

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"earshot/train"
	"earshot/train/features"
)

// Negative is a window of background.
type Negative struct {
	Clip  int     // index in the sampler's background
	Start int     // frame
	Wrong float32 // probability that the network gave to anything but background
}

// Hard tells whether the network was wrong about it.
func (n Negative) Hard() bool { return n.Wrong >= wrongFrom }

// How hard negatives are looked for. The numbers were settled by what a round costs: about an epoch's forward pass.
const (
	roundWindows = 2048 // asked about in a round, besides the hard ones of the round before
	wrongFrom    = 0.1  // a window is hard from this probability of anything but background on
	mostHard     = 512
	fullHard     = 128 // from so many on the recipe's share is drawn from them; with fewer, in proportion, so that none is seen all day
	jitter       = 16  // frames a hard window is moved by, at most
)

// Round draws windows of background, of which there must be some, to ask the network about: fresh ones, then the hard ones of the round before.
func (s *Sampler) Round(step int) (asked []Negative, fresh int) {
	rng := rand.New(rand.NewPCG(s.seed^0x3a9d, uint64(step)))
	for range roundWindows {
		clip := rng.IntN(len(s.background))
		asked = append(asked, Negative{Clip: clip, Start: rng.IntN(max(1, s.background[clip].Frames-train.Frames+1))})
	}
	return append(asked, s.hard...), roundWindows
}

// Places are where asked are.
func (s *Sampler) Places(asked []Negative) []train.Place {
	out := make([]train.Place, len(asked))
	for i, n := range asked {
		out[i] = train.Place{Clip: s.background[n.Clip], Start: n.Start}
	}
	return out
}

// Keep makes those of asked that the network was wrong about the hard ones, at most 512.
func (s *Sampler) Keep(asked []Negative) {
	s.hard = nil
	for _, n := range asked {
		if n.Hard() {
			s.hard = append(s.hard, n)
		}
	}
	slices.SortStableFunc(s.hard, func(a, b Negative) int { return cmp.Compare(b.Wrong, a.Wrong) })
	s.hard = slices.Clip(s.hard[:min(len(s.hard), mostHard)])
}

// Hard are the hard negatives at the moment.
func (s *Sampler) Hard() []Negative { return s.hard }

var errNotTheBackground = errors.New("hard negatives of other recordings")

// SetHard goes on with the hard negatives of a training that was stopped.
func (s *Sampler) SetHard(hard []Negative) error {
	for _, n := range hard {
		if n.Clip < 0 || n.Clip >= len(s.background) || n.Start < 0 || n.Start > s.background[n.Clip].Frames {
			return fmt.Errorf("%w: frame %d of recording %d of %d", errNotTheBackground, n.Start, n.Clip, len(s.background))
		}
	}
	s.hard = slices.Clone(hard)
	return nil
}

// negative draws a window of background: a hard one, near where it was, or any (start −1).
func (s *Sampler) negative(rng *rand.Rand) (c *features.Clip, start int) {
	if n := len(s.hard); n > 0 && rng.Float64() < s.recipe.Mine*min(1, float64(n)/fullHard) {
		h := s.hard[rng.IntN(n)]
		c = s.background[h.Clip]
		return c, min(max(h.Start+rng.IntN(2*jitter+1)-jitter, 0), max(0, c.Frames-train.Frames))
	}
	return s.background[rng.IntN(len(s.background))], -1
}
