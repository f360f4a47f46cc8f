package scene

import (
	"fmt"
	"math"
	"strconv"

	"earshot/internal/audio"
)

// Telephone is the band of a telephone line.
const Telephone = "telephone"

// Band is what a scene goes through before it reaches the listener.
type Band struct {
	Rate      int  // Hz, of the narrowest part; 0: nothing is lost
	Telephone bool // 300 to 3400 Hz and µ-law's 8 bits besides
}

// ParseBand reads a band: "" for none, a sample rate in Hz such as 8000 or
// 16000, or "telephone".
func ParseBand(text string) (Band, error) {
	switch text {
	case "":
		return Band{}, nil
	case Telephone:
		return Band{Rate: 8000, Telephone: true}, nil
	case "mp3", "aac", "opus":
		return Band{}, fmt.Errorf("band %q: there is no encoder for it here; want a sample rate such as 8000 or 16000, or %s (or encode the finished scene with another program: its labels stay true)", text, Telephone)
	}
	rate, err := strconv.Atoi(text)
	if err != nil || rate < 4000 || rate > Rate {
		return Band{}, fmt.Errorf("band %q: want a sample rate of 4000 to %d Hz, or %s", text, Rate, Telephone)
	}
	return Band{Rate: rate}, nil
}

// Through is a recording, mono at [Rate], as a band that [ParseBand] reads leaves it, in time with x.
func Through(x []float32, band string) ([]float32, error) {
	c, err := newChannel(band)
	if err != nil {
		return nil, err
	}
	const after = Rate / 10 // brings out what the filters hold back
	y := c.process(append(append([]float32{}, x...), make([]float32, after)...))
	return y[:min(len(x), len(y))], nil
}

// channel takes a scene through a band, block by block. What comes out may lag
// behind what went in, but stands at the same time.
type channel interface {
	process(x []float32) []float32
}

func newChannel(text string) (channel, error) {
	b, err := ParseBand(text)
	if err != nil {
		return nil, err
	}
	if b.Rate == 0 || b.Rate == Rate {
		return wire{}, nil
	}
	down, err := audio.NewResampler(Rate, b.Rate)
	if err != nil {
		return nil, err
	}
	up, err := audio.NewResampler(b.Rate, Rate)
	if err != nil {
		return nil, err
	}
	n := narrow{down: down, up: up}
	if b.Telephone {
		n.line = newLine(b.Rate)
	}
	return n, nil
}

type wire struct{}

func (wire) process(x []float32) []float32 { return x }

type narrow struct {
	down, up *audio.Resampler
	line     *line // nil: none
}

func (n narrow) process(x []float32) []float32 {
	y := n.down.Process(x)
	if n.line != nil {
		for i, v := range y {
			y[i] = n.line.sample(v)
		}
	}
	return n.up.Process(y)
}

// line is a telephone line: two high-passes and two low-passes of second order
// (Butterworth), then µ-law.
type line struct{ stages [4]biquad }

func newLine(rate int) *line {
	high, low := butterworth(300, rate, true), butterworth(3400, rate, false)
	return &line{[4]biquad{high, high, low, low}}
}

func (l *line) sample(v float32) float32 {
	y := float64(v)
	for i := range l.stages {
		y = l.stages[i].next(y)
	}
	return float32(muLaw(y))
}

// biquad is a filter of second order, direct form II transposed.
type biquad struct{ b0, b1, b2, a1, a2, s1, s2 float64 }

func (q *biquad) next(x float64) float64 {
	y := q.b0*x + q.s1
	q.s1 = q.b1*x - q.a1*y + q.s2
	q.s2 = q.b2*x - q.a2*y
	return y
}

// butterworth is the bilinear transform of the filter of second order with its
// −3 dB point at hz.
func butterworth(hz float64, rate int, high bool) biquad {
	k := math.Tan(math.Pi * hz / float64(rate))
	norm := 1 / (1 + math.Sqrt2*k + k*k)
	q := biquad{b0: k * k * norm, b1: 2 * k * k * norm, b2: k * k * norm, a1: 2 * (k*k - 1) * norm, a2: (1 - math.Sqrt2*k + k*k) * norm}
	if high {
		q.b0, q.b1, q.b2 = norm, -2*norm, norm
	}
	return q
}

// muLaw is x through G.711's compression, µ = 255, rounded to 8 bits, and back.
func muLaw(x float64) float64 {
	const mu = 255
	x = max(-1, min(1, x))
	y := math.Copysign(math.Log1p(mu*math.Abs(x))/math.Log1p(mu), x)
	y = math.Round(y*127) / 127
	return math.Copysign((math.Pow(1+mu, math.Abs(y))-1)/mu, y)
}
