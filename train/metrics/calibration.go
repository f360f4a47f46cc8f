package metrics

import (
	"fmt"
	"math"
)

// binCount bins of equal width, as Guo et al. 2017 have 15; ten read better and
// differ little.
const binCount = 10

// Bin is one bar of a reliability diagram.
type Bin struct {
	Lo         float64 `json:"lo"` // confidence in (Lo, Hi]; the first holds 0 too
	Hi         float64 `json:"hi"`
	Clips      int     `json:"clips"`
	Confidence float64 `json:"confidence"` // mean; 0 in an empty bin
	Accuracy   float64 `json:"accuracy"`
}

// Calibration says how far confidence can be taken at its word.
type Calibration struct {
	ECE  float64 `json:"ece"` // expected calibration error: |confidence − accuracy|, mean over clips by bin
	Bins []Bin   `json:"reliability"`
}

// Calibrate bins the confidence of answers, and whether each was right
// (C. Guo et al., "On calibration of modern neural networks", ICML 2017,
// equation 3). It panics on slices of different length.
func Calibrate(confidence []float64, right []bool) Calibration {
	if len(confidence) != len(right) {
		panic("metrics: confidence and right differ in length")
	}
	c := Calibration{Bins: make([]Bin, binCount)}
	for i := range c.Bins {
		c.Bins[i].Lo, c.Bins[i].Hi = float64(i)/binCount, float64(i+1)/binCount
	}
	for i, p := range confidence {
		b := &c.Bins[min(max(int(math.Ceil(p*binCount))-1, 0), binCount-1)]
		b.Clips++
		b.Confidence += p
		if right[i] {
			b.Accuracy++
		}
	}
	for i := range c.Bins {
		b := &c.Bins[i]
		if b.Clips == 0 {
			continue
		}
		c.ECE += math.Abs(b.Accuracy-b.Confidence) / float64(len(right))
		b.Confidence /= float64(b.Clips)
		b.Accuracy /= float64(b.Clips)
	}
	return c
}

// Temper raises probabilities (windows, k) to the power 1/temperature and
// normalises them: softmax(logits/T) from softmax(logits). It returns new
// scores.
func Temper(scores []float32, k int, temperature float64) []float32 {
	if !(temperature > 0) || k < 1 || len(scores)%k != 0 {
		panic(fmt.Sprintf("metrics: temper %d scores of %d labels by %g", len(scores), k, temperature))
	}
	out := make([]float32, len(scores))
	row := make([]float64, k)
	for at := 0; at < len(scores); at += k {
		temperRow(row, scores[at:at+k], temperature)
		for i, v := range row {
			out[at+i] = float32(v)
		}
	}
	return out
}

// temperRow works on logarithms, relative to the highest, so that no power
// underflows as a whole.
func temperRow(dst []float64, p []float32, temperature float64) {
	top := math.Inf(-1)
	for i, v := range p {
		dst[i] = math.Log(math.Max(float64(v), 1e-30)) / temperature
		top = math.Max(top, dst[i])
	}
	sum := 0.0
	for i, v := range dst {
		dst[i] = math.Exp(v - top)
		sum += dst[i]
	}
	for i := range dst {
		dst[i] /= sum
	}
}

// FitTemperature finds the temperature from 0.1 to 10 that makes the clips'
// mean probability of the truth most likely: what is calibrated is the average
// over windows, because that is what is used. clips should not have been
// trained on. It fails for scores that are no probabilities, or without clips.
func FitTemperature(clips []Clip, k int) (float64, error) {
	if len(clips) == 0 {
		return 0, fmt.Errorf("fit temperature: no clip")
	}
	for _, c := range clips {
		if err := checkClip(c, k); err != nil {
			return 0, fmt.Errorf("fit temperature: %w", err)
		}
	}
	nll := func(logT float64) float64 {
		t, sum := math.Exp(logT), 0.0
		row := make([]float64, k)
		for _, c := range clips {
			p, n := 0.0, 0
			for at := 0; at < len(c.Scores); at += k {
				temperRow(row, c.Scores[at:at+k], t)
				p += row[c.Label]
				n++
			}
			sum -= math.Log(math.Max(p/float64(n), 1e-12))
		}
		return sum
	}
	return math.Exp(minimise(nll, math.Log(0.1), math.Log(10))), nil
}

// minimise finds a minimum of f between lo and hi: a coarse scan, because the
// likelihood of a mean need not be convex, then golden sections.
func minimise(f func(float64) float64, lo, hi float64) float64 {
	const steps = 24
	best, at := math.Inf(1), 0
	for i := range steps + 1 {
		if v := f(lo + (hi-lo)*float64(i)/steps); v < best {
			best, at = v, i
		}
	}
	width := (hi - lo) / steps
	mid := lo + width*float64(at)
	a, b := math.Max(lo, mid-width), math.Min(hi, mid+width)
	const golden = 0.6180339887498949
	c, d := b-golden*(b-a), a+golden*(b-a)
	fc, fd := f(c), f(d)
	for b-a > 1e-4 {
		if fc < fd {
			b, d, fd = d, c, fc
			c = b - golden*(b-a)
			fc = f(c)
		} else {
			a, c, fc = c, d, fd
			d = a + golden*(b-a)
			fd = f(d)
		}
	}
	return (a + b) / 2
}
