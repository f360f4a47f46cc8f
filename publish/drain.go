package publish

import (
	"slices"
	"time"
)

// batchTopics bounds how many retained messages await acknowledgement together.
const batchTopics = 64

// batch is what is sent together and awaited before the next batch.
// Its messages are on different topics, so a batch that must be sent again
// never turns the order on a topic round.
type batch struct {
	messages []message
	topics   []string // the retained ones, messages[:len(topics)]
	event    bool     // the last message is the event in flight
}

// add queues an occurrence; reports false for a source or label not published.
func (b *book) add(o Occurrence, now time.Time) bool {
	s := b.byName[o.Source]
	if s == nil || s.byID[o.Label] == nil {
		b.unknown++
		return false
	}
	l := s.byID[o.Label]
	if o.On {
		l.silent = l.mute.on || s.mute.on
	}
	it := queued{occ: o, at: now, silent: l.silent}
	if !o.On {
		l.silent = false
	}
	lost, wasFolded, full := b.queue.push(it)
	if full {
		b.dropped++
		if !wasFolded { // its switch still counts, only its event is lost
			b.apply(&lost)
		}
	}
	return true
}

// apply moves an occurrence's switch to the retained topics.
func (b *book) apply(it *queued) {
	o := &it.occ
	s := b.byName[o.Source]
	if s == nil || s.byID[o.Label] == nil { // taken out of the configuration meanwhile
		return
	}
	l := s.byID[o.Label]
	l.detected = o.On
	if !it.silent {
		b.want(b.topics.label(s.slug, l.slug, "attributes"), attributesOf(o))
	}
	b.wantState(s, l)
	if o.On && !it.silent {
		b.want(b.topics.source(s.slug, "last"), lastOf(l.slug, o))
	}
}

// event returns the message for the event topic, nil if there is none.
func (b *book) event(it *queued) *message {
	s := b.byName[it.occ.Source]
	if s == nil || s.byID[it.occ.Label] == nil || it.silent || it.occ.On && !b.eventStart {
		return nil
	}
	l := s.byID[it.occ.Label]
	return &message{topic: b.topics.source(s.slug, "event"), payload: eventOf(s.slug, l.slug, &it.occ), qos: 1}
}

// fold moves the switches of all occurrences that waited too long to the
// state topics at once, so that only the last one shows.
func (b *book) fold(now time.Time) {
	q := b.queue
	for q.folded < q.n && now.Sub(q.at(q.folded).at) > b.replay {
		b.apply(q.at(q.folded))
		q.folded++
	}
}

// next returns what to send now; ok is false when there is nothing.
// Until done is called it returns the same event again. limit bounds the number
// of messages; topics for which skip holds are left out, their events counted.
func (b *book) next(now time.Time, limit int, skip func(topic string) bool) (out batch, ok bool) {
	b.fold(now)
	b.dirty = slices.DeleteFunc(b.dirty, skip)
	if b.inflight != nil && skip(b.inflight.topic) {
		b.inflight = nil
		b.refused++
	}
	for len(b.dirty) == 0 && b.inflight == nil {
		folded := b.queue.folded > 0
		it, have := b.queue.pop()
		if !have {
			return batch{}, false
		}
		if !folded {
			b.apply(&it)
		}
		if b.inflight = b.event(&it); b.inflight != nil && skip(b.inflight.topic) {
			b.inflight = nil
			b.refused++
		}
		b.inflightOcc, b.tries = it.occ, 0
	}
	for _, topic := range b.dirty[:min(len(b.dirty), limit)] {
		out.topics = append(out.topics, topic)
		out.messages = append(out.messages, message{topic: topic, payload: b.wanted[topic], qos: 1, retain: true})
	}
	if b.inflight != nil && len(out.messages) < limit {
		out.event = true
		out.messages = append(out.messages, *b.inflight)
		b.tries++
	}
	return out, true
}

// done notes that the broker acknowledged a batch. A topic whose value changed
// while the batch was under way stays dirty.
func (b *book) done(x batch) {
	for i, topic := range x.topics {
		if string(b.wanted[topic]) == string(x.messages[i].payload) {
			b.unmark(topic)
		}
	}
	if x.event {
		b.sent, b.inflight = b.inflight, nil
	}
}

// unsend takes the newest acknowledged event back, for a broker that hung up
// before it passed the message on; reports whether there was one on these topics.
func (b *book) unsend(topics []string) bool {
	if b.inflight != nil || b.sent == nil || !slices.Contains(topics, b.sent.topic) {
		return false
	}
	b.inflight, b.sent, b.tries = b.sent, nil, 1
	return true
}

func (b *book) unmark(topic string) {
	for i, t := range b.dirty {
		if t == topic {
			b.dirty = append(b.dirty[:i], b.dirty[i+1:]...)
			return
		}
	}
}
