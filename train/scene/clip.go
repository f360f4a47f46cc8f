package scene

import (
	"errors"
	"fmt"
	"io"
	"math"

	"gonum.org/v1/gonum/dsp/fourier"

	"math/rand/v2"
)

// maxClip is how much of a clip is used, s.
const maxClip = 30

// readClip reads a clip's first maxClip seconds, without the silence around the
// sound: what no frame of 10 ms comes within 40 dB of the loudest one.
func readClip(path string) ([]float32, error) {
	r, err := open(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	x := make([]float32, 0, 5*Rate)
	buf := make([]float32, 8192)
	for len(x) < maxClip*Rate {
		n, err := r.Read(buf)
		x = append(x, buf[:n]...)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	x = trim(x[:min(len(x), maxClip*Rate)])
	if len(x) == 0 {
		return nil, fmt.Errorf("clip %q: nothing but silence", path)
	}
	return x, nil
}

func trim(x []float32) []float32 {
	const frame = Rate / 100
	loudest := 0.0
	for i := 0; i < len(x); i += frame {
		loudest = max(loudest, energy(x[i:min(len(x), i+frame)]))
	}
	first, last := len(x), 0
	for i := 0; i < len(x); i += frame {
		end := min(len(x), i+frame)
		if e := energy(x[i:end]); e > 0 && e >= loudest*1e-4 {
			first, last = min(first, i), end
		}
	}
	if last <= first {
		return nil
	}
	return x[first:last]
}

// fade softens the ends of a clip over 5 ms, which cutting made steep.
func fade(x []float32) {
	const n = Rate / 200
	for i := range min(n, len(x)/2) {
		g := float32(i) / n
		x[i] *= g
		x[len(x)-1-i] *= g
	}
}

// Limits of the distances and rooms that are drawn, evenly on a logarithmic scale.
const (
	nearest, farthest = 1.0, 8.0 // m
	roomShortest      = 0.15     // s, time to decay by 60 dB
	roomLongest       = 1.2
	directMost        = 15.0 // dB, direct sound over all its reverberation
	directLeast       = -3.0
)

// dull takes the treble away that distance, doors and furniture do: two poles at
// 16 kHz·d^(−2/3), 4 kHz at 8 m. The level of a sound falls by 6 dB a doubling
// besides; that is the caller's.
func dull(x []float32, metres float64) {
	a := float32(1 - math.Exp(-2*math.Pi*16000*math.Pow(metres, -2./3)/Rate))
	var y, z float32
	for i, v := range x {
		y += a * (v - y)
		z += a * (y - z)
		x[i] = z
	}
}

// room is a room's reverberation after a sound (Polack's model): noise that
// decays by 60 dB in so many seconds, twice as fast above 2 kHz, from 2 ms on,
// with its energy so many dB below the direct sound's.
func room(seconds, direct float64, rng *rand.Rand) []float32 {
	n := int(seconds * Rate)
	h := make([]float32, n)
	pole := 1 - math.Exp(-2*math.Pi*2000/Rate)
	low := 0.0
	for i := Rate / 500; i < n; i++ {
		w := rng.NormFloat64()
		low += pole * (w - low)
		decay := math.Pow(10, -3*float64(i)/float64(n))
		h[i] = float32(decay*low + decay*decay*(w-low))
	}
	if e := energy(h); e > 0 {
		scale := float32(math.Sqrt(math.Pow(10, -direct/10) / e))
		for i := range h {
			h[i] *= scale
		}
	}
	h[0] = 1
	return h
}

// convolve is x∗h, by the Fourier transform.
func convolve(x, h []float32) []float32 {
	n := 1
	for n < len(x)+len(h)-1 {
		n *= 2
	}
	fft := fourier.NewFFT(n)
	spectrum := func(x []float32) []complex128 {
		padded := make([]float64, n)
		for i, v := range x {
			padded[i] = float64(v)
		}
		return fft.Coefficients(nil, padded)
	}
	a, b := spectrum(x), spectrum(h)
	for i := range a {
		a[i] *= b[i]
	}
	y := fft.Sequence(nil, a)
	out := make([]float32, len(x)+len(h)-1)
	for i := range out {
		out[i] = float32(y[i] / float64(n))
	}
	return out
}
