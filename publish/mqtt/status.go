package mqtt

import (
	"fmt"
	"strings"
	"time"

	"earshot/internal/redact"
)

// Status is handed to OnStatus when, and only when, something changed.
type Status struct {
	Connected bool
	Err       error    // why not connected, or which topics are refused; free of secrets
	Refused   []string // topics that the broker does not let through
	Attempt   int      // connection attempts that failed in a row
	Retry     time.Duration
}

// Health is the publisher's part of /healthz.
type Health struct {
	OK        bool
	Connected bool
	Reason    string // empty when OK
	Refused   []string
	Since     time.Time // of the present Connected value
}

// Health is the present state.
func (s *Session) Health() (h Health) {
	s.locked(func() { h = s.health })
	h.Refused = append([]string(nil), h.Refused...)
	return h
}

// tell is the only place that changes the health while Run is under way, and tells OnStatus once per change
// of what it would say.
func (s *Session) tell(st Status) {
	text := ""
	if st.Err != nil {
		text = st.Err.Error()
	}
	s.mu.Lock()
	since, turned := s.health.Since, s.health.Connected != st.Connected
	if turned {
		since = s.now()
	}
	s.health = Health{OK: st.Err == nil, Connected: st.Connected, Reason: text, Refused: st.Refused, Since: since}
	news := s.said != text || turned && st.Connected
	s.said = text
	s.mu.Unlock()
	if news {
		s.cfg.OnStatus(st)
	}
}

// refused reports which topics the broker does not let through; none = all well.
func (s *Session) refused(topics []string) {
	var err error
	if len(topics) > 0 {
		shown := topics[:min(len(topics), 3)]
		more := ""
		if n := len(topics) - len(shown); n > 0 {
			more = fmt.Sprintf(" and %d more", n)
		}
		err = fmt.Errorf("%s accepts the connection but refuses %s%s: its access rules must let %s read and write %s and %s",
			s.broker(), strings.Join(shown, ", "), more, s.user(), s.tree.All(), s.announcer.Prefix+"/#")
		if size := s.tooLarge(topics); size > 0 {
			err = s.lengthError(strings.Join(shown, ", ")+more, size)
		}
	}
	s.tell(Status{Connected: true, Err: err, Refused: topics})
}

// tooLarge tells whether refused topics are refused for their messages' length, and how long the longest is: all are
// configurations of devices, and longer than all that came back. 0 = they are not.
func (s *Session) tooLarge(topics []string) (longest int) {
	if s.passed == 0 {
		return 0
	}
	for _, name := range topics {
		size := s.sizes[name]
		if !s.announcer.Describes(name) || size <= s.passed {
			return 0
		}
		longest = max(longest, size)
	}
	return longest
}

func (s *Session) lengthError(topics string, size int) error {
	return rejected("%s does not take %s, of %d bytes, while one of %d bytes passes: let it take messages that long (message_size_limit or max_packet_size in mosquitto), watch fewer labels, or set mqtt.legacy_discovery (if it does take them: may %s write there?)",
		s.broker(), topics, size, s.passed, s.user())
}

func (s *Session) broker() string { return "broker " + redact.URLs(s.cfg.Broker) }

func (s *Session) user() string {
	if s.cfg.Username == "" {
		return "anonymous users"
	}
	return fmt.Sprintf("user %q", s.cfg.Username)
}
