package gammatone

import (
	"math"
	"math/bits"

	"gonum.org/v1/gonum/dsp/fourier"
)

// spectrum plans the power spectrum of windowed real frames of n samples.
//
// For n a power of two it transforms the n real samples as n/2 complex ones,
// z[i] = x[2i] + j·x[2i+1], and untangles the result (Press et al., Numerical Recipes,
// section 12.3): with M = n/2, A = (Z[k] + Z*[M−k])/2 and T = −(j/2)·e^(−j2πk/n)·(Z[k] − Z*[M−k]),
//
//	X[k] = A + T,  X[M−k] = (A − T)*,  k = 1 … M/2.
//
// Half-length CoefficientsRadix2 and this take about two thirds of the time of gonum's
// real FFT, which serves all other lengths. Everything is float64, so that a loud tone's
// rounding errors stay 250 dB below it and do not fill the quiet bands.
type spectrum struct {
	window []float64    // (n) h[n]
	z      []complex128 // (M), or (M+1) bins where fft is used
	twist  []complex128 // (M/2+1) −(j/2)·e^(−j2πk/n)

	fft   *fourier.FFT // nil for powers of two
	frame []float64    // (n) windowed samples, for fft
}

func newSpectrum(n int) *spectrum {
	s := &spectrum{window: hamming(n)}
	if bits.OnesCount(uint(n)) != 1 {
		s.fft = fourier.NewFFT(n)
		s.z = make([]complex128, n/2+1)
		s.frame = make([]float64, n)
		return s
	}
	s.z = make([]complex128, n/2)
	s.twist = make([]complex128, n/4+1)
	for k := range s.twist {
		sin, cos := math.Sincos(2 * math.Pi * float64(k) / float64(n))
		s.twist[k] = complex(-sin/2, -cos/2)
	}
	return s
}

// hamming is the periodic Hamming window of n samples.
func hamming(n int) []float64 {
	h := make([]float64, n)
	for i := range h {
		h[i] = 0.54 - 0.46*math.Cos(2*math.Pi*float64(i)/float64(n))
	}
	return h
}

// power writes |X[k]|² of the windowed frame x (n) to dst (n/2+1).
func (s *spectrum) power(dst, x []float32) {
	if s.fft != nil {
		s.powerAnyLength(dst, x)
		return
	}
	half := len(s.z)
	h, x := s.window[:2*half], x[:2*half]
	for i := range s.z {
		s.z[i] = complex(h[2*i]*float64(x[2*i]), h[2*i+1]*float64(x[2*i+1]))
	}
	z := fourier.CoefficientsRadix2(s.z)
	dst = dst[:half+1]
	dst[0] = square(real(z[0])+imag(z[0]), 0)
	dst[half] = square(real(z[0])-imag(z[0]), 0)
	for k, w := range s.twist[1:] {
		p, q := z[k+1], z[half-k-1]
		// In real numbers: a = (p + q*)/2, t = w·(p − q*).
		ar, ai := (real(p)+real(q))/2, (imag(p)-imag(q))/2
		br, bi := real(p)-real(q), imag(p)+imag(q)
		tr, ti := real(w)*br-imag(w)*bi, real(w)*bi+imag(w)*br
		dst[k+1] = square(ar+tr, ai+ti)
		dst[half-k-1] = square(ar-tr, ai-ti)
	}
}

// powerAnyLength is power by gonum's real FFT.
func (s *spectrum) powerAnyLength(dst, x []float32) {
	for i, h := range s.window {
		s.frame[i] = h * float64(x[i])
	}
	for k, v := range s.fft.Coefficients(s.z, s.frame) {
		dst[k] = square(real(v), imag(v))
	}
}

func square(re, im float64) float32 { return float32(re*re + im*im) }
