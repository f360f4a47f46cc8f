// Package level measures how loud a source is, as sound level meters do: A-weighted (IEC 61672-1), the equivalent level of a
// minute and its greatest fast level. It is arithmetic on samples alone, and allocates nothing while they come.
package level

import (
	"math"
	"sync"
)

// Minute is one whole minute of sound; dB over full scale (a full-scale square wave of a kilohertz is 0), or of sound
// pressure where the meter is calibrated.
type Minute struct {
	LAeq  float64 // equivalent continuous level
	LAmax float64 // greatest with time weighting F (125 ms)
}

// Meter measures one source. Make it with New.
type Meter struct {
	offset float64 // dB
	size   int     // samples of a minute
	decay  float64 // of the fast level, a sample

	weighting [6]section // the pusher's, and what follows
	gain      float64
	n         int
	sum       float64
	fast, max float64

	mu   sync.Mutex // guards the rest: the pusher writes, any goroutine reads
	last Minute
	have bool
}

// New makes a meter for samples at rate, Hz; offset is the level of full scale, dB.
func New(rate int, offset float64) *Meter {
	if rate < 1 {
		panic("level: New with a rate below 1 Hz")
	}
	m := &Meter{offset: offset, size: 60 * rate, decay: math.Exp(-1 / (0.125 * float64(rate)))}
	m.weighting, m.gain = aWeighting(float64(rate))
	return m
}

// least keeps a logarithm finite: −150 dB.
const least = 1e-15

// Push takes the next samples, ±1 full scale, any number, from one goroutine.
func (m *Meter) Push(x []float32) {
	for len(x) > 0 {
		n := min(len(x), m.size-m.n)
		m.add(x[:n])
		x = x[n:]
		if m.n == m.size {
			m.finish()
		}
	}
}

// add takes samples of one minute. The filters' states live in variables while it runs: through memory they take half as long again
// (BenchmarkPush).
func (m *Meter) add(x []float32) {
	a, b, c, d, e, f := m.weighting[0], m.weighting[1], m.weighting[2], m.weighting[3], m.weighting[4], m.weighting[5]
	sum, fast, most := m.sum, m.fast, m.max
	gain, decay, rise := m.gain, m.decay, 1-m.decay
	for _, v := range x {
		y := f.next(e.next(d.next(c.next(b.next(a.next(gain * float64(v)))))))
		power := y * y
		sum += power
		fast = decay*fast + rise*power
		most = max(most, fast)
	}
	m.weighting = [6]section{a, b, c, d, e, f}
	m.sum, m.fast, m.max, m.n = sum, fast, most, m.n+len(x)
}

// finish closes a minute.
func (m *Meter) finish() {
	m.mu.Lock()
	m.last, m.have = Minute{m.offset + decibels(m.sum/float64(m.n)), m.offset + decibels(m.max)}, true
	m.mu.Unlock()
	m.n, m.sum, m.max = 0, 0, 0
}

func decibels(power float64) float64 { return 10 * math.Log10(power+least) }

// Last is the last whole minute; false before there was one. Any goroutine may ask.
func (m *Meter) Last() (Minute, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.last, m.have
}

// Corner frequencies of the A-weighting, Hz (IEC 61672-1:2013, annex E).
const (
	f1 = 20.598997
	f2 = 107.65265
	f3 = 737.86223
	f4 = 12194.217
)

// section is a filter of first order.
type section struct{ b0, b1, a1, x, y float64 }

func (s *section) next(v float64) float64 {
	s.y = s.b0*v + s.b1*s.x - s.a1*s.y
	s.x = v
	return s.y
}

// aWeighting are its six poles, each with its zero by the bilinear transform, and the gain that makes a kilohertz 0 dB:
//
//	A(s) = k·s⁴ / ((s+ω1)²·(s+ω2)·(s+ω3)·(s+ω4)²)
func aWeighting(rate float64) (all [6]section, gain float64) {
	for i, f := range []float64{f1, f1, f2, f3} {
		w := 2 * math.Pi * f / (2 * rate)
		all[i] = section{b0: 1 / (1 + w), b1: -1 / (1 + w), a1: (w - 1) / (1 + w)}
	}
	// The zeros at half the rate that the bilinear transform gives a low-pass would take 4 dB at 16 kHz: they are moved in to a place
	// where the curve stays within class 1 up to there.
	w := 2 * math.Pi * f4 / (2 * rate)
	for i := 4; i < 6; i++ {
		all[i] = section{b0: 1, b1: zero, a1: (w - 1) / (1 + w)}
	}
	return all, 1 / response(all, 1000, rate)
}

// zero is where the two zeros at the high end lie: 1 is the bilinear transform's own.
const zero = 0.35

// response is the gain of sections in a row at a frequency, Hz.
func response(all [6]section, hertz, rate float64) float64 {
	g := 1.0
	s, c := math.Sincos(2 * math.Pi * hertz / rate)
	for _, f := range all {
		g *= math.Hypot(f.b0+f.b1*c, f.b1*s) / math.Hypot(1+f.a1*c, f.a1*s)
	}
	return g
}
