package notify

import (
	"sync"
)

// What may wait for one receiver: the oldest goes first when there is more.
const (
	maxWaiting      = 200
	maxWaitingBytes = 256 << 10
)

// queue holds messages between who hears and who sends.
type queue struct {
	bell chan struct{} // 1: something came in

	mu    sync.Mutex // guards the rest
	all   []*Message // oldest first
	bytes int
	stats stats
}

// stats count since the start.
type stats struct {
	sent, lost, held int64
	waiting          int
	failing          string // why the last try failed; "" after one that did not
}

func newQueue() *queue { return &queue{bell: make(chan struct{}, 1)} }

// put adds a message and drops old ones beyond the bounds.
func (q *queue) put(m *Message) {
	q.mu.Lock()
	q.all, q.bytes = append(q.all, m), q.bytes+m.bytes()
	for len(q.all) > maxWaiting || q.bytes > maxWaitingBytes && len(q.all) > 1 {
		q.drop()
		q.stats.lost++
	}
	q.mu.Unlock()
	select {
	case q.bell <- struct{}{}:
	default:
	}
}

// drop takes the oldest out; mu is held.
func (q *queue) drop() {
	q.bytes -= q.all[0].bytes()
	q.all[0] = nil
	q.all = q.all[1:]
}

// oldest is the message to send next, nil when none waits.
func (q *queue) oldest() *Message {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.all) == 0 {
		return nil
	}
	return q.all[0]
}

// done takes m out, if the bounds have not; err says why it was not sent.
func (q *queue) done(m *Message, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.all) > 0 && q.all[0] == m {
		q.drop()
		if err != nil {
			q.stats.lost++
		}
	}
	if err == nil {
		q.stats.sent++
	}
	q.fail(err)
}

// failed remembers why a try failed that will be repeated.
func (q *queue) failed(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.fail(err)
}

// fail is done's and failed's; mu is held.
func (q *queue) fail(err error) {
	q.stats.failing = ""
	if err != nil {
		q.stats.failing = err.Error()
	}
}

// hold counts a message that was not made, to keep the rate.
func (q *queue) hold() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stats.held++
}

func (q *queue) report() stats {
	q.mu.Lock()
	defer q.mu.Unlock()
	s := q.stats
	s.waiting = len(q.all)
	return s
}
