package publish

import "time"

// echoes is the self-check. A broker that speaks MQTT 3.1.1 acknowledges a
// publication even when its access rules throw it away, so the publisher
// subscribes to its own topics: a message that it does not see again within
// the time allowed was refused.
type echoes struct {
	limit   time.Duration
	waiting map[string]time.Time // topic → when it was acknowledged
	refused map[string]time.Time // topic → when it was found refused or last tried
}

func newEchoes(limit time.Duration) *echoes {
	return &echoes{limit: limit, waiting: map[string]time.Time{}, refused: map[string]time.Time{}}
}

// sent notes that a message on topic is about to leave. Until it is
// acknowledged the clock does not run.
func (e *echoes) sent(topic string) { e.waiting[topic] = time.Time{} }

// acked starts the clock, unless the echo was faster than the acknowledgement.
func (e *echoes) acked(topic string, now time.Time) {
	if _, still := e.waiting[topic]; still {
		e.waiting[topic] = now
	}
}

// heard notes a live message; reports whether topic was refused until now.
func (e *echoes) heard(topic string) bool {
	delete(e.waiting, topic)
	_, was := e.refused[topic]
	delete(e.refused, topic)
	return was
}

// check moves what is overdue to refused; changed says that the list grew.
// next is when to check again (zero = nothing awaited).
func (e *echoes) check(now time.Time) (changed bool, next time.Time) {
	for topic, at := range e.waiting {
		switch {
		case at.IsZero():
		case now.Sub(at) >= e.limit:
			delete(e.waiting, topic)
			_, known := e.refused[topic]
			e.refused[topic] = now
			changed = changed || !known
		case next.IsZero() || at.Add(e.limit).Before(next):
			next = at.Add(e.limit)
		}
	}
	return changed, next
}

// list returns the refused topics in order.
func (e *echoes) list() []string { return sortedKeys(e.refused) }

// lost forgets what a broken connection cannot answer any more.
func (e *echoes) lost() { clear(e.waiting) }
