package mqtt

import (
	"context"
	"maps"
	"slices"
	"time"

	"earshot/publish/topic"

	paho "github.com/eclipse/paho.mqtt.golang"
)

// stopTime is what Run takes at most, once told to stop, to send what waits
// and say goodbye.
const stopTime = 1500 * time.Millisecond

// serve looks after one connection until it breaks or ctx ends. It is the
// worker: the only one that publishes, and it waits for each batch to be
// acknowledged before the next, so that order survives any break.
func (s *Session) serve(ctx context.Context, l *link) error {
	defer l.kill()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(stopTime, l.kill) })
	defer stop()
	err := s.begin(l)
	if err == nil {
		s.tell(Status{Connected: true})
		s.refused(s.check.list())
		err = s.work(ctx, l)
	}
	if ctx.Err() != nil {
		s.finish(l)
		return nil
	}
	err = s.hungUp(l, err)
	s.check.lost()
	s.locked(func() { s.counters.ConnectionsLost++ })
	return err
}

// hungUp looks for the reason why a broker broke the connection: a message that
// it does not want, perhaps.
func (s *Session) hungUp(l *link, err error) error {
	select {
	case <-l.lost:
	default:
		return err // it was us who gave up
	}
	s.takeInbox() // our own messages that came before the end
	suspects := s.check.hungUp(s.now())
	s.box.Unsend(suspects)
	if len(suspects) != 1 || s.check.hangups[suspects[0]] < 2 {
		return err
	}
	if size := s.tooLarge(suspects); size > 0 {
		return s.lengthError(suspects[0], size)
	}
	return rejected("%s ends the connection whenever %s is published: its access rules must let %s read and write %s",
		s.broker(), suspects[0], s.user(), suspects[0])
}

// begin subscribes, says online and has everything published again.
func (s *Session) begin(l *link) error {
	s.adopt()
	s.resubscribe = false
	if err := s.overwrite(l); err != nil {
		return err
	}
	if err := s.spare(l); err != nil {
		return err
	}
	if err := s.meet(l); err != nil {
		return err
	}
	if err := s.listen(l); err != nil {
		return err
	}
	if err := s.sayOnline(l); err != nil {
		return err
	}
	s.box.Repeat(s.box.Retained()...)
	s.announcer.Connected(s.now().Add(s.cfg.Timing.Debounce))
	return nil
}

// spare looks, when this node was called something else last time, whether somebody lives under that name: a copy of
// its state folder, perhaps. Then what stands there is not ours to take away.
func (s *Session) spare(l *link) error {
	before := s.announcer.Before()
	if before == "" || before == s.tree {
		return nil
	}
	name := before.Of(topic.NodeAvailability)
	alive := make(chan struct{}, 1)
	t := l.client.Subscribe(name, 1, func(_ paho.Client, m paho.Message) {
		if string(m.Payload()) == topic.Online {
			select {
			case alive <- struct{}{}:
			default:
			}
		}
	})
	if err := s.answered(l, t); err != nil {
		return err
	}
	select {
	case <-alive:
		s.announcer.Spare()
	case <-time.After(s.cfg.Timing.Debounce): // it is retained, and would have come at once
	case <-l.lost:
		return s.lostError(l)
	}
	return s.answered(l, l.client.Unsubscribe(name))
}

// work is the loop: what is due, then one batch, else wait.
func (s *Session) work(ctx context.Context, l *link) error {
	for ctx.Err() == nil {
		select {
		case <-l.lost:
			return s.lostError(l)
		default:
		}
		s.takeInbox()
		next := s.tick(s.now())
		if err := s.mend(l); err != nil {
			return err
		}
		if due := s.announcer.Due(); !due.IsZero() && !s.now().Before(due) {
			if err := s.announce(l); err != nil {
				return err
			}
			continue
		}
		s.sendNewest(l)
		if sent, err := s.sendBatch(l, s.cfg.Timing.Ack); err != nil {
			return err
		} else if sent {
			continue
		}
		s.file(s.box.Forget())
		if err := s.idle(ctx, l, next); err != nil {
			return err
		}
	}
	return nil
}

