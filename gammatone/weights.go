package gammatone

import (
	"math"
	"math/cmplx"
)

// The ERB scale of Glasberg and Moore, 1990.
const (
	erbQ     = 9.26449 // asymptotic filter quality at high frequencies
	erbMinHz = 24.7    // bandwidth at low frequencies, Hz
)

// CentreFrequencies returns the centre frequency in Hz of every band, ascending; the first
// is FMinHz.
func CentreFrequencies(c Config) []float64 {
	qb := erbQ * erbMinHz
	step := math.Log((c.FMinHz + qb) / (c.FMaxHz + qb))
	cf := make([]float64, c.Bands)
	for i := 1; i <= c.Bands; i++ {
		cf[c.Bands-i] = -qb + (c.FMaxHz+qb)*math.Exp(float64(i)/float64(c.Bands)*step)
	}
	return cf
}

// Weights returns W, (bands, bins) row-major: the amplitude response of every gammatone
// filter at every bin of the FFT, 1 at the filter's centre frequency. A power spectrum is
// weighed with its square. It panics if c is not valid.
func Weights(c Config) []float64 {
	if err := c.Validate(); err != nil {
		panic(err)
	}
	bins := c.Bins()
	w := make([]float64, 0, c.Bands*bins)
	for _, cf := range CentreFrequencies(c) {
		f := newFilter(cf, c.Width, float64(c.SampleRate))
		peak := f.response(cmplx.Rect(1, f.theta))
		for k := range bins {
			u := cmplx.Rect(1, 2*math.Pi*float64(k)/float64(c.FrameSamples))
			w = append(w, f.response(u)/peak)
		}
	}
	return w
}

// filter is one fourth-order gammatone filter in Slaney's form: a pair of poles, each four
// times, and four real zeros.
type filter struct {
	theta float64 // centre frequency, radians a sample
	pole  complex128
	zeros [4]float64
}

func newFilter(cfHz, width, rateHz float64) filter {
	erb := cfHz/erbQ + erbMinHz
	b := width * 1.019 * 2 * math.Pi * erb
	r := math.Exp(-b / rateHz)
	theta := 2 * math.Pi * cfHz / rateHz
	sin, cos := math.Sincos(theta)
	f := filter{theta: theta, pole: cmplx.Rect(r, theta)}
	outer, inner := math.Sqrt(3+math.Pow(2, 1.5)), math.Sqrt(3-math.Pow(2, 1.5))
	for i, s := range [4]float64{outer, -outer, inner, -inner} {
		f.zeros[i] = r * (cos + s*sin)
	}
	return f
}

// response is |H(u)| up to a constant factor, for u on the unit circle.
func (f *filter) response(u complex128) float64 {
	num := 1.0
	for _, z := range f.zeros {
		num *= cmplx.Abs(u - complex(z, 0))
	}
	den := cmplx.Abs((u - f.pole) * (u - cmplx.Conj(f.pole)))
	return num / (den * den * den * den)
}
