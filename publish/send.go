package publish

import (
	"errors"
	"fmt"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

var errNoAck = errors.New("no acknowledgement")

// sendBatch sends what the book has next; reports whether there was anything.
func (p *Publisher) sendBatch(l *link, wait time.Duration) (bool, error) {
	p.mu.Lock()
	b, ok := p.book.next(p.now(), p.batchLimit(), p.echo.skip)
	if ok && b.event && p.book.tries > 1 {
		p.stats.Resent++
	}
	p.mu.Unlock()
	if !ok {
		p.echo.careful = p.echo.careful && !p.ann.due.IsZero() // all went through, but for what is announced yet
		return false, nil
	}
	if err := p.send(l, b.messages, wait); err != nil {
		return true, err
	}
	p.mu.Lock()
	p.book.done(b)
	if b.event {
		p.stats.Events++
	}
	p.mu.Unlock()
	return true, nil
}

// batchLimit is how many messages may be under way together.
func (p *Publisher) batchLimit() int {
	if p.echo.careful {
		return 1
	}
	return batchTopics
}

// send publishes messages of QoS 1 and waits until all are acknowledged.
func (p *Publisher) send(l *link, ms []message, wait time.Duration) error {
	for _, m := range ms {
		p.echo.sent(m.topic)
	}
	acked := make(chan error, 1)
	go func() { acked <- l.publish(ms) }() // ends with the connection at the latest
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case err := <-acked:
		if err != nil {
			return p.lostError(l)
		}
	case <-l.lost:
		return p.lostError(l)
	case <-t.C:
		return p.noAck()
	}
	now := p.now()
	for _, m := range ms {
		p.echo.acked(m.topic, now)
	}
	p.mu.Lock()
	p.stats.Messages += uint64(len(ms))
	p.mu.Unlock()
	if p.echo.careful {
		return p.awaitEchoes(l)
	}
	return nil
}

// awaitEchoes waits until everything that was acknowledged was also seen, or
// counts as refused, so that nothing else is under way if the broker hangs up.
func (p *Publisher) awaitEchoes(l *link) error {
	for {
		for _, m := range p.takeAll() {
			p.take(m)
		}
		next := p.echo.check(p.now())
		if next.IsZero() {
			return nil
		}
		t := time.NewTimer(max(next.Sub(p.now()), time.Millisecond))
		select {
		case <-p.wake:
		case <-t.C:
		case <-l.lost:
			t.Stop()
			return p.lostError(l)
		}
		t.Stop()
	}
}

// publish hands messages to paho in order and waits for their tokens.
func (l *link) publish(ms []message) error {
	tokens := make([]mqtt.Token, len(ms))
	for i, m := range ms {
		tokens[i] = l.client.Publish(m.topic, m.qos, m.retain, m.payload)
	}
	var errs error
	for _, t := range tokens {
		<-t.Done()
		errs = errors.Join(errs, t.Error())
	}
	return errs
}

func (p *Publisher) lostError(l *link) error {
	select {
	case <-l.lost:
		return fmt.Errorf("broker %s: connection lost: %s", redact(p.cfg.Broker), redact(plain(l.err)))
	case <-time.After(time.Second): // paho completes tokens a moment before it tells why
		return fmt.Errorf("broker %s: connection lost", redact(p.cfg.Broker))
	}
}

func (p *Publisher) noAck() error {
	return fmt.Errorf("broker %s: %w within %v", redact(p.cfg.Broker), errNoAck, p.cfg.Timing.Ack)
}

// flushBoxes sends the newest scores and diagnostics, QoS 0.
func (p *Publisher) flushBoxes(l *link) {
	p.mu.Lock()
	var ms []message
	for _, topic := range sortedKeys(p.boxes) {
		ms = append(ms, p.boxes[topic])
	}
	clear(p.boxes)
	p.mu.Unlock()
	if len(ms) > 0 {
		go l.publish(ms) // nothing waits for QoS 0
	}
}
