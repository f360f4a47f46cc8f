package batches

import (
	"math"
	"math/rand/v2"

	"earshot/gammatone"
)

// Where a band limit may lie: what is left of 8 kHz sound, of which half of the limits are, up to where codecs cut.
const (
	lowestLimit  = 3200.0 // Hz
	telephone    = 4000.0
	highestLimit = 16000.0
	sideLobes    = 3e-6 // of the power below the limit, what the frame's Hamming window spreads above it
	limits       = 24   // that are made in advance; half of them up to telephone
)

// bandLimits are what is left of the energy of each band where sound ends at one of some frequencies.
type bandLimits [limits][bands]float32

// newBandLimits computes them for sound that is alike at all frequencies: bands above the limit keep what their skirt
// still reaches.
func newBandLimits(front gammatone.Config) *bandLimits {
	weights, bins := gammatone.Weights(front), front.Bins()
	var out bandLimits
	for i := range out {
		limit := lowestLimit * math.Pow(telephone/lowestLimit, float64(i)/(limits/2-1))
		if i >= limits/2 {
			limit = telephone * math.Pow(highestLimit/telephone, float64(i-limits/2+1)/(limits/2))
		}
		last := int(limit * float64(front.FrameSamples) / float64(front.SampleRate))
		for k := range bands {
			below, all := 0.0, 0.0
			for bin, w := range weights[k*bins : (k+1)*bins] {
				all += w * w
				if bin <= last {
					below += w * w
				} else {
					below += sideLobes * w * w
				}
			}
			out[i][k] = float32(below / all)
		}
	}
	return &out
}

// apply takes (frames, bands) energies through one of the limits.
func (b *bandLimits) apply(e []float32, rng *rand.Rand) {
	keep := &b[rng.IntN(limits)]
	for i := 0; i < len(e); i += bands {
		for k, share := range keep {
			e[i+k] *= share
		}
	}
}