// mend puts right what somebody overwrote, and subscribes again when that may help.
func (s *Session) mend(l *link) error {
	due, _ := s.repairs.pop(s.now())
	for _, name := range due {
		s.locked(func() { s.counters.Repaired++ })
		if err := s.again(l, name); err != nil {
			return err
		}
	}
	if s.other {
		if err := s.sayWho(l); err != nil {
			return err
		}
	}
	if s.resubscribe {
		s.resubscribe = false
		return s.listen(l)
	}
	return nil
}

// again publishes what stands on a topic of ours. An event topic shows with its next event.
func (s *Session) again(l *link, name string) error {
	switch leaf, _ := s.tree.Leaf(name); {
	case s.announcer.Describes(name), s.announcer.Announces(name):
		s.announcer.Schedule(s.now())
	case leaf == topic.NodeAvailability:
		return s.sayOnline(l)
	case leaf == topic.NodeInstance:
		return s.sayWho(l)
	case leaf.Retained:
		s.box.Repeat(name)
	}
	return nil
}

// overwrite gives topics of ours, on which the broker had more than we take, another value before we listen to them.
func (s *Session) overwrite(l *link) error {
	var names []string
	s.locked(func() {
		names = slices.Sorted(maps.Keys(s.tooLong))
		clear(s.tooLong)
	})
	ours := s.subscriptions()
	var out []topic.Message
	for _, name := range names {
		if name != s.announcer.BirthTopic && slices.Contains(ours, name) {
			out = append(out, topic.Kept(name, s.box.Value(name))) // what has no value here is taken off
		}
	}
	if len(out) == 0 {
		return nil
	}
	return s.send(l, out, s.cfg.Timing.Ack)
}

// idle waits for something to do.
func (s *Session) idle(ctx context.Context, l *link, next time.Time) error {
	wait := time.Minute
	for _, at := range []time.Time{next, s.announcer.Due()} {
		if !at.IsZero() {
			wait = min(wait, max(at.Sub(s.now()), time.Millisecond))
		}
	}
	select {
	case <-ctx.Done():
	case <-s.box.Wake():
	case <-time.After(wait):
	case <-l.lost:
		return s.lostError(l)
	}
	return nil
}

// tick does what time alone brings about and returns when it wants to be
// called again.
func (s *Session) tick(now time.Time) (next time.Time) {
	next = s.box.Expire(now)
	if s.adopt() {
		s.announcer.Schedule(now.Add(s.cfg.Timing.Debounce))
	}
	sooner := func(at time.Time) {
		if !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	sooner(s.repairs.next())
	received, _, _, _ := s.mail.count()
	awaited, unsure := s.check.overdue(now, received)
	for _, name := range unsure {
		s.repairs.overwritten(name, now)
	}
	sooner(awaited)
	if len(s.check.refused) > 0 {
		sooner(s.recheck(now))
	}
	if refused := s.check.list(); awaited.IsZero() || len(refused) == 0 { // one line for all of them
		s.refused(refused)
	}
	return next
}

// recheck tries refused subscriptions and retained topics again. An event topic
// shows with its next event.
func (s *Session) recheck(now time.Time) (next time.Time) {
	due, next := s.check.recheck(now)
	for _, name := range due {
		leaf, _ := s.tree.Leaf(name)
		switch {
		case s.announcer.Describes(name):
			s.announcer.Schedule(now)
			s.resubscribe = true
		case s.announcer.Announces(name):
			s.announcer.Schedule(now)
		case leaf == topic.NodeAvailability:
			s.resubscribe = true
			s.repairs.overwritten(name, now)
		case leaf.Retained:
			s.resubscribe = true
			s.box.Repeat(name)
		default:
			s.resubscribe = true
		}
	}
	return next
}

// finish says goodbye: what waits, every label OFF, sources and node offline.
func (s *Session) finish(l *link) {
	s.check.oneByOne = false // no time for it
	end := time.Now().Add(stopTime - 300*time.Millisecond)
	left := func() time.Duration { return max(time.Until(end), 50*time.Millisecond) }
	for drainBy := time.Now().Add(stopTime / 2); time.Now().Before(drainBy); {
		if sent, err := s.sendBatch(l, left()); err != nil || !sent {
			break
		}
	}
	offline := s.tree.Message(topic.NodeAvailability, topic.Availability(false))
	if s.send(l, append(s.box.Farewell(), offline), left()) == nil {
		l.client.Disconnect(250)
	}
	s.locked(func() { s.health = Health{Reason: "stopped", Since: s.now()} })
}
