package pipeline

import (
	"sync/atomic"
	"time"

	"earshot/ringbuf"
)

// entry is the sink that a source writes to: the ring, and beside it the times at which samples entered.
// Write obeys the rules of an audio callback: it copies, counts and returns.
type entry struct {
	ring    *ringbuf.Ring
	elapsed func() time.Duration
	next    int64 // index of the next sample; the producer's

	head  atomic.Uint64 // marks ever made; written by the producer
	marks [markCount]mark
}

// markCount marks cover some seconds of callbacks.
const markCount = 1024

// mark says that the sample before end entered at ns after the clock's start.
type mark struct{ end, ns atomic.Int64 }

// Write implements capture.Sink.
func (e *entry) Write(x []float32) {
	if len(x) == 0 {
		return
	}
	e.next += int64(len(x))
	head := e.head.Load()
	m := &e.marks[head%markCount]
	m.end.Store(-1) // a reader that meets it half-made knows
	m.ns.Store(int64(e.elapsed()))
	m.end.Store(e.next)
	e.head.Store(head + 1)
	e.ring.Write(x)
}

// Skip implements capture.Sink.
func (e *entry) Skip(n int64) {
	if n > 0 {
		e.next += n
		e.ring.Skip(n)
	}
}

// Free implements capture.Roomer.
func (e *entry) Free() int { return e.ring.Free() }

// entered is when the sample before end was written; false when that is too long ago to be known.
func (e *entry) entered(end int64) (at time.Duration, ok bool) {
	head := e.head.Load()
	for i := range uint64(min(head, markCount)) {
		m := &e.marks[(head-1-i)%markCount]
		markEnd, ns := m.end.Load(), m.ns.Load()
		if markEnd < end || m.end.Load() != markEnd {
			return at, ok
		}
		at, ok = time.Duration(ns), true
	}
	return at, ok && head <= markCount
}
