package batches

import (
	"math"
	"math/rand/v2"

	"earshot/gammatone"
)

// Limits of the rooms that windows are put into, drawn evenly on a logarithmic scale.
const (
	roomShortest = 0.15 // s, time to decay by 60 dB at the lowest band
	roomLongest  = 1.2
	roomClosest  = 15.0 // dB, direct sound over all its reverberation
	roomFarthest = -3.0
)

// reverberate adds a room's exponential tail to every band of (frames, bands)
// energies (Polack's model: a decay of 60 dB in the reverberation time; high
// bands, which air and cloth swallow, decay up to twice as fast). What came
// before the window is taken to have been like its first frame.
func reverberate(e []float32, front gammatone.Config, rng *rand.Rand) {
	seconds := roomShortest * math.Pow(roomLongest/roomShortest, rng.Float64())
	ratio := math.Pow(10, -(roomFarthest+(roomClosest-roomFarthest)*rng.Float64())/10)
	hop := float64(front.HopSamples) / float64(front.SampleRate)
	var keep, gain, tail [bands]float32
	for k := range keep {
		d := math.Pow(10, -6*hop/(seconds*(1-0.5*float64(k)/bands)))
		keep[k], gain[k] = float32(d), float32(ratio*(1-d))
		tail[k] = e[k] / float32(1-d)
	}
	for i := 0; i < len(e); i += bands {
		row := e[i : i+bands]
		for k, x := range row {
			row[k] = x + gain[k]*tail[k]
			tail[k] = keep[k]*tail[k] + x
		}
	}
}
