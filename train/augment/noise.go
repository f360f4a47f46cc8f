// Package augment changes waveforms without changing what they are: time
// stretch, pitch shift, noise at a given signal-to-noise ratio, gain. All of
// it is mono float32 at any rate, full scale ±1, and deterministic for the
// random source it is given.
//
// Caller bugs (a stretch out of range, a SNR that is not a number) panic with
// the package's name; package train checks what users type.
package augment

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
)

// Colour is the spectrum of a noise.
type Colour int

const (
	White Colour = iota // equal power a hertz
	Pink                // equal power an octave: −3 dB an octave
	Brown               // −6 dB an octave above 20 Hz, flat below
)

var colourNames = []string{"white", "pink", "brown"}

// String returns the colour's name, as [ParseColour] reads it.
func (c Colour) String() string {
	if c < 0 || int(c) >= len(colourNames) {
		return fmt.Sprintf("colour %d", int(c))
	}
	return colourNames[c]
}

// ParseColour is the inverse of String.
func ParseColour(s string) (Colour, error) {
	for i, n := range colourNames {
		if strings.EqualFold(s, n) {
			return Colour(i), nil
		}
	}
	return 0, fmt.Errorf("noise colour %q; want %s", s, strings.Join(colourNames, ", "))
}

// Noise fills dst with Gaussian noise of unit RMS (exactly, over dst).
func Noise(dst []float32, c Colour, rng *rand.Rand) {
	var shape func([]float64)
	switch c {
	case White:
		shape = func([]float64) {}
	case Pink:
		shape = newPink()
	case Brown:
		shape = newBrown()
	default:
		panic("augment: " + c.String() + " is no colour of noise")
	}
	var block [1 << 9]float64
	for range settleSamples(c) / len(block) { // let the slow poles reach their steady state
		normal(block[:], rng)
		shape(block[:])
	}
	for from := 0; from < len(dst); from += len(block) {
		x := block[:min(len(block), len(dst)-from)]
		normal(x, rng)
		shape(x)
		for i, v := range x {
			dst[from+i] = float32(v)
		}
	}
	Normalise(dst)
}

func normal(x []float64, rng *rand.Rand) {
	for i := range x {
		x[i] = rng.NormFloat64()
	}
}

// Normalise scales x to unit RMS; silence stays as it is.
func Normalise(x []float32) {
	if rms := RMS(x); rms > 0 {
		for i, v := range x {
			x[i] = float32(float64(v) / rms)
		}
	}
}

// RMS is the root of the mean square of x; 0 for an empty x.
func RMS(x []float32) float64 {
	if len(x) == 0 {
		return 0
	}
	sum := 0.0
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum / float64(len(x)))
}

// settleSamples is six time constants of the slowest pole, or more.
func settleSamples(c Colour) int {
	switch c {
	case Pink:
		return 1 << 13
	case Brown:
		return 1 << 12
	}
	return 0
}

// newPink returns a filter of slope −3 dB an octave: one-pole, one-zero
// sections in a row, poles at a quarter of each other's frequency and each
// zero in the (geometric) middle of two poles, so that the response steps down
// 6 dB for every two octaves. Frequencies are in units of the sample rate:
// slope holds from 2e-4 (9 Hz at 44.1 kHz) up.
func newPink() func([]float64) {
	const sections = 7
	var pole, zero, in, out [sections]float64
	f := 1.2e-4
	for i := range sections {
		pole[i] = math.Exp(-2 * math.Pi * f)
		zero[i] = math.Exp(-2 * math.Pi * 2 * f)
		f *= 4
	}
	return func(x []float64) { // section by section: each is a loop without a call
		for i := range sections {
			p, z, before, y := pole[i], zero[i], in[i], out[i]
			for k, v := range x {
				y = v - z*before + p*y
				before = v
				x[k] = y
			}
			in[i], out[i] = before, y
		}
	}
}

// newBrown returns an integrator that leaks below 20 Hz at 44.1 kHz.
func newBrown() func([]float64) {
	pole := math.Exp(-2 * math.Pi * 20 / 44100)
	y := 0.0
	return func(x []float64) {
		for k, v := range x {
			y = pole*y + v
			x[k] = y
		}
	}
}

// AddNoise returns x plus noise of a colour at snrDB, measured over the whole
// of x, zero padding included. Silence comes back unchanged.
func AddNoise(x []float32, c Colour, snrDB float64, rng *rand.Rand) []float32 {
	noise := make([]float32, len(x))
	Noise(noise, c, rng)
	return MixAtSNR(x, noise, snrDB)
}

// MixAtSNR returns x plus as much of noise as gives snrDB, both powers measured
// over the whole of x; noise is repeated or cut to its length. Where either is
// silent, x comes back as a copy.
func MixAtSNR(x, noise []float32, snrDB float64) []float32 {
	if math.IsNaN(snrDB) || math.IsInf(snrDB, 0) {
		panic("augment: SNR is not a finite number of dB")
	}
	out := make([]float32, len(x))
	copy(out, x)
	if len(noise) == 0 || len(x) == 0 {
		return out
	}
	if len(noise) > len(x) {
		noise = noise[:len(x)]
	}
	// The power of the noise as it is laid, so that a part-repeat counts.
	power := 0.0
	for i := range x {
		v := float64(noise[i%len(noise)])
		power += v * v
	}
	power /= float64(len(x))
	signal := RMS(x)
	if power == 0 || signal == 0 {
		return out
	}
	g := signal / math.Sqrt(power) * math.Pow(10, -snrDB/20)
	for i := range out {
		out[i] = float32(float64(x[i]) + g*float64(noise[i%len(noise)]))
	}
	return out
}

// Gain returns x louder by db decibels, not clipped.
func Gain(x []float32, db float64) []float32 {
	g := math.Pow(10, db/20)
	out := make([]float32, len(x))
	for i, v := range x {
		out[i] = float32(g * float64(v))
	}
	return out
}
