package publish

import "time"

// echoes is the self-check. MQTT 3.1.1 has no word for "you may not publish
// here": brokers acknowledge such a message and throw it away (mosquitto, in
// its own words, "silently"), or break the connection (mosquitto 2.0.11 does
// after a refused QoS 1 message). So the publisher subscribes to its own topics.
// A message that it does not see again in time was refused; so was one that
// alone was under way when the broker hung up, several times in a row.
type echoes struct {
	limit   time.Duration
	again   time.Duration            // first wait before a refused topic is tried again; doubles
	waiting map[string]time.Time     // topic → when it was acknowledged, zero = not yet
	strikes map[string]int           // topic → how often in a row the broker hung up on it
	refused map[string]*refusedTopic // topic →
	careful bool                     // one message at a time, to find out which one it is
}

type refusedTopic struct {
	at   time.Time     // when it was found refused or last tried
	wait time.Duration // until it is tried again
	skip bool          // the broker hangs up on it: not sent until then
	sub  bool          // a subscription, not a publication
}

const (
	maxStrikes = 3
	maxRecheck = time.Hour
)

func newEchoes(limit, again time.Duration) *echoes {
	return &echoes{limit: limit, again: again, waiting: map[string]time.Time{},
		strikes: map[string]int{}, refused: map[string]*refusedTopic{}}
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

// heard notes a live message on topic.
func (e *echoes) heard(topic string) {
	delete(e.waiting, topic)
	delete(e.strikes, topic)
	delete(e.refused, topic)
}

// refuse notes that topic is not let through.
func (e *echoes) refuse(topic string, now time.Time, skip bool) {
	r := e.refused[topic]
	if r == nil {
		r = &refusedTopic{wait: e.again}
		e.refused[topic] = r
	}
	r.at, r.skip = now, skip
}

// subscribed notes the broker's answer to a subscription.
func (e *echoes) subscribed(topic string, granted bool, now time.Time) {
	r := e.refused[topic]
	switch {
	case !granted:
		e.refuse(topic, now, false)
		e.refused[topic].sub = true
	case r != nil && r.sub:
		delete(e.refused, topic)
	}
}

// check moves what is overdue to refused; next is when to check again (zero =
// nothing awaited).
func (e *echoes) check(now time.Time) (next time.Time) {
	for topic, at := range e.waiting {
		switch {
		case at.IsZero():
		case now.Sub(at) >= e.limit:
			delete(e.waiting, topic)
			e.refuse(topic, now, false)
		case next.IsZero() || at.Add(e.limit).Before(next):
			next = at.Add(e.limit)
		}
	}
	return next
}

// recheck returns the refused topics that are due for another try, and when
// the next one is.
func (e *echoes) recheck(now time.Time) (due []string, next time.Time) {
	for topic, r := range e.refused {
		if now.Sub(r.at) >= r.wait {
			r.at, r.skip = now, false
			r.wait = min(2*r.wait, maxRecheck)
			due = append(due, topic)
		}
		if at := r.at.Add(r.wait); next.IsZero() || at.Before(next) {
			next = at
		}
	}
	return due, next
}

// hungUp notes that the broker broke the connection and returns the topics
// that may be the reason.
func (e *echoes) hungUp(now time.Time) (suspects []string) {
	suspects = sortedKeys(e.waiting)
	if len(suspects) == 1 {
		topic := suspects[0]
		if e.strikes[topic]++; e.strikes[topic] >= maxStrikes {
			e.refuse(topic, now, true)
		}
	}
	e.careful = len(suspects) > 0
	return suspects
}

// skip reports whether the broker hangs up on topic.
func (e *echoes) skip(topic string) bool {
	r := e.refused[topic]
	return r != nil && r.skip
}

// list returns the refused topics in order.
func (e *echoes) list() []string { return sortedKeys(e.refused) }

// lost forgets what a broken connection cannot answer any more.
func (e *echoes) lost() { clear(e.waiting) }
