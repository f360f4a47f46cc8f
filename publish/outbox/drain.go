package outbox

import (
	"slices"
	"time"

	"earshot/publish/topic"
)

// MaxBatch bounds how many retained messages await acknowledgement together.
const MaxBatch = 64

// Batch is what is sent together and awaited before the next batch.
// Its messages are on different topics, so a batch that must be sent again
// never turns the order on a topic round.
type Batch struct {
	Messages []topic.Message
	event    bool // the last message is the event in flight
}

// Add queues an occurrence; reports false for a source or label not published.
// When the queue is full the oldest occurrence is dropped and counted.
func (o *Outbox) Add(occ Occurrence, now time.Time) bool {
	defer o.input()()
	s, l := o.find(&occ)
	if l == nil {
		o.stats.Unknown++
		return false
	}
	if occ.On {
		l.silent = l.mute.on || s.mute.on
	}
	it := queued{occ: occ, at: now, silent: l.silent}
	if !occ.On {
		l.silent = false
	}
	lost, wasShown, full := o.queue.push(it)
	if full {
		o.stats.Dropped++
		if !wasShown { // its switch still counts, only its event is lost
			o.show(&lost)
		}
	}
	return true
}

// find returns the source and label that occ is about; nil when they are not (or no longer) published.
func (o *Outbox) find(occ *Occurrence) (*sourceState, *labelState) {
	if s := o.byName[occ.Source]; s != nil {
		return s, s.byID[occ.Label]
	}
	return nil, nil
}

// show moves an occurrence's switch to the retained topics.
func (o *Outbox) show(it *queued) {
	s, l := o.find(&it.occ)
	if l == nil { // taken out of the configuration meanwhile
		return
	}
	l.detected = it.occ.On
	if !it.silent {
		if it.occ.On {
			l.heard, l.told = l.heard+1, it.at
		}
		l.about = attributesOf(&it.occ)
	}
	o.wantState(s, l)
	if it.occ.On && !it.silent && !l.Group && it.occ.Same == "" {
		o.want(o.Tree.Of(topic.SourceLast, s.slug), lastOf(l.slug, &it.occ))
	}
}

// take makes the occurrence's event the one in flight, if it has one and its topic is not skipped.
func (o *Outbox) take(it *queued, skip func(topic string) bool) {
	o.inflightOcc, o.tries = it.occ, 0
	s, l := o.find(&it.occ)
	if l == nil || !o.tells(it) {
		return
	}
	m := o.Tree.Message(topic.SourceEvent, eventOf(s.slug, l.slug, &it.occ), s.slug)
	o.inflight = &m
	o.refuse(skip)
}

// tells reports whether an event message belongs to the occurrence.
// A group has none: its member's tells of the same sound; nor has what another source of the zone told of.
func (o *Outbox) tells(it *queued) bool {
	_, l := o.find(&it.occ)
	return !it.silent && (!it.occ.On || o.EventStart) && (l == nil || !l.Group) && it.occ.Same == ""
}

// refuse gives the event in flight up when its topic is skipped.
func (o *Outbox) refuse(skip func(topic string) bool) {
	if o.inflight != nil && skip(o.inflight.Topic) {
		o.inflight = nil
		o.stats.EventsRefused++
	}
}

// showOld moves the switches of all occurrences that waited too long to the
// state topics at once, so that only the last one shows.
func (o *Outbox) showOld(now time.Time) {
	q := o.queue
	for q.shown < q.n && now.Sub(q.at(q.shown).at) > o.Replay {
		o.show(q.at(q.shown))
		q.shown++
	}
}

// Next returns what to send now; ok is false when there is nothing.
// Until Done is called it returns the same event again. limit bounds the number
// of messages; topics for which skip holds are left out, their events counted.
func (o *Outbox) Next(now time.Time, limit int, skip func(topic string) bool) (out Batch, ok bool) {
	defer o.lock()()
	o.showOld(now)
	o.unsaid = slices.DeleteFunc(o.unsaid, skip)
	o.refuse(skip)
	for len(o.unsaid) == 0 && o.inflight == nil {
		shown := o.queue.shown > 0
		it, have := o.queue.pop()
		if !have {
			return Batch{}, false
		}
		if !shown {
			o.show(&it)
		}
		o.take(&it, skip)
	}
	for _, name := range o.unsaid[:min(len(o.unsaid), limit)] {
		out.Messages = append(out.Messages, topic.Kept(name, o.wanted[name]))
	}
	if o.inflight != nil && len(out.Messages) < limit {
		out.event = true
		out.Messages = append(out.Messages, *o.inflight)
		if o.tries++; o.tries > 1 {
			o.stats.Resent++
		}
	}
	return out, true
}

// Done notes that the broker acknowledged a batch. A topic whose value changed
// while the batch was under way stays unsaid.
func (o *Outbox) Done(x Batch) {
	defer o.lock()()
	for _, m := range x.Messages {
		if i := slices.Index(o.unsaid, m.Topic); m.Retain && i >= 0 && string(o.wanted[m.Topic]) == string(m.Payload) {
			o.unsaid = slices.Delete(o.unsaid, i, i+1)
		}
	}
	if x.event {
		o.sent, o.inflight = o.inflight, nil
		o.stats.Events++
	}
}

// Unsend takes the newest acknowledged event back if it was on one of these topics, for a broker that hung
// up before it passed the message on.
func (o *Outbox) Unsend(topics []string) {
	defer o.lock()()
	if o.inflight == nil && o.sent != nil && slices.Contains(topics, o.sent.Topic) {
		o.inflight, o.sent, o.tries = o.sent, nil, 1
		o.stats.Events--
	}
}
