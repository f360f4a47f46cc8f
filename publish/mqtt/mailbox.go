package mqtt

import (
	"bytes"
	"slices"
	"sync"
)

// mailbox holds what came from the broker until the worker looks. It has a place for each topic that is ours by
// name, and nothing has room that does not have a place: whatever strangers send, and however much of it, our own
// echoes and the newest command on each topic are still there. One goroutine puts in, the worker takes out.
type mailbox struct {
	mu       sync.Mutex // guards all below
	places   map[string]*place
	fresh    []string // topics whose place has something new, in the order of the first new message
	received uint64   // messages, all of them
	strange  uint64   // on topics without a place
	refused  uint64   // commands that were none
	replaced uint64   // by a newer one on the same topic, before anybody looked
}

// place is what is known of one topic.
type place struct {
	room    int              // bytes of a payload that are kept; a longer one leaves nothing but the fact
	fit     func(mail) error // what is kept at all; nil = all
	sent    []byte           // what we published here last, on this connection
	known   bool             // anything was
	awaited bool             // it has not come back yet
	news    mail             // the newest message, and what it means
	isFresh bool             // the worker has not seen it
}

// mail is a message from the broker, the newest on its topic. It may come from anybody who can reach that.
type mail struct {
	topic    string
	payload  []byte // empty where it was too long
	retained bool   // it was said before we listened
	echoed   bool   // among those since the last look was our own
	foreign  bool   // the newest one is not our own, though we had the last word before
}

func newMailbox() *mailbox { return &mailbox{places: map[string]*place{}} }

// allot gives a topic a place, unless it has one.
func (b *mailbox) allot(topic string, room int, fit func(mail) error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.places[topic] == nil {
		b.places[topic] = &place{room: room, fit: fit}
	}
}

// clear takes a topic's place away.
func (b *mailbox) clear(topic string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.places, topic)
}

// reset takes all places away: the connection is another.
func (b *mailbox) reset() {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.places)
	b.fresh = nil
}

// sending notes what is about to be published; has tells whether it would be seen again.
func (b *mailbox) sending(topic string, payload []byte) (has bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.places[topic]
	if p == nil {
		return false
	}
	p.sent, p.known, p.awaited = payload, true, true
	return true
}

// put takes a message from the library's goroutine. It never blocks, and keeps nothing of what it is lent.
func (b *mailbox) put(m mail) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.received++
	p := b.places[m.topic]
	if p == nil {
		b.strange++
		return
	}
	if p.fit != nil && p.fit(m) != nil {
		b.refused++
		return
	}
	own := p.known && bytes.Equal(m.payload, p.sent)
	if own && !m.retained {
		p.awaited, m.echoed = false, true
	}
	m.foreign = p.known && !own
	if len(m.payload) > p.room {
		m.payload = nil
	} else {
		m.payload = bytes.Clone(m.payload)
	}
	if p.isFresh {
		b.replaced++
		m.echoed = m.echoed || p.news.echoed
	} else {
		b.fresh = append(b.fresh, m.topic)
	}
	p.news, p.isFresh = m, true
}

// take returns what is new.
func (b *mailbox) take() (all []mail) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, topic := range b.fresh {
		p := b.places[topic]
		if p == nil || !p.isFresh {
			continue
		}
		m := p.news
		m.foreign = m.foreign && !p.awaited // else what we said since comes after it, and has the last word
		all = append(all, m)
		p.news, p.isFresh = mail{}, false
	}
	b.fresh = slices.Delete(b.fresh, 0, len(b.fresh))
	return all
}

// count returns how many messages came.
func (b *mailbox) count() (received, strange, refused, replaced uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.received, b.strange, b.refused, b.replaced
}
