package publish

import (
	"context"
	"slices"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// stopTime is what Run takes at most, once told to stop, to send what waits
// and say goodbye.
const stopTime = 1500 * time.Millisecond

// serve looks after one connection until it breaks or ctx ends. It is the
// worker: the only one that publishes, and it waits for each batch to be
// acknowledged before the next, so that order survives any break.
func (p *Publisher) serve(ctx context.Context, l *link) error {
	defer l.kill()
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(stopTime, l.kill) })
	defer stop()
	err := p.begin(l)
	if err == nil {
		p.connected()
		err = p.work(ctx, l)
	}
	if ctx.Err() != nil {
		p.finish(l)
		return nil
	}
	err = p.hungUp(l, err)
	p.echo.lost()
	p.locked(func() { p.stats.ConnectionsLost++ })
	return err
}

// hungUp looks for the reason why a broker broke the connection: a message that
// it does not want, perhaps.
func (p *Publisher) hungUp(l *link, err error) error {
	select {
	case <-l.lost:
	default:
		return err // it was us who gave up
	}
	for _, m := range p.takeAll() { // echoes that came before the end
		p.take(m)
	}
	suspects := p.echo.hungUp(p.now())
	p.mu.Lock()
	if p.book.unsend(suspects) {
		p.stats.Events--
	}
	p.mu.Unlock()
	if len(suspects) != 1 || p.echo.strikes[suspects[0]] < 2 {
		return err
	}
	return rejected("broker %s ends the connection whenever %s is published: its access rules must let %s read and write %s",
		redact(p.cfg.Broker), suspects[0], p.user(), suspects[0])
}

// begin subscribes, says online and marks everything for publication.
func (p *Publisher) begin(l *link) error {
	p.mu.Lock()
	p.adopt()
	p.mu.Unlock()
	if err := p.subscribe(l, p.subscriptions()); err != nil {
		return err
	}
	if err := p.sayOnline(l); err != nil {
		return err
	}
	p.mu.Lock()
	p.book.markAll()
	p.mu.Unlock()
	p.ann.homeUp = false // unknown
	p.ann.schedule(p.now().Add(p.cfg.Timing.Debounce))
	return nil
}

func (p *Publisher) sayOnline(l *link) error {
	p.onlineAt = p.now()
	return p.send(l, []message{{p.topics.availability(), []byte(online), 1, true}}, p.cfg.Timing.Ack)
}

func (p *Publisher) subscriptions() map[string]byte {
	subs := map[string]byte{p.topics.all(): 1, p.cfg.BirthTopic: 1}
	if p.cfg.Discovery && !p.cfg.LegacyDiscovery {
		subs[p.ann.topic] = 1
	}
	return subs
}

// subscribe asks for all topics in one packet. A subscription that the broker
// refuses shows as refused topics.
func (p *Publisher) subscribe(l *link, subs map[string]byte) error {
	t := l.client.SubscribeMultiple(subs, nil).(*mqtt.SubscribeToken)
	select {
	case <-t.Done():
	case <-l.lost:
		return p.lostError(l)
	case <-time.After(p.cfg.Timing.Ack):
		return p.noAck()
	}
	for topic, code := range t.Result() {
		p.echo.subscribed(topic, code != 0x80, p.now())
	}
	if err := t.Error(); err != nil && len(p.echo.refused) == 0 {
		return p.lostError(l)
	}
	return nil
}

// work is the loop: what is due, then one batch, else wait.
func (p *Publisher) work(ctx context.Context, l *link) error {
	for ctx.Err() == nil {
		select {
		case <-l.lost:
			return p.lostError(l)
		default:
		}
		if err := p.takeInbox(l); err != nil {
			return err
		}
		now := p.now()
		next := p.tick(now)
		if !p.ann.due.IsZero() && !now.Before(p.ann.due) {
			if err := p.announce(l); err != nil {
				return err
			}
			continue
		}
		if p.resubscribe {
			p.resubscribe = false
			if err := p.subscribe(l, p.subscriptions()); err != nil {
				return err
			}
		}
		p.flushBoxes(l)
		if sent, err := p.sendBatch(l, p.cfg.Timing.Ack); err != nil {
			return err
		} else if sent {
			continue
		}
		p.dropSpool()
		if err := p.idle(ctx, l, next); err != nil {
			return err
		}
	}
	return nil
}

// idle waits for something to do.
func (p *Publisher) idle(ctx context.Context, l *link, next time.Time) error {
	wait := time.Minute
	for _, at := range []time.Time{next, p.ann.due} {
		if !at.IsZero() {
			wait = min(wait, max(at.Sub(p.now()), time.Millisecond))
		}
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-p.wake:
	case <-t.C:
	case <-l.lost:
		return p.lostError(l)
	}
	return nil
}

// tick does what time alone brings about and returns when it wants to be
// called again.
func (p *Publisher) tick(now time.Time) (next time.Time) {
	p.mu.Lock()
	next = p.book.expire(now)
	if p.adopt() {
		p.ann.schedule(now.Add(p.cfg.Timing.Debounce))
	}
	p.mu.Unlock()
	sooner := func(at time.Time) {
		if !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	if p.onlineLost {
		sooner(p.onlineAt.Add(p.cfg.Timing.Debounce))
	}
	awaited := p.echo.check(now)
	sooner(awaited)
	if len(p.echo.refused) > 0 {
		sooner(p.recheck(now))
	}
	if refused := p.echo.list(); awaited.IsZero() || len(refused) == 0 { // one line for all of them
		p.refused(refused)
	}
	return next
}

// recheck tries refused subscriptions and retained topics again. An event topic
// shows with its next event.
func (p *Publisher) recheck(now time.Time) (next time.Time) {
	due, next := p.echo.recheck(now)
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, topic := range due {
		switch {
		case topic == p.ann.topic:
			p.ann.schedule(now)
			p.resubscribe = true
		case topic == p.topics.availability():
			p.onlineLost = true
		case p.book.wanted[topic] != nil:
			p.book.mark(topic)
		case topic == p.topics.all() || topic == p.cfg.BirthTopic:
			p.resubscribe = true
		case slices.Contains(p.ann.last.Legacy, topic):
			p.ann.schedule(now)
		}
	}
	return next
}

// finish says goodbye: what waits, every label OFF, sources and node offline.
func (p *Publisher) finish(l *link) {
	p.echo.careful = false // no time for it
	end := time.Now().Add(stopTime - 300*time.Millisecond)
	left := func() time.Duration { return max(time.Until(end), 50*time.Millisecond) }
	for drainBy := time.Now().Add(stopTime / 2); time.Now().Before(drainBy); {
		if sent, err := p.sendBatch(l, left()); err != nil || !sent {
			break
		}
	}
	p.mu.Lock()
	p.book.allOff()
	ms := p.book.farewell()
	p.mu.Unlock()
	ms = append(ms, message{p.topics.availability(), []byte(offline), 1, true})
	if p.send(l, ms, left()) == nil {
		l.client.Disconnect(250)
	}
	p.mu.Lock()
	p.health = Health{Reason: "stopped", Since: p.now()}
	p.mu.Unlock()
}
