package takes

import (
	"math"
	"math/rand/v2"
)

// Spectrum is a room's level by thirds of an octave from 63 Hz to 16 kHz, dBFS; nil where there is no room.
type Spectrum []float64

// thirds are how many there are.
const thirds = 25

func centre(i int) float64 { return 1000 * math.Pow(2, float64(i-12)/3) }

// third is a band-pass of unit gain in its middle (R. Bristow-Johnson, "Cookbook formulae for audio equalizer biquad
// filter coefficients").
type third struct{ b0, a1, a2 float64 }

func newThird(i int) third {
	w := 2 * math.Pi * centre(i) / Rate
	alpha := math.Sin(w) * math.Sinh(math.Ln2/2/3*w/math.Sin(w)) // a third of an octave between −3 dB
	return third{b0: alpha / (1 + alpha), a1: -2 * math.Cos(w) / (1 + alpha), a2: (1 - alpha) / (1 + alpha)}
}

// through replaces x by what comes out of the filter, and returns the sum of its squares.
func (f third) through(x []float64) (power float64) {
	var x1, x2, y1, y2 float64
	for i, v := range x {
		y := f.b0*(v-x2) - f.a1*y1 - f.a2*y2
		x2, x1, y2, y1 = x1, v, y1, y
		x[i] = y
		power += y * y
	}
	return power
}

// leastRoom is how much quiet tells a room's spectrum, in samples.
const leastRoom = Rate / 2

func spectrumOf(x []float32) Spectrum {
	if len(x) < leastRoom {
		return nil
	}
	out, band := make(Spectrum, thirds), make([]float64, len(x))
	for i := range out {
		for n, v := range x {
			band[n] = float64(v)
		}
		out[i] = 10 * math.Log10(newThird(i).through(band)/float64(len(x))+1e-15)
	}
	return out
}

// Alike tells whether rooms sound the same, level and colour: no third of an octave differs by more than 3 dB from the mean of
// all. Less than two rooms tell nothing.
func Alike(rooms []Spectrum) bool {
	const most = 3.0 // dB
	n := 0
	var mean [thirds]float64
	for _, r := range rooms {
		if r == nil {
			continue
		}
		n++
		for i, v := range r {
			mean[i] += v
		}
	}
	if n < 2 {
		return false
	}
	for _, r := range rooms {
		for i, v := range r {
			if math.Abs(v-mean[i]/float64(n)) > most {
				return false
			}
		}
	}
	return true
}

// Noise makes noise of a room's colour, louder by so many dB.
func (s Spectrum) Noise(samples int, louder float64, rng *rand.Rand) []float32 {
	const overlap = 0.75 // neighbouring thirds add to each other
	sum, band := make([]float64, samples), make([]float64, samples)
	for i, level := range s {
		for n := range band {
			band[n] = rng.NormFloat64()
		}
		power := newThird(i).through(band)/float64(samples) + 1e-15
		gain := overlap * math.Pow(10, (level+louder)/20) / math.Sqrt(power)
		for n, v := range band {
			sum[n] += gain * v
		}
	}
	out := make([]float32, samples)
	for i, v := range sum {
		out[i] = float32(v)
	}
	return out
}
