package pipeline

import (
	"sync/atomic"
	"time"

	"earshot/ringbuf"
)

// stampedRing is the sink that a source writes to: the ring, and beside it the times at which samples arrived.
// Write obeys the rules of an audio callback: it copies, counts and returns.
type stampedRing struct {
	ring    *ringbuf.Ring
	elapsed func() time.Duration
	next    int64 // index of the next sample; the producer's

	head   atomic.Uint64 // stamps ever made; written by the producer
	stamps [stampCount]stamp
}

// stampCount stamps cover some seconds of callbacks.
const stampCount = 1024

// stamp says that the sample before end arrived at ns after the clock's start.
type stamp struct{ end, ns atomic.Int64 }

// Write implements capture.Sink.
func (r *stampedRing) Write(x []float32) {
	if len(x) == 0 {
		return
	}
	r.next += int64(len(x))
	head := r.head.Load()
	m := &r.stamps[head%stampCount]
	m.end.Store(-1) // a reader that meets it half-made knows
	m.ns.Store(int64(r.elapsed()))
	m.end.Store(r.next)
	r.head.Store(head + 1)
	r.ring.Write(x)
}

// Skip implements capture.Sink.
func (r *stampedRing) Skip(n int64) {
	if n > 0 {
		r.next += n
		r.ring.Skip(n)
	}
}

// Free implements capture.Roomer.
func (r *stampedRing) Free() int { return r.ring.Free() }

// arrived is when the sample before end was written; false when that is too long ago to be known.
func (r *stampedRing) arrived(end int64) (at time.Duration, ok bool) {
	head := r.head.Load()
	for i := range uint64(min(head, stampCount)) {
		m := &r.stamps[(head-1-i)%stampCount]
		stampEnd, ns := m.end.Load(), m.ns.Load()
		if stampEnd < end || m.end.Load() != stampEnd {
			return at, ok
		}
		at, ok = time.Duration(ns), true
	}
	return at, ok && head <= stampCount
}
