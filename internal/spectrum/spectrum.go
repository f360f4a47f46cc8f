// Package spectrum is what front ends that hear in bands have in common: the power spectrum of one windowed frame, and a bank of bands
// that each weigh a few neighbouring bins of it. Which bands these are is the front end's own.
package spectrum

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/dsp/fourier"
)

// Plan computes the spectrum of frames of one length. It allocates nothing a frame; one goroutine may use it at a time.
type Plan struct {
	window      []float64 // periodic Hann, 0.5 − 0.5·cos(2πn/N)
	fft         *fourier.FFT
	frame       []float64    // (FFT) windowed samples, zeros behind
	coefficient []complex128 // (FFT/2+1)
}

// New plans frames of so many samples, with zeros behind them up to the length of the FFT. A shorter FFT panics.
func New(frameSamples, fftSamples int) *Plan {
	if frameSamples < 1 || fftSamples < frameSamples {
		panic(fmt.Sprintf("spectrum: a frame of %d samples in an FFT of %d", frameSamples, fftSamples))
	}
	p := &Plan{window: make([]float64, frameSamples), fft: fourier.NewFFT(fftSamples), frame: make([]float64, fftSamples),
		coefficient: make([]complex128, fftSamples/2+1)}
	for n := range p.window {
		p.window[n] = 0.5 - 0.5*math.Cos(2*math.Pi*float64(n)/float64(frameSamples))
	}
	return p
}

// Bins is the number of values of a spectrum: FFT/2+1.
func (p *Plan) Bins() int { return len(p.coefficient) }

// Power writes to dst (Bins) the squared magnitudes |Σ_n w[n]·x[n]·e^(−j2πkn/FFT)|², not normalised, of the first samples of x, of which
// there must be a frame.
func (p *Plan) Power(dst []float64, x []float32) {
	for n, h := range p.window {
		p.frame[n] = h * float64(x[n])
	}
	for k, v := range p.fft.Coefficients(p.coefficient, p.frame) {
		dst[k] = real(v)*real(v) + imag(v)*imag(v)
	}
}

// Bank is a matrix of bands that are 0 nearly everywhere.
type Bank []band

// band is the weights of bins first, first+1, …
type band struct {
	first   int
	weights []float64
}

// NewBank keeps of w, (bins, bands) row-major, what counts. No weight is below 0; a band without any is one of energy 0.
func NewBank(w []float64, bands int) Bank {
	bins := len(w) / bands
	bank := make(Bank, bands)
	for b := range bank {
		first, last := bins, -1
		for k := range bins {
			if w[k*bands+b] > 0 {
				first, last = min(first, k), k
			}
		}
		bank[b].first = first
		for k := first; k <= last; k++ {
			bank[b].weights = append(bank[b].weights, w[k*bands+b])
		}
	}
	return bank
}

// Energy is the weighted sum of band b's bins.
func (bank Bank) Energy(b int, spectrum []float64) float64 {
	sum := 0.0
	for i, w := range bank[b].weights {
		sum += w * spectrum[bank[b].first+i]
	}
	return sum
}
