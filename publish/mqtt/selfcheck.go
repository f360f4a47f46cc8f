package mqtt

import (
	"maps"
	"slices"
	"time"
)

// selfCheck finds out what the broker refuses. MQTT 3.1.1 has no word for "you may not publish
// here": brokers acknowledge such a message and throw it away (mosquitto, in
// its own words, "silently"), or break the connection (mosquitto 2.0.11 does
// after a refused QoS 1 message). So the publisher subscribes to its own topics.
// A message that it does not see again in time was refused; so was one that
// alone was under way when the broker hung up, several times in a row.
type selfCheck struct {
	limit    time.Duration
	again    time.Duration            // first wait before a refused topic is tried again; doubles
	waiting  map[string]awaited       // by topic
	hangups  map[string]int           // topic → how often in a row the broker hung up on it
	refused  map[string]*refusedTopic // topic →
	oneByOne bool                     // one message at a time, to find out which one it is
}

// awaited is a message of ours that is under way.
type awaited struct {
	acked    time.Time // zero = not yet
	received uint64    // how many messages had come by then, from all
	silent   bool      // we do not listen to its topic: the acknowledgement is all there is
}

// flood is how many messages of others make it likely that the broker dropped ours on the way back: brokers
// keep a queue for each client, and drop what is newest. Then its absence shows nothing.
const flood = 200

type refusedTopic struct {
	at   time.Time     // when it was found refused or last tried
	wait time.Duration // until it is tried again
	skip bool          // the broker hangs up on it: not sent until then
	sub  bool          // a subscription, not a publication
}

const (
	maxHangups = 3
	maxRecheck = time.Hour
)

func newSelfCheck(limit, again time.Duration) *selfCheck {
	return &selfCheck{limit: limit, again: again, waiting: map[string]awaited{},
		hangups: map[string]int{}, refused: map[string]*refusedTopic{}}
}

// sent notes that a message on topic is about to leave. Until it is
// acknowledged the clock does not run. heard tells whether we would see it again.
func (c *selfCheck) sent(topic string, heard bool) { c.waiting[topic] = awaited{silent: !heard} }

// acked starts the clock, unless it came back sooner than the acknowledgement.
func (c *selfCheck) acked(topic string, now time.Time, received uint64) {
	a, still := c.waiting[topic]
	switch {
	case !still:
	case a.silent:
		delete(c.waiting, topic)
	default:
		c.waiting[topic] = awaited{acked: now, received: received}
	}
}

// heard notes that our own message on topic came back.
func (c *selfCheck) heard(topic string) {
	delete(c.waiting, topic)
	delete(c.hangups, topic)
	delete(c.refused, topic)
}

// refuse notes that topic is not let through.
func (c *selfCheck) refuse(topic string, now time.Time, skip bool) {
	r := c.refused[topic]
	if r == nil {
		r = &refusedTopic{wait: c.again}
		c.refused[topic] = r
	}
	r.at, r.skip = now, skip
}

// subscribed notes the broker's answer to a subscription.
func (c *selfCheck) subscribed(topic string, granted bool, now time.Time) {
	r := c.refused[topic]
	switch {
	case !granted:
		c.refuse(topic, now, false)
		c.refused[topic].sub = true
	case r != nil && r.sub:
		delete(c.refused, topic)
	}
}

// overdue moves what is overdue to refused; next is when to look again (zero =
// nothing awaited). received is how many messages have come; where they are very many, what is overdue is
// unsure and to be said again.
func (c *selfCheck) overdue(now time.Time, received uint64) (next time.Time, unsure []string) {
	for topic, a := range c.waiting {
		at := a.acked
		switch {
		case at.IsZero():
		case now.Sub(at) >= c.limit && received-a.received > flood:
			delete(c.waiting, topic)
			unsure = append(unsure, topic)
		case now.Sub(at) >= c.limit:
			delete(c.waiting, topic)
			c.refuse(topic, now, false)
		case next.IsZero() || at.Add(c.limit).Before(next):
			next = at.Add(c.limit)
		}
	}
	return next, unsure
}

// recheck returns the refused topics that are due for another try, and when
// the next one is.
func (c *selfCheck) recheck(now time.Time) (due []string, next time.Time) {
	for topic, r := range c.refused {
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
func (c *selfCheck) hungUp(now time.Time) (suspects []string) {
	suspects = slices.Sorted(maps.Keys(c.waiting))
	if len(suspects) == 1 {
		topic := suspects[0]
		if c.hangups[topic]++; c.hangups[topic] >= maxHangups {
			c.refuse(topic, now, true)
		}
	}
	c.oneByOne = len(suspects) > 0
	return suspects
}

// skip reports whether the broker hangs up on topic.
func (c *selfCheck) skip(topic string) bool {
	r := c.refused[topic]
	return r != nil && r.skip
}

// list returns the refused topics in order.
func (c *selfCheck) list() []string { return slices.Sorted(maps.Keys(c.refused)) }

// lost forgets what a broken connection cannot answer any more.
func (c *selfCheck) lost() { clear(c.waiting) }
