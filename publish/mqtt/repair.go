package mqtt

import "time"

// repairs says when a topic that somebody overwrote is put right. The first time is soon. Somebody who does it
// again is answered ever more slowly, so that two programs which both believe that a topic is theirs do not keep
// each other, and the broker, busy.
type repairs struct {
	first  time.Duration
	topics map[string]*repair
}

type repair struct {
	due  time.Time     // zero = nothing to do
	last time.Time     // when it was put right
	wait time.Duration // from then to the next time
}

const (
	slowestRepair = 5 * time.Minute
	peace         = 10 // so many times its wait without another overwriting, and a topic begins anew
)

func newRepairs(first time.Duration) *repairs {
	return &repairs{first: first, topics: map[string]*repair{}}
}

// overwritten notes that a topic has somebody else's value.
func (r *repairs) overwritten(topic string, now time.Time) {
	x := r.topics[topic]
	if x == nil || x.due.IsZero() && now.Sub(x.last) > peace*x.wait {
		x = &repair{wait: r.first, last: now}
		r.topics[topic] = x
	}
	if x.due.IsZero() {
		x.due = x.last.Add(x.wait)
	}
}

// pop returns the topics to put right now, and when the next one is; zero = none.
func (r *repairs) pop(now time.Time) (due []string, next time.Time) {
	for topic, x := range r.topics {
		switch {
		case x.due.IsZero():
		case !now.Before(x.due):
			x.due, x.last, x.wait = time.Time{}, now, min(2*x.wait, slowestRepair)
			due = append(due, topic)
		case next.IsZero() || x.due.Before(next):
			next = x.due
		}
	}
	return due, next
}

// next is when the next topic is to be put right; zero = none.
func (r *repairs) next() (next time.Time) {
	for _, x := range r.topics {
		if !x.due.IsZero() && (next.IsZero() || x.due.Before(next)) {
			next = x.due
		}
	}
	return next
}

// forget drops a topic that is no longer ours.
func (r *repairs) forget(topic string) { delete(r.topics, topic) }
