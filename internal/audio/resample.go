package audio

import (
	"fmt"
	"slices"

	"github.com/tphakala/simd/f32"
)

// Resampler converts one channel from one sample rate to another, chunk by
// chunk and band-limited: output k is the low-passed input at time k·from/to
// input samples,
//
//	y[k] = Σ_i h((k·from/to) − i) · x[i],
//
// with h the filter of designFilter. It has no delay to correct for (output 0
// stands at input 0), any chunking gives the same bits, and n samples become
// exactly ⌈n·to/from⌉. It is our own, forty lines of arithmetic, because
// tphakala/go-audio-resampler v1.1.0 did not filter at all before 96 → 44.1 kHz
// (a tone at 40 kHz came out at 4.1 kHz, unattenuated), let 23 kHz through at
// −7 dB in 48 → 44.1 kHz, and returned too many samples with a fractional delay.
//
// A Resampler is for one goroutine. In steady state it allocates nothing.
type Resampler struct {
	f        *filter
	up, down int64     // to and from over their greatest common divisor
	hist     []float32 // input from index base on
	base     int64     // input index of hist[0]; starts below 0, in silence
	in       int64     // input samples taken so far
	next     int64     // index of the next output
	out      []float32
}

// NewResampler plans a conversion between two rates of MinRate to MaxRate, Hz.
// Equal rates pass samples through unchanged.
func NewResampler(from, to int) (*Resampler, error) {
	if from < MinRate || from > MaxRate || to < MinRate || to > MaxRate {
		return nil, fmt.Errorf("audio: resample from %d Hz to %d Hz: want rates of %d Hz to %d Hz", from, to, MinRate, MaxRate)
	}
	g := gcd(from, to)
	r := &Resampler{up: int64(to / g), down: int64(from / g)}
	if from != to {
		r.f = filterFor(from, to, r.up, r.down)
	}
	r.Reset()
	return r, nil
}

// Reset forgets all samples: the next one is sample 0 of a new stream.
func (r *Resampler) Reset() {
	r.in, r.next = 0, 0
	if r.f == nil {
		return
	}
	r.base = -int64(r.f.half - 1)
	r.hist = slices.Grow(r.hist[:0], r.f.half-1)[:r.f.half-1]
	clear(r.hist)
}

// Process takes the next input samples, any number, and returns the outputs
// that are complete: those whose filter ends within the input. The slice is
// valid until the next call; x is not kept.
func (r *Resampler) Process(x []float32) []float32 {
	r.in += int64(len(x))
	if r.f == nil {
		r.out = append(r.out[:0], x...)
		return r.out
	}
	r.hist = append(r.hist, x...)
	return r.run(r.base + int64(len(r.hist)))
}

// Flush ends the stream: it returns the last outputs, with silence after the
// input, and resets.
func (r *Resampler) Flush() []float32 {
	if r.f == nil {
		r.Reset()
		return nil
	}
	for range r.f.half {
		r.hist = append(r.hist, 0)
	}
	total := (r.in*r.up + r.down - 1) / r.down
	y := r.run(r.base + int64(len(r.hist)))
	if excess := r.next - total; excess > 0 {
		y = y[:max(0, len(y)-int(excess))]
	}
	r.Reset()
	return y
}

// run computes all outputs whose taps lie before input index end, and drops
// the history that no later output needs.
func (r *Resampler) run(end int64) []float32 {
	r.out = r.out[:0]
	half, n := int64(r.f.half), 2*r.f.half
	for {
		at := r.next * r.down // in 1/up input samples
		whole, part := at/r.up, at%r.up
		if whole+half >= end {
			break
		}
		first := whole - half + 1 - r.base
		x := r.hist[first : first+int64(n)]
		phase, frac := r.f.phase(part, r.up)
		y := f32.DotProduct(x, r.f.taps[phase*n:][:n])
		if frac > 0 {
			y += frac * (f32.DotProduct(x, r.f.taps[(phase+1)*n:][:n]) - y)
		}
		r.out = append(r.out, y)
		r.next++
	}
	keep := min(r.next*r.down/r.up-half+1-r.base, int64(len(r.hist)))
	r.hist = r.hist[:copy(r.hist, r.hist[keep:])]
	r.base += keep
	return r.out
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
