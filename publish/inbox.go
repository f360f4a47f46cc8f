package publish

import (
	"slices"
	"strings"
	"time"
)

// takeInbox handles what arrived. Everything in it may come from anybody who
// can reach the broker.
func (p *Publisher) takeInbox(l *link) error {
	for _, m := range p.takeAll() {
		p.take(m)
	}
	if p.onlineLost && p.now().Sub(p.onlineAt) >= p.cfg.Timing.Debounce {
		p.onlineLost = false
		return p.sayOnline(l)
	}
	return nil
}

func (p *Publisher) takeAll() []incoming {
	p.mu.Lock()
	defer p.mu.Unlock()
	in := p.inbox
	p.inbox = nil
	return in
}

func (p *Publisher) take(m incoming) {
	switch {
	case m.topic == p.cfg.BirthTopic:
		if m.retained {
			return // said long ago, perhaps
		}
		p.ann.born(string(m.payload) == online)
		if p.ann.homeUp {
			p.ann.schedule(p.now().Add(p.cfg.Timing.Debounce))
		}
	case m.topic == p.ann.topic:
		p.takeConfig(m)
	case strings.HasSuffix(m.topic, "/set"):
		p.takeCommand(m)
	case m.retained:
		p.takeRemembered(m)
	default:
		p.echo.heard(m.topic)
		if m.topic == p.topics.availability() && string(m.payload) != online {
			p.onlineLost = true // the will of an older connection came late
		}
	}
}

func (p *Publisher) takeConfig(m incoming) {
	if !m.retained {
		p.echo.heard(m.topic)
		return
	}
	if p.ann.seen(m.payload) && p.ann.due.IsZero() { // it came after our own
		p.ann.schedule(p.now().Add(p.cfg.Timing.Debounce))
	}
}

// takeRemembered clears what the broker remembers from an older configuration.
func (p *Publisher) takeRemembered(m incoming) {
	if len(m.payload) == 0 || !p.ours(m.topic) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, wanted := p.book.wanted[m.topic]; !wanted {
		p.book.clear(m.topic)
	}
}

// ours reports whether topic has the form of a retained topic of this node.
func (p *Publisher) ours(topic string) bool {
	rest, found := strings.CutPrefix(topic, p.topics.base+"/")
	if !found {
		return false
	}
	parts := strings.Split(rest, "/")
	leaf := parts[len(parts)-1]
	switch len(parts) {
	case 2:
		return leaf == "availability" || leaf == "last" || leaf == "problem" || leaf == "mute"
	case 3:
		return leaf == "state" || leaf == "attributes" || leaf == "mute"
	}
	return false
}

func (p *Publisher) takeCommand(m incoming) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c, is, err := p.book.commandOf(m.topic, m.payload)
	if !is {
		return
	}
	if err != nil || m.retained || !p.book.command(c, p.now()) { // a retained one would come back at every start
		p.stats.CommandsRejected++
		return
	}
	p.stats.Commands++
	for {
		select {
		case p.commands <- c:
			return
		default:
		}
		select {
		case <-p.commands:
			p.stats.CommandsRejected++
		default:
		}
	}
}

// announce publishes the discovery configuration that is due.
func (p *Publisher) announce(l *link) error {
	p.mu.Lock()
	pl := p.ann.next(&p.cfg, append(p.book.retainedTopics(), p.topics.availability()))
	p.mu.Unlock()
	p.saveAnnounced(pl.during)
	if len(pl.messages) > 0 {
		if p.cfg.Discovery && p.cfg.LegacyDiscovery {
			subs := map[string]byte{}
			for _, m := range pl.messages {
				subs[m.topic] = 0
			}
			if err := p.subscribe(l, subs); err != nil {
				return err
			}
		}
		if slices.ContainsFunc(pl.messages, func(m message) bool { return p.echo.skip(m.topic) }) {
			p.ann.due = time.Time{} // recheck schedules it again
			return nil
		}
		for rest := pl.messages; len(rest) > 0; {
			n := min(len(rest), p.batchLimit())
			if err := p.send(l, rest[:n], p.cfg.Timing.Ack); err != nil {
				return err
			}
			rest = rest[n:]
		}
	}
	p.ann.done(pl, p.now(), p.cfg.Timing.Settle)
	p.saveAnnounced(pl.after)
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(pl.messages) > 0 {
		p.stats.Discoveries++
	}
	p.book.markAll() // Home Assistant has just made the entities: give it the states
	if p.diag.topic != "" && p.now().Sub(p.diagAt) < expireSeconds*time.Second {
		p.boxes[p.diag.topic] = p.diag
	}
	return nil
}

func (p *Publisher) saveAnnounced(a announced) {
	if err := a.save(p.cfg.StateFile); err != nil {
		p.mu.Lock()
		p.stats.StateFileErrors++
		p.mu.Unlock()
	}
}

// dropSpool removes the spool file once all in it was delivered.
func (p *Publisher) dropSpool() {
	p.mu.Lock()
	empty := p.spooled && p.book.queue.n == 0 && p.book.inflight == nil
	p.mu.Unlock()
	if empty {
		if err := p.saveSpool(); err != nil {
			p.mu.Lock()
			p.stats.StateFileErrors++
			p.mu.Unlock()
		}
	}
}
