package outbox

import "time"

// queued is an occurrence that waits for the broker.
type queued struct {
	occ    Occurrence
	at     time.Time // when it was queued, on the caller's clock
	silent bool      // its onset was muted: it changes nothing but whether the label sounds
}

// queue is a first-in first-out ring that never holds more than its limit.
// It grows by doubling up to the limit and is not safe for concurrent use.
type queue struct {
	buf     []queued
	head, n int
	limit   int
	pushed  uint64 // all items ever
	shown   int    // the first `shown` items already show on the state topics
}

func newQueue(limit int) *queue { return &queue{limit: limit} }

func (q *queue) at(i int) *queued { return &q.buf[(q.head+i)%len(q.buf)] }

// push appends an item; when the queue is full the oldest one leaves and is returned.
func (q *queue) push(it queued) (dropped queued, wasShown, full bool) {
	if q.n == q.limit {
		wasShown = q.shown > 0
		dropped, full = q.pop()
	}
	if q.n == len(q.buf) {
		grown := make([]queued, min(q.limit, max(16, 2*len(q.buf))))
		for i := range q.n {
			grown[i] = *q.at(i)
		}
		q.buf, q.head = grown, 0
	}
	q.n++
	q.pushed++
	*q.at(q.n - 1) = it
	return dropped, wasShown, full
}

// pop takes the oldest item.
func (q *queue) pop() (queued, bool) {
	if q.n == 0 {
		return queued{}, false
	}
	it := q.buf[q.head]
	q.buf[q.head] = queued{} // let its strings go
	q.head = (q.head + 1) % len(q.buf)
	q.n--
	q.shown = max(0, q.shown-1)
	return it, true
}
