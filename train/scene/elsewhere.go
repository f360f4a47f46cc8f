package scene

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Elsewhere are the ways in which [Hear] changes a recording.
var Elsewhere = []string{"8000 Hz", "room", "background"}

// Limits of what is drawn.
const (
	leastOver = 0.0 // dB, the loudest part of a recording over its background
	mostOver  = 20.0
)

// Hear is a recording, mono at [Rate], as another microphone would have it, in time with x: through sound of 8 kHz; across a
// room (1 to 8 m, reverberation of 0.15 to 1.2 s); or over a background, which bed gives (nil: no sound at all) as long
// as the recording or longer. The seed decides what is drawn.
func Hear(x []float32, way string, bed []float32, seed uint64) ([]float32, error) {
	rng := rand.New(rand.NewPCG(seed, 0xe15e))
	switch way {
	case Elsewhere[0]:
		return Through(x, "8000")
	case Elsewhere[1]:
		y := append([]float32{}, x...)
		dull(y, even(rng, nearest, farthest))
		return convolve(y, room(even(rng, roomShortest, roomLongest), directLeast+(directMost-directLeast)*rng.Float64(), rng))[:len(x)], nil
	case Elsewhere[2]:
		over := leastOver + (mostOver-leastOver)*rng.Float64()
		n := min(len(x), len(bed))
		y := append([]float32{}, x...)
		loud, under := loudest(x), energy(bed[:n])/float64(max(1, n))
		if loud == 0 || under < faintest {
			return y, nil
		}
		gain := float32(math.Sqrt(loud * math.Pow(10, -over/10) / under))
		for i := range n {
			y[i] += gain * bed[i]
		}
		return y, nil
	}
	return nil, fmt.Errorf("recording elsewhere: %q; want one of %q", way, Elsewhere)
}

// loudest is the power of the loudest quarter of a second.
func loudest(x []float32) float64 {
	const n = Rate / 4
	most := 0.0
	for i := 0; i < len(x); i += n {
		most = max(most, energy(x[i:min(len(x), i+n)])/n)
	}
	return most
}
