package capture

import (
	"context"
	"time"

	"earshot/internal/sampletime"
)

// Pacer holds sound back to the pace of real time. Make it with NewPacer.
type Pacer struct {
	rate  int // Hz
	now   func() time.Time
	start time.Time // zero = nothing came yet
	sent  int64     // samples since start
}

// NewPacer makes a pacer of sound at rate, Hz; its time begins with the first samples.
func NewPacer(rate int) *Pacer { return &Pacer{rate: rate, now: time.Now} }

// maxLag is how far sound may fall behind before it gives up catching up: after
// a suspended machine woke, a burst would only overrun the ring.
const maxLag = 500 * time.Millisecond

// Wait returns when n more samples are due, and says whether ctx is still alive.
func (p *Pacer) Wait(ctx context.Context, n int) bool {
	if p.start.IsZero() {
		p.start = p.now()
	}
	p.sent += int64(n)
	wait := p.start.Add(sampletime.Span(p.sent, p.rate)).Sub(p.now())
	if wait < -maxLag {
		p.start, p.sent = p.now(), 0
	}
	return Sleep(ctx, wait)
}
