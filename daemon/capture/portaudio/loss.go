package portaudio

import (
	"time"

	"earshot/internal/sampletime"
)

// lossDetector finds lost samples by counting: a device that gives fewer samples
// than the monotonic clock says has lost some, whether or not it sets a flag.
//
//	d(t) = rate·t − delivered(t)   // samples, after each callback
//
// Late callbacks raise d for a while only, lost samples raise its minimum for
// good. The minimum over a span is compared with that of the spans before,
// which follows slowly, since the clock of a sound card runs up to a few
// hundred ppm beside that of the processor.
//
// It is used from the audio thread alone and allocates nothing.
type lossDetector struct {
	rate      int   // Hz
	started   bool  //
	delivered int64 // samples since start
	start     time.Duration
	base      int64 // samples: what d is at least when nothing is lost
	based     bool
	least     int64 // samples: least d in this span
	calls     int   // callbacks in this span
	span      time.Duration
}

const (
	lossSpan  = 2 * time.Second
	lossCalls = 4    // callbacks that a span needs at least
	lossMS    = 60   // lost milliseconds that are told from jitter
	lossPPM   = 1000 // how far a device clock may run beside ours
)

// observe takes n samples that arrived at now, on any monotonic clock, and
// returns how many were lost before them. flagged says that the device itself
// reported a loss: then it is at least 1.
func (r *lossDetector) observe(now time.Duration, n int, flagged bool) (lost int64) {
	if !r.started {
		*r = lossDetector{rate: r.rate, started: true, start: now, span: now}
		r.least = 1 << 62
		r.delivered = int64(n)
		return 0
	}
	r.delivered += int64(n)
	d := sampletime.Samples(now-r.start, r.rate) - r.delivered
	if flagged {
		lost = 1
		if r.based {
			lost = max(1, d-r.base)
		}
		r.delivered += lost
		d -= lost
	}
	r.least, r.calls = min(r.least, d), r.calls+1
	if now-r.span < lossSpan || r.calls < lossCalls {
		return lost
	}
	return lost + r.close(now)
}

// close ends a span and judges its minimum.
func (r *lossDetector) close(now time.Duration) (lost int64) {
	slack := int64(r.rate) * lossMS / 1000
	drift := sampletime.Samples(now-r.span, r.rate) * lossPPM / 1_000_000
	switch {
	case !r.based:
		r.base, r.based = r.least, true
	case r.least > r.base+slack:
		lost = r.least - r.base
		r.delivered += lost
	default:
		r.base = min(r.least, r.base+drift)
	}
	r.span, r.least, r.calls = now, 1<<62, 0
	return lost
}
