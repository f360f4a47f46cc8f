package publish

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// Publisher keeps an MQTT broker, and Home Assistant behind it, in line with
// what the daemon hears. All methods may be called from any goroutine and none
// of them waits for the network; Run does that.
type Publisher struct {
	secret      func() string // the password, out of reach of fmt
	echo        *echoes       // worker only
	ann         *announcer    // worker only
	wake        chan struct{} // capacity 1: something for the worker
	commands    chan Command
	now         func() time.Time
	onlineAt    time.Time // worker only: when online was published last
	onlineLost  bool      // worker only: somebody overwrote it
	resubscribe bool      // worker only: try refused subscriptions again

	mu           sync.Mutex // guards all below
	cfg          Config     // without the password
	topics       topics
	book         *book
	boxes        map[string]message // QoS 0: topic → the newest message only
	inbox        []incoming         // from paho, for the worker
	change       *Config            // to be announced; what of it counts, see Reconfigure
	diag         message            // the newest diagnostics
	diagAt       time.Time
	health       Health
	stats        Stats
	spooled      bool // the spool file exists
	spooledAt    time.Time
	spooledCount uint64
	told         string // last error text given to OnStatus
}

type incoming struct {
	topic    string
	payload  []byte
	retained bool
}

const (
	maxInbox    = 4096
	maxCommands = 16
	maxConfig   = 1 << 18 // bytes of a remembered device configuration that we look at
)

// New checks the configuration, reads what the last run left behind and
// returns a publisher that does nothing until Run.
func New(c Config) (*Publisher, error) {
	c = c.withDefaults()
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("mqtt: %w", err)
	}
	password := c.Password
	c.Password = ""
	p := &Publisher{
		secret: func() string { return password }, echo: newEchoes(c.Timing.Echo, c.Timing.Recheck),
		wake: make(chan struct{}, 1), commands: make(chan Command, maxCommands), now: c.Now,
		cfg: c, topics: topics{c.Topic + "/" + c.NodeID}, boxes: map[string]message{},
	}
	p.book = newBook(p.topics, c)
	last, err := loadAnnounced(c.StateFile)
	if err != nil {
		p.stats.StateFileErrors++
		c.OnStatus(Status{Err: err})
	}
	p.ann = newAnnouncer(&p.cfg, last)
	if err := p.loadSpool(); err != nil {
		p.stats.StateFileErrors++
		c.OnStatus(Status{Err: err})
	}
	p.health = Health{Reason: "not connected yet", Since: c.Now()}
	return p, nil
}

// NodeID is the id in every topic.
func (p *Publisher) NodeID() string { return p.cfg.NodeID }

// Commands delivers what was asked for over MQTT. Nobody needs to read it:
// the oldest unread command is dropped when more than 16 wait.
func (p *Publisher) Commands() <-chan Command { return p.commands }

// Occurrence queues a switch of a label. When the queue is full the oldest
// occurrence is dropped and counted.
func (p *Publisher) Occurrence(o Occurrence) {
	p.locked(func() { p.book.add(o, p.now()) })
}

// SourceAvailable says whether a source gives sound; why is shown to people.
func (p *Publisher) SourceAvailable(src string, up bool, why string) {
	p.locked(func() { p.book.available(src, up, why) })
}

// Mute does what a mute command over MQTT does, for other ways in.
// It reports false for a source or label that is not configured.
func (p *Publisher) Mute(c Command) (known bool) {
	p.locked(func() { known = p.book.command(c, p.now()) })
	return known
}

// Scores publishes the top smoothed scores of a window, QoS 0. A newer window
// replaces one that could not leave yet.
func (p *Publisher) Scores(src string, at time.Time, top []LabelScore) {
	out := scoresPayload{At: stamp(at), Scores: make([]LabelScore, 0, len(top))}
	for _, s := range top {
		if n := number(s.Score, 4); n != nil {
			out.Scores = append(out.Scores, LabelScore{Slug(s.Label), *n})
		}
	}
	p.locked(func() {
		topic := p.topics.source(Slug(src), "scores")
		if _, waits := p.boxes[topic]; waits {
			p.stats.ScoresDropped++
		}
		p.boxes[topic] = message{topic: topic, payload: encode(out)}
	})
}

// Diagnostics publishes the daemon's figures, QoS 0, and each source's problem
// on its retained topic.
func (p *Publisher) Diagnostics(d Diagnostics) {
	p.locked(func() {
		for _, s := range d.Sources {
			p.book.health(s.Name, s.Problem, s.Detail)
		}
		topic := p.topics.diagnostics()
		p.diag = message{topic: topic, payload: p.diagnostics(d)}
		p.diagAt = p.now()
		p.boxes[topic] = p.diag
	})
}

// Health is the present state, for /healthz.
func (p *Publisher) Health() Health {
	p.mu.Lock()
	defer p.mu.Unlock()
	h := p.health
	h.Refused = append([]string(nil), h.Refused...)
	return h
}

// Stats returns the counters.
func (p *Publisher) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.stats
	s.Queued, s.Dropped, s.Unknown, s.EventsRefused = p.book.queue.n, p.book.dropped, p.book.unknown, p.book.refused
	if p.book.inflight != nil {
		s.Queued++
	}
	return s
}

func (p *Publisher) locked(f func()) {
	p.mu.Lock()
	f()
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// Run keeps the connection until ctx ends, then says offline, disconnects and
// returns nil within 2 s. It may be called once.
func (p *Publisher) Run(ctx context.Context) error {
	failures := 0
	for ctx.Err() == nil {
		began := time.Now()
		l, err := dial(ctx, &p.cfg, p.secret, p.topics.availability(), p.receive)
		if err == nil {
			p.locked(func() { p.stats.Connects++ })
			err = p.serve(ctx, l)
		} else if ctx.Err() == nil {
			p.locked(func() { p.stats.ConnectErrors++ })
		}
		if ctx.Err() != nil {
			break
		}
		if failures++; time.Since(began) > 10*p.cfg.Timing.BackoffMax {
			failures = 1
		}
		wait := p.backoff(failures, err)
		p.disconnected(err, failures, wait)
		p.rest(ctx, wait)
	}
	return p.saveSpool()
}

// backoff doubles from BackoffMin to BackoffMax, with a fifth of jitter so
// that many daemons do not come back in step. A broker that rejects us is
// asked six times less often.
func (p *Publisher) backoff(failures int, err error) time.Duration {
	t := p.cfg.Timing
	limit := t.BackoffMax
	if errors.As(err, new(rejection)) {
		limit *= 6
	}
	wait := t.BackoffMin << min(failures-1, 20)
	if wait > limit || wait <= 0 {
		wait = limit
	}
	return time.Duration(float64(wait) * (0.8 + 0.2*rand.Float64()))
}

// rest waits out the back-off; the unsent queue is saved meanwhile.
func (p *Publisher) rest(ctx context.Context, wait time.Duration) {
	p.spoolNow()
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// receive takes a message from paho's goroutine. It never blocks; when more
// wait than anybody honest would send, the newest is dropped and counted.
func (p *Publisher) receive(m mqtt.Message) {
	p.locked(func() {
		if len(p.inbox) >= maxInbox || len(m.Payload()) > maxConfig {
			p.stats.InboxDropped++
			return
		}
		p.inbox = append(p.inbox, incoming{m.Topic(), m.Payload(), m.Retained()})
	})
}
