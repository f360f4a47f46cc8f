package pcm

import (
	"fmt"
	"time"

	"earshot/internal/sampletime"
)

// hurry finds out that samples come faster than a clock gives them: because they are recorded and not heard now, or
// because they are not what the configuration says. Bursts are let through: a camera begins with one, and a network
// that stood still ends with one.
type hurry struct {
	rate int // Hz

	last   time.Time     // of the last samples; zero = none yet
	lead   time.Duration // that the samples are ahead of a clock that runs a little fast; not below −mostCredit
	since  time.Time     // from when they are
	came   int64         // samples since
	faster float64       // as real time, once it is known
}

const (
	mostLead   = 2 * time.Second // of sound that may come at once
	mostCredit = 10 * time.Second
	// tolerated is a speed at which sound is taken as it comes: held back, it would come ever later.
	tolerated = 1.25
	// recorded is a speed that no wrong rate, width or number of channels explains.
	recorded = 10
)

// observe notes n samples that arrive now, and says whether it is known since now that they come too fast.
func (h *hurry) observe(n int64, now time.Time) (found bool) {
	if h.faster > 0 {
		return false
	}
	if h.last.IsZero() {
		h.last, h.since = now, now
	}
	passed := now.Sub(h.last)
	h.last = now
	h.lead = max(h.lead-time.Duration(float64(min(passed, mostCredit))*tolerated), -mostCredit)
	h.came += n
	if h.lead <= 0 {
		h.since, h.came = now, 0
	}
	h.lead += sampletime.Span(n, h.rate)
	if h.lead <= mostLead {
		return false
	}
	h.faster = float64(sampletime.Span(h.came, h.rate)) / float64(max(now.Sub(h.since), mostLead/1000))
	return true
}

// wrong says what is wrong with a rate, or "" for a recording.
func (h *hurry) wrong(declared int, by string) string {
	if h.faster >= recorded {
		return ""
	}
	return fmt.Sprintf("gives about %.0f samples a second, %s says %d: do format, rate and channels say what it gives? It is held back to real time",
		h.faster*float64(declared), by, declared)
}
