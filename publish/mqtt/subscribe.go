package mqtt

import (
	"maps"
	"slices"
	"time"

	"earshot/publish/topic"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"
)

// maxFilters bounds the topics in one packet: not every broker takes as many as it likes.
const maxFilters = 64

// subscriptions are the topics that we listen to: ours by name, and Home Assistant's birth. No wildcard is
// among them, so nobody can make the broker send us more than one message for each at the start.
func (s *Session) subscriptions() []string {
	all := append(s.box.Topics(), s.tree.Of(topic.NodeAvailability), s.tree.Of(topic.NodeInstance), s.announcer.BirthTopic)
	if s.cfg.Pushed != nil {
		all = append(all, s.tree.Of(topic.NodePush), s.tree.Of(topic.NodePushSet))
	}
	return append(all, s.announcer.Topics()...)
}

// isCommand tells whether a topic is one that people write to.
func (s *Session) isCommand(name string) bool {
	leaf, ours := s.tree.Leaf(name)
	return ours && leaf.Command
}

// allot gives a topic that is about to be subscribed its place.
func (s *Session) allot(name string) {
	switch {
	case name == s.tree.Of(topic.NodePushSet):
		s.mail.allot(name, manifestRoom, nil)
	case s.isCommand(name):
		s.mail.allot(name, smallRoom, fitCommand)
	case s.announcer.Describes(name):
		s.mail.allot(name, largeRoom, nil)
	default:
		s.mail.allot(name, smallRoom, nil)
	}
}

// listen brings the broker's subscriptions in line with what is ours now.
func (s *Session) listen(l *link) error {
	want := map[string]bool{}
	var fresh, stale []string
	for _, name := range s.subscriptions() {
		if !want[name] && !l.hears[name] {
			fresh = append(fresh, name)
		}
		want[name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(l.hears)) {
		if !want[name] && !s.announcer.Announces(name) {
			stale = append(stale, name)
		}
	}
	if err := s.subscribe(l, fresh); err != nil {
		return err
	}
	return s.unsubscribe(l, stale)
}

// subscribe asks for topics by name. A subscription that the broker refuses shows as a refused topic.
func (s *Session) subscribe(l *link, names []string) error {
	for some := range slices.Chunk(names, maxFilters) {
		filters := map[string]byte{}
		for _, name := range some {
			if !l.hears[name] {
				filters[name] = 1
				s.allot(name)
			}
		}
		if len(filters) == 0 {
			continue
		}
		t := l.client.SubscribeMultiple(filters, nil).(*paho.SubscribeToken)
		if err := s.answered(l, t); err != nil {
			return err
		}
		answers := t.Result()
		for name := range filters {
			code, ok := answers[name]
			granted := ok && code != 0x80
			if s.check.subscribed(name, granted, s.now()); granted {
				l.hears[name] = true
			} else {
				s.mail.clear(name)
			}
		}
		if err := t.Error(); err != nil && len(answers) == 0 {
			return s.lostError(l)
		}
	}
	return nil
}

// unsubscribe gives up topics that are ours no longer.
func (s *Session) unsubscribe(l *link, names []string) error {
	for some := range slices.Chunk(names, maxFilters) {
		for _, name := range some {
			delete(l.hears, name)
			s.mail.clear(name)
			s.repairs.forget(name)
			s.check.heard(name) // it is awaited no more
		}
		if err := s.answered(l, l.client.Unsubscribe(some...)); err != nil {
			return err
		}
	}
	return nil
}

func (s *Session) answered(l *link, t paho.Token) error {
	select {
	case <-t.Done():
		return nil
	case <-l.lost:
		return s.lostError(l)
	case <-time.After(s.cfg.Timing.Ack):
		return s.noAck()
	}
}

// noStore keeps nothing: the outbox holds what must not be lost, and a message that comes twice does no harm.
// The library's own store would keep every message of a flood.
type noStore struct{}

func (noStore) Open()                             {}
func (noStore) Put(string, packets.ControlPacket) {}
func (noStore) Get(string) packets.ControlPacket  { return nil }
func (noStore) All() []string                     { return nil }
func (noStore) Del(string)                        {}
func (noStore) Close()                            {}
func (noStore) Reset()                            {}
