package augment

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/dsp/fourier"
)

// WSOLA's sizes in samples at 44.1 kHz: frames long enough for a period of
// 50 Hz with its neighbour (46 ms), and a search of ±12 ms, more than half a
// period of 50 Hz.
const (
	stretchFrame  = 2048
	stretchHop    = stretchFrame / 2
	stretchSearch = 512
	stretchFFT    = 4096 // ≥ frame + 2·search, so that no wanted lag wraps round
)

// MinRate and MaxRate bound what [Stretcher.Stretch] takes; the paper uses 0.8 to 1.3.
const MinRate, MaxRate = 0.25, 4.0

// Stretcher changes duration and keeps pitch, by waveform-similarity
// overlap-add (W. Verhelst, M. Roelands, "An overlap-add technique based on
// waveform similarity (WSOLA) for high quality time-scale modification of
// speech", ICASSP 1993). It was preferred to a phase vocoder because it
// leaves onsets whole: a knock stays a knock.
//
// A Stretcher is a plan with work space, for one goroutine.
type Stretcher struct {
	fft            *fourier.FFT
	window         []float64 // (frame) periodic Hann: two at half a frame's distance sum to 1
	seq            []float64 // (FFT)
	target, region []complex128
	padded         []float64 // input with silence before and behind
	energy         []float64 // (padded+1) running sum of squares
}

// NewStretcher plans a stretcher.
func NewStretcher() *Stretcher {
	s := &Stretcher{
		fft:    fourier.NewFFT(stretchFFT),
		window: make([]float64, stretchFrame),
		seq:    make([]float64, stretchFFT),
		target: make([]complex128, stretchFFT/2+1),
		region: make([]complex128, stretchFFT/2+1),
	}
	for i := range s.window {
		s.window[i] = 0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/stretchFrame)
	}
	return s
}

// Stretch returns x played rate times as fast: round(len(x)/rate) samples at
// the old pitch. Rate 1 is an exact copy. It panics unless MinRate ≤ rate ≤
// MaxRate.
func (s *Stretcher) Stretch(x []float32, rate float64) []float32 {
	if !(rate >= MinRate && rate <= MaxRate) {
		panic(fmt.Sprintf("augment: stretch by %g, want %g to %g", rate, MinRate, MaxRate))
	}
	out := make([]float32, int(math.Round(float64(len(x))/rate)))
	if rate == 1 {
		copy(out, x)
		return out
	}
	// Position p of the input is padded[p+before]. Frames begin half a frame
	// before the first output, so that windows sum to 1 from there on.
	const before = stretchHop + stretchSearch
	s.load(x, before, stretchFrame*3+stretchSearch+int(rate*stretchHop))
	acc := make([]float64, len(out)+2*stretchFrame)
	at := before - stretchHop
	for m := 0; (m-1)*stretchHop < len(out); m++ {
		if m > 0 {
			at = s.best(at+stretchHop, before+int(math.Round(float64((m-1)*stretchHop)*rate)))
		}
		for i, w := range s.window {
			acc[m*stretchHop+i] += w * s.padded[at+i]
		}
	}
	for i := range out {
		out[i] = float32(acc[i+stretchHop])
	}
	return out
}

// load copies x between silences and sums its energy.
func (s *Stretcher) load(x []float32, before, behind int) {
	n := before + len(x) + behind
	if cap(s.padded) < n {
		s.padded, s.energy = make([]float64, n), make([]float64, n+1)
	}
	s.padded, s.energy = s.padded[:n], s.energy[:n+1]
	clear(s.padded)
	for i, v := range x {
		s.padded[before+i] = float64(v)
	}
	for i, v := range s.padded {
		s.energy[i+1] = s.energy[i] + v*v
	}
}

// best returns the position within the search range of nominal whose frame
// continues the frame at natural most alike: the peak of the normalised
// cross-correlation. Where nothing correlates, as in silence, it is nominal.
func (s *Stretcher) best(natural, nominal int) int {
	natural = min(natural, len(s.padded)-stretchFrame)
	nominal = min(nominal, len(s.padded)-stretchFrame-stretchSearch)
	from := max(nominal-stretchSearch, 0)
	if s.span(natural, stretchFrame) == 0 || s.span(from, stretchFrame+2*stretchSearch) == 0 {
		return nominal
	}
	s.transform(s.target, s.padded[natural:natural+stretchFrame])
	s.transform(s.region, s.padded[from:nominal+stretchSearch+stretchFrame])
	for k, t := range s.target {
		s.region[k] *= complex(real(t), -imag(t))
	}
	corr := s.fft.Sequence(s.seq, s.region)
	bestAt, best := nominal, 0.0
	for lag := range nominal + stretchSearch - from + 1 {
		e := s.span(from+lag, stretchFrame)
		if e <= 1e-12 || corr[lag] <= 0 {
			continue
		}
		if c := corr[lag] / math.Sqrt(e); c > best*(1+1e-9) {
			bestAt, best = from+lag, c
		}
	}
	return bestAt
}

func (s *Stretcher) span(at, n int) float64 { return s.energy[at+n] - s.energy[at] }

func (s *Stretcher) transform(dst []complex128, x []float64) {
	copy(s.seq, x)
	clear(s.seq[len(x):])
	s.fft.Coefficients(dst, s.seq)
}
