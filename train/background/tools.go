package background

import (
	"math"
	"math/rand/v2"

	"earshot/train/augment"
)

// setLevel scales x to a level drawn between lo and hi, dB of RMS re full
// scale (a full-scale square wave is 0 dBFS here), and returns it.
func setLevel(x []float32, lo, hi float64, rng *rand.Rand) float64 {
	db := lo + (hi-lo)*rng.Float64()
	augment.Normalise(x)
	scale(x, math.Pow(10, db/20))
	return db
}

func scale(x []float32, g float64) {
	for i, v := range x {
		x[i] = float32(g * float64(v))
	}
}

// addFloor adds pink or white noise at db dBFS RMS: no tone is alone.
func addFloor(x []float32, db float64, rng *rand.Rand) {
	n := make([]float32, len(x))
	augment.Noise(n, augment.Colour(rng.IntN(2)), rng)
	g := float32(math.Pow(10, db/20))
	for i := range x {
		x[i] += g * n[i]
	}
}

// oscillate adds a·sin(2πft+phase) to x by a rotating phasor.
func oscillate(x []float64, a, hertz, phase float64) {
	c, s := math.Cos(2*math.Pi*hertz/sampleRate), math.Sin(2*math.Pi*hertz/sampleRate)
	re, im := a*math.Cos(phase), a*math.Sin(phase)
	for i := range x {
		x[i] += im
		re, im = re*c-im*s, re*s+im*c
	}
}

// resonate returns x through a two-pole band-pass of unit peak gain at centre
// (R. Bristow-Johnson, "Cookbook formulae for audio equalizer biquad filter
// coefficients").
func resonate(x []float32, centre, q float64) []float32 {
	w := 2 * math.Pi * centre / sampleRate
	alpha := math.Sin(w) / (2 * q)
	b0 := alpha / (1 + alpha)
	a1, a2 := -2*math.Cos(w)/(1+alpha), (1-alpha)/(1+alpha)
	out := make([]float32, len(x))
	var x1, x2, y1, y2 float64
	for i, v := range x {
		y := b0*(float64(v)-x2) - a1*y1 - a2*y2
		x2, x1 = x1, float64(v)
		y2, y1 = y1, y
		out[i] = float32(y)
	}
	return out
}

// lowPass runs two one-pole low-passes over x in place.
func lowPass(x []float32, hertz float64) {
	p := math.Exp(-2 * math.Pi * hertz / sampleRate)
	var a, b float64
	for i, v := range x {
		a = p*a + (1-p)*float64(v)
		b = p*b + (1-p)*a
		x[i] = float32(b)
	}
}

// drift moves the level by up to ±12 dB along a slow random curve, which is computed every driftStep samples and straight between.
func drift(x []float32, rng *rand.Rand) {
	rate := 0.05 + 0.45*rng.Float64() // Hz
	depth, phase := 12*rng.Float64(), 2*math.Pi*rng.Float64()
	gain := func(i int) float64 {
		return math.Pow(10, depth*math.Sin(2*math.Pi*rate*float64(i)/sampleRate+phase)/20)
	}
	g := gain(0)
	for from := 0; from < len(x); from += driftStep {
		next := gain(from + driftStep)
		slope := (next - g) / driftStep
		for i, v := range x[from:min(from+driftStep, len(x))] {
			x[from+i] = float32(float64(v) * (g + slope*float64(i)))
		}
		g = next
	}
}

// driftStep is 5.8 ms: at 0.5 Hz and 12 dB the level moves by 0.2 dB in it.
const driftStep = 256

// quantise16 rounds to steps of a 16-bit sound card and clips there.
func quantise16(x []float32) {
	for i, v := range x {
		s := math.RoundToEven(float64(v) * 32768)
		x[i] = float32(min(max(s, -32768), 32767) / 32768)
	}
}
