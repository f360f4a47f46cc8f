package main

import (
	"math"
	"math/rand/v2"
)

const rate = 44100 // Hz

// doorbell is the n-th ringing of one and the same bell: ding, dong, a falling third of decaying partials, struck harder or softer.
func doorbell(n int) []float32 {
	rng := rand.New(rand.NewPCG(7, uint64(n)))
	high := 655 + 8*rng.Float64() // Hz
	gap, ring := 0.45+0.15*rng.Float64(), 1.2+0.4*rng.Float64()
	loud := 0.08 + 0.2*rng.Float64()
	x := make([]float32, int((gap+ring)*rate))
	for _, note := range []struct{ at, hz float64 }{{0, high}, {gap, high * 0.79}} {
		for _, partial := range []struct{ times, level, decay float64 }{{1, 0.5, 3}, {2.01, 0.25, 4}, {2.98, 0.12, 6}} {
			for i := int(note.at * rate); i < len(x); i++ {
				t := float64(i)/rate - note.at
				x[i] += float32(loud * partial.level * math.Min(1, t/0.002) * math.Exp(-partial.decay*t) * math.Sin(2*math.Pi*note.hz*partial.times*t))
			}
		}
	}
	return x
}

// hum is the room: so many seconds of faint noise, without which a microphone would be taken for dead.
func hum(seconds float64, seed uint64) []float32 {
	rng := rand.New(rand.NewPCG(3, seed))
	x := make([]float32, int(seconds*rate))
	low := 0.0
	for i := range x {
		low = 0.95*low + 0.05*rng.NormFloat64()
		x[i] = float32(0.004 * low)
	}
	return x
}
