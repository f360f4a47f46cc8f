package figure

import (
	"math"
	"strconv"
)

// tick is a mark on an axis; those without label are shorter.
type tick struct {
	value float64
	label string
}

// roundTicks are at most about n values of 1, 2 or 5 times a power of ten
// between low and high.
func roundTicks(low, high float64, n int) []tick {
	step := math.Pow(10, math.Floor(math.Log10((high-low)/float64(n))))
	for _, k := range []float64{1, 2, 5, 10} {
		if (high-low)/(k*step) <= float64(n) {
			step *= k
			break
		}
	}
	digits := max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	var ticks []tick
	slack := (high - low) * 0.004 // a mark that close to an end still counts
	for i := math.Ceil((low - slack) / step); i*step <= high+slack; i++ {
		v := math.Min(math.Max(i*step, low), high)
		ticks = append(ticks, tick{v, minus(strconv.FormatFloat(i*step+0, 'f', digits, 64))})
	}
	return ticks
}

// minus writes the sign as typographers do.
func minus(s string) string {
	if s[0] == '-' {
		return "−" + s[1:]
	}
	return s
}

// hertzTicks are round frequencies at their place among the bands, which are
// numbered from 0; 1, 2 and 5 times a power of ten have a label.
func hertzTicks(bandHz []float64) []tick {
	var ticks []tick
	for decade := 1.0; decade <= 1e6; decade *= 10 {
		for k := 1.0; k < 10; k++ {
			at, ok := bandOf(bandHz, k*decade)
			if !ok {
				continue
			}
			label := ""
			if k == 1 || k == 2 || k == 5 {
				label = hertz(k * decade)
			}
			ticks = append(ticks, tick{at, label})
		}
	}
	return ticks
}

// bandOf is the band, with fraction, whose centre frequency is hz: between two
// bands by the logarithms of theirs. A thousandth beyond the ends counts as in.
func bandOf(bandHz []float64, hz float64) (at float64, ok bool) {
	for i := 1; i < len(bandHz); i++ {
		lo, hi := bandHz[i-1], bandHz[i]
		if hz >= lo*0.999 && hz <= hi*1.001 {
			return float64(i-1) + math.Log(hz/lo)/math.Log(hi/lo), true
		}
	}
	return 0, false
}

// hertz writes 50, 200, 1k, 20k.
func hertz(hz float64) string {
	if hz >= 1000 {
		return strconv.FormatFloat(hz/1000, 'g', 3, 64) + "k"
	}
	return strconv.FormatFloat(hz, 'g', 3, 64)
}
