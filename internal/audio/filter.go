package audio

import (
	"math"
	"sync"
)

// The low-pass filter of the resampler, as shares of the lower of the two
// Nyquist frequencies: nothing is lost below passBand, nothing comes through or
// folds back from above 1. 0.913 is 20.1 kHz at 44.1 kHz.
const (
	passBand   = 0.913
	stopDB     = 110.0 // attenuation from the lower Nyquist frequency on, dB
	maxPhases  = 2048  // more than that are interpolated between tablePhases
	tablePhase = 1024  // linear interpolation between these errs by −118 dB
)

// filter is a Kaiser-windowed sinc, sampled at several phases.
type filter struct {
	half   int       // taps to each side
	phases int       // steps between two input samples
	taps   []float32 // (phases+1, 2·half); row p serves outputs p/phases after an input sample
}

// filters are those that were designed, by output and input rate over their greatest common divisor: a learning takes thousands of recordings
// through the same few.
var filters struct {
	mu sync.Mutex
	of map[[2]int64]*filter
}

// Rates come from files, and any file may have one of its own: so many filters are kept, of so many taps, 8 MiB in all. 192 to 44.1 kHz has
// 105 000; one between rates that have little in common over a million.
const (
	mostFilters = 16
	mostTaps    = 1 << 17
)

// filterFor is the filter from one rate to another, up/down of it. It is shared, and nobody changes it.
func filterFor(from, to int, up, down int64) *filter {
	filters.mu.Lock()
	f := filters.of[[2]int64{up, down}]
	filters.mu.Unlock()
	if f != nil {
		return f
	}
	f = designFilter(from, to, int(up)) // two at once make it twice, and nobody waits for one that takes long
	if len(f.taps) > mostTaps {
		return f
	}
	filters.mu.Lock()
	defer filters.mu.Unlock()
	if filters.of == nil || len(filters.of) >= mostFilters {
		filters.of = map[[2]int64]*filter{}
	}
	filters.of[[2]int64{up, down}] = f
	return f
}

// designFilter makes the filter for a conversion with up output phases. Kaiser's
// formulas (J. F. Kaiser, "Nonrecursive digital filter design using the I0-sinh
// window function", 1974) give the window's β and the length from the
// attenuation and the transition's width.
func designFilter(from, to, up int) *filter {
	nyquist := 0.5 * math.Min(1, float64(to)/float64(from)) // cycles per input sample
	cutoff := nyquist * (1 + passBand) / 2
	width := 2 * math.Pi * nyquist * (1 - passBand)
	beta := 0.1102 * (stopDB - 8.7)
	half := int(math.Ceil((stopDB - 7.95) / (2.285 * width) / 2))
	f := &filter{half: half, phases: up}
	if up > maxPhases {
		f.phases = tablePhase
	}
	n := 2 * half
	f.taps = make([]float32, (f.phases+1)*n)
	row := make([]float64, n)
	scale := 1 / besselI0(beta)
	for p := range f.phases + 1 {
		sum := 0.0
		for i := range row {
			// tap i weighs the input half−1−i samples before the output's
			t := float64(half-1-i) + float64(p)/float64(f.phases)
			w := 1 - t*t/float64(half*half)
			row[i] = 0
			if w > 0 {
				row[i] = sinc(2*cutoff*t) * besselI0(beta*math.Sqrt(w)) * scale
			}
			sum += row[i]
		}
		for i, v := range row { // every phase has gain 1 at 0 Hz
			f.taps[p*n+i] = float32(v / sum)
		}
	}
	return f
}

// phase returns the table's row at part/up of an input sample, and how far the
// output lies from it towards the next row.
func (f *filter) phase(part, up int64) (row int, frac float32) {
	if int64(f.phases) == up {
		return int(part), 0
	}
	at := part * int64(f.phases)
	return int(at / up), float32(at%up) / float32(up)
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// besselI0 is the modified Bessel function of the first kind and order 0, by
// its power series Σ ((x/2)^k/k!)².
func besselI0(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > sum*1e-17; k++ {
		term *= x / 2 / k * (x / 2 / k)
		sum += term
	}
	return sum
}
