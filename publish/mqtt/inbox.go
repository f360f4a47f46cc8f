package mqtt

import (
	"math/rand/v2"
	"strings"

	"earshot/publish/outbox"
	"earshot/publish/topic"
)

const (
	smallRoom = 4 << 10   // bytes of a payload on any topic of ours; what we say ourselves is shorter
	largeRoom = 256 << 10 // of a remembered device configuration
	// manifestRoom is for what the owner pushes, with its signature.
	manifestRoom = 8 << 10
)

// takeInbox handles what arrived.
func (s *Session) takeInbox() {
	for _, m := range s.mail.take() {
		s.take(m)
	}
}

func (s *Session) take(m mail) {
	now := s.now()
	soon := now.Add(s.cfg.Timing.Debounce)
	if m.echoed {
		s.passed = max(s.passed, s.sizes[m.topic])
		s.check.heard(m.topic)
	}
	switch {
	case m.topic == s.announcer.BirthTopic:
		if !m.retained { // else said long ago, perhaps
			s.born = string(m.payload) == topic.Online
			s.announcer.Born(s.born, soon.Add(rand.N(s.cfg.Timing.Birth)))
		}
		return
	case s.announcer.Describes(m.topic) && m.retained:
		for _, old := range s.announcer.Remembered(m.topic, m.payload, soon) {
			s.clearOld(old)
		}
	case m.topic == s.tree.Of(topic.NodePushSet):
		if len(m.payload) > 0 { // else it was taken off, by us perhaps
			s.cfg.Pushed(m.payload)
		}
		return
	case s.isCommand(m.topic):
		s.takeCommand(m)
		return
	}
	if m.foreign {
		s.repairs.overwritten(m.topic, now)
	}
}

// clearOld takes a topic off the broker that a configuration from before named, and those beside it, if they are of this
// node and stand for nothing any more.
func (s *Session) clearOld(name string) {
	leaf, ours := s.tree.Leaf(name)
	if !ours || !leaf.Retained {
		return
	}
	start := strings.TrimSuffix(name, leaf.Name)
	for _, l := range topic.Leaves {
		if l.Level == leaf.Level && l.Retained {
			s.box.Clear(start + l.Name)
		}
	}
}

func (s *Session) takeCommand(m mail) {
	c, is, err := s.box.Obey(m.topic, m.payload, m.retained, s.now())
	if !is {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.counters.CommandsRejected++
		return
	}
	s.counters.Commands++
	for {
		select {
		case s.commands <- c:
			return
		default:
		}
		select {
		case <-s.commands:
			s.counters.CommandsRejected++
		default:
		}
	}
}

// fitCommand keeps what is no command from taking the place of one.
func fitCommand(m mail) error { return outbox.CheckCommand(m.topic, m.payload, m.retained) }
