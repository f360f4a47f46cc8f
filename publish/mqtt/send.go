package mqtt

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"earshot/publish/guard"
	"earshot/publish/outbox"
	"earshot/publish/topic"

	paho "github.com/eclipse/paho.mqtt.golang"
)

// sendBatch sends what the outbox has next; reports whether there was anything.
func (s *Session) sendBatch(l *link, wait time.Duration) (bool, error) {
	b, ok := s.box.Next(s.now(), s.batchLimit(), s.check.skip)
	if !ok {
		s.check.oneByOne = s.check.oneByOne && !s.announcer.Due().IsZero() // all went through, but for what is announced yet
		return false, nil
	}
	if err := s.send(l, b.Messages, wait); err != nil {
		return true, err
	}
	s.box.Done(b)
	return true, nil
}

// sendNewest sends what is sent with QoS 0. Nothing waits for it, and nothing more goes out while some of it is still under
// way, so that a connection which does not move holds no more than one of each.
func (s *Session) sendNewest(l *link) {
	select {
	case l.newest <- struct{}{}:
	default:
		return
	}
	ms := s.box.Newest()
	if len(ms) == 0 {
		<-l.newest
		return
	}
	go func() { // ends with the connection at the latest
		_ = l.publish(ms)
		<-l.newest
		s.box.Poke()
	}()
}

// batchLimit is how many messages may be under way together.
func (s *Session) batchLimit() int {
	if s.check.oneByOne {
		return 1
	}
	return outbox.MaxBatch
}

// send publishes messages of QoS 1 and waits until all are acknowledged, those that go out together wait at most. No more do than
// [together] takes.
func (s *Session) send(l *link, ms []topic.Message, wait time.Duration) error {
	for len(ms) > 0 {
		n := together(ms, s.batchLimit())
		if err := s.sendTogether(l, ms[:n], wait); err != nil {
			return err
		}
		ms = ms[n:]
	}
	return nil
}

// maxUnderWay bounds the bytes of messages that are under way together, so that they and what the broker says to them find room in the
// sockets' buffers. A broker that waits for room before it reads on, as the embedded one does, and sends back what we listen to, would
// otherwise wait for us to read while we wait for it: the discovery of many sources, each some 50 kB, did that.
const maxUnderWay = 32 << 10

// together is how many of the next messages go out together, at least one and at most so many.
func together(ms []topic.Message, most int) (n int) {
	for bytes := 0; n < min(len(ms), most); n++ {
		if bytes += len(ms[n].Topic) + len(ms[n].Payload); n > 0 && bytes > maxUnderWay {
			break
		}
	}
	return n
}

// sendTogether publishes messages of QoS 1 at once and waits until all are acknowledged.
func (s *Session) sendTogether(l *link, ms []topic.Message, wait time.Duration) error {
	for _, m := range ms {
		if s.announcer.Describes(m.Topic) {
			s.sizes[m.Topic] = len(m.Payload)
		}
		s.check.sent(m.Topic, s.mail.sending(m.Topic, m.Payload))
	}
	acked := make(chan error, 1)
	go func() { acked <- l.publish(ms) }() // ends with the connection at the latest
	select {
	case err := <-acked:
		if err != nil {
			return s.lostError(l)
		}
	case <-l.lost:
		return s.lostError(l)
	case <-time.After(wait):
		return s.noAck()
	}
	now := s.now()
	received, _, _, _ := s.mail.count()
	for _, m := range ms {
		s.check.acked(m.Topic, now, received)
	}
	s.locked(func() { s.counters.Messages += uint64(len(ms)) })
	if s.check.oneByOne {
		return s.awaitOwn(l)
	}
	return nil
}

// announce publishes the discovery configuration that is due.
func (s *Session) announce(l *link) error {
	var kept []string
	s.locked(func() { kept = slices.Concat(s.box.Retained(), s.gone) }) // entities look yet at what goes with the next settings
	plan, err := s.announcer.Begin(append(kept, s.tree.Of(topic.NodeAvailability), s.tree.Of(topic.NodeInstance)))
	s.file(err)
	if s.announcer.Enabled && s.announcer.Legacy && len(plan.Messages) > 0 {
		var names []string
		for _, m := range plan.Messages {
			if s.announcer.Announces(m.Topic) || len(m.Payload) > 0 {
				names = append(names, m.Topic)
			}
		}
		if err := s.subscribe(l, names); err != nil {
			return err
		}
	}
	if slices.ContainsFunc(plan.Messages, func(m topic.Message) bool { return s.check.skip(m.Topic) }) {
		return nil // recheck schedules it again
	}
	if err := s.send(l, plan.Messages, s.cfg.Timing.Ack); err != nil {
		return err
	}
	s.file(s.announcer.Done(plan, s.now(), s.cfg.Timing.Settle))
	if s.announcer.Due().IsZero() { // no removal is under way
		s.box.ClearGone(s.leaving, plan.Messages)
		s.leaving = nil
	}
	if len(plan.Messages) > 0 {
		s.locked(func() { s.counters.Discoveries++ })
	}
	s.box.Repeat(s.box.Retained()...) // Home Assistant has just made the entities: give it the states
	s.box.RepeatDiagnostics(s.now().Add(-s.announcer.Expiry()))
	if s.born {
		s.box.RepeatImages()
		s.born = false
	}
	return nil
}

// awaitOwn waits until everything that was acknowledged was also seen, or
// counts as refused, so that nothing else is under way if the broker hangs up.
func (s *Session) awaitOwn(l *link) error {
	for {
		s.takeInbox()
		received, _, _, _ := s.mail.count()
		next, _ := s.check.overdue(s.now(), received)
		if next.IsZero() {
			return nil
		}
		select {
		case <-s.box.Wake():
		case <-time.After(max(next.Sub(s.now()), time.Millisecond)):
		case <-l.lost:
			return s.lostError(l)
		}
	}
}

// publish hands messages to paho in order and waits for their tokens.
func (l *link) publish(ms []topic.Message) error {
	tokens := make([]paho.Token, len(ms))
	for i, m := range ms {
		tokens[i] = l.client.Publish(m.Topic, m.QoS, m.Retain, m.Payload)
	}
	var errs error
	for _, t := range tokens {
		<-t.Done()
		errs = errors.Join(errs, t.Error())
	}
	return errs
}

func (s *Session) lostError(l *link) error {
	if !l.ended() {
		return fmt.Errorf("%s: %w", s.broker(), ErrLost)
	}
	if broke := new(guard.Violation); errors.As(l.err, &broke) {
		return broken(s.broker(), broke)
	}
	return fmt.Errorf("%s: %w", s.broker(), l.loss())
}

func (s *Session) noAck() error {
	return fmt.Errorf("%s: no acknowledgement within %v", s.broker(), s.cfg.Timing.Ack)
}
