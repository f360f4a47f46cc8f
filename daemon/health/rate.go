package health

import "time"

// RateMeter holds the number of samples that a source gives against the monotonic clock. A sound card's clock that
// runs 0.1 % beside the processor's is no problem, and neither are bursts. It is one goroutine's.
type RateMeter struct {
	Span time.Duration // over which samples are counted; three in a row decide

	rate  int // Hz, as it should be
	begun bool
	since time.Duration // of the present span
	at    int64         // samples at since

	given   float64 // of the last span, as a share of what it should be
	streak  int     // spans in a row that were too slow (negative) or too fast
	well    int     // spans in a row that were right
	problem bool
}

const (
	rateSpan = 10 * time.Second
	// A wrong rate is off by 8 % or more (44.1 kHz for 48), a right one by less than 0.5 %.
	rateOn, rateOff           = 0.03, 0.015
	rateSpansOn, rateSpansOff = 3, 2
)

// NewRateMeter makes a meter for samples that should come at rate, Hz.
func NewRateMeter(rate int) *RateMeter { return &RateMeter{Span: rateSpan, rate: rate} }

// Restart begins afresh, after a time without sound.
func (r *RateMeter) Restart() { r.begun, r.streak, r.well = false, 0, 0 }

// Observe takes how many samples came in all, and the time on a monotonic clock. It says whether that is a problem, and
// what share of the right number came in the last span.
func (r *RateMeter) Observe(now time.Duration, samples int64) (problem bool, given float64) {
	if !r.begun {
		r.begun, r.since, r.at = true, now, samples
		return r.problem, r.given
	}
	if now-r.since < r.Span {
		return r.problem, r.given
	}
	r.given = float64(samples-r.at) / ((now - r.since).Seconds() * float64(r.rate))
	r.since, r.at = now, samples
	off := r.given - 1
	switch {
	case off > rateOn:
		r.streak, r.well = max(r.streak, 0)+1, 0
	case off < -rateOn:
		r.streak, r.well = min(r.streak, 0)-1, 0
	case off > -rateOff && off < rateOff:
		r.streak, r.well = 0, r.well+1
	default:
		r.streak, r.well = 0, 0
	}
	switch {
	case r.streak >= rateSpansOn || -r.streak >= rateSpansOn:
		r.problem = true
	case r.well >= rateSpansOff:
		r.problem = false
	}
	return r.problem, r.given
}
