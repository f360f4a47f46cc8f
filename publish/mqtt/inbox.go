package mqtt

import (
	"strings"

	"earshot/publish/topic"
)

// incoming is a message from the broker. It may come from anybody who can reach that.
type incoming struct {
	topic    string
	payload  []byte
	retained bool
}

const (
	maxInbox   = 4096
	maxPayload = 1 << 18 // bytes of a remembered device configuration that we look at
)

// takeInbox handles what arrived.
func (s *Session) takeInbox() {
	var in []incoming
	s.locked(func() { in, s.inbox = s.inbox, nil })
	for _, m := range in {
		s.take(m)
	}
}

func (s *Session) take(m incoming) {
	soon := s.now().Add(s.cfg.Timing.Debounce)
	leaf, ours := s.tree.Leaf(m.topic)
	switch {
	case m.topic == s.announcer.BirthTopic:
		if !m.retained { // else said long ago, perhaps
			s.announcer.Born(string(m.payload) == topic.Online, soon)
		}
	case m.topic == s.announcer.Topic() && m.retained:
		s.announcer.Remembered(m.payload, soon)
	case strings.HasSuffix(m.topic, "/set"):
		s.takeCommand(m)
	case m.retained:
		if ours && leaf.Retained && len(m.payload) > 0 { // from an older configuration, perhaps
			s.box.Clear(m.topic)
		}
	default:
		s.check.heard(m.topic)
		if leaf == topic.NodeAvailability && string(m.payload) != topic.Online {
			s.onlineLost = true // the will of an older connection came late
		}
	}
}

func (s *Session) takeCommand(m incoming) {
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
