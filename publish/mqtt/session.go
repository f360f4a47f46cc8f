// Package mqtt keeps the connection to the broker: it says who we are, sends what the outbox and the
// announcer have, takes what comes in, and finds out what the broker refuses. It is the only importer of paho.
//
// One worker sends, batch by batch, each acknowledged before the next. So events arrive in order
// over any number of broken connections; one whose acknowledgement was lost is
// sent again with the same id. After every connect everything retained is sent
// again, for the broker may have lost it.
package mqtt

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"earshot/publish/homeassistant"
	"earshot/publish/outbox"
	"earshot/publish/topic"

	paho "github.com/eclipse/paho.mqtt.golang"
)

// Session looks after one connection after the other. All methods may be called from any goroutine; none but
// Run waits for the network.
type Session struct {
	cfg       Settings
	tree      topic.Tree
	box       *outbox.Outbox
	announcer *homeassistant.Announcer // worker only
	check     *selfCheck               // worker only
	commands  chan outbox.Command
	now       func() time.Time

	mail        *mailbox       // from paho, for the worker
	repairs     *repairs       // worker only
	sizes       map[string]int // worker only: bytes of the newest message to a device's configuration
	passed      int            // worker only: bytes of the longest of them that came back
	resubscribe bool           // worker only: other topics are ours, or refused ones are to be tried again
	own         introduction   // worker only
	introduced  bool           // worker only: the broker has it
	other       bool           // worker only: what we are has changed since
	born        bool           // worker only: Home Assistant has started and not been told all yet
	rival       string         // worker only: the host of another daemon with this id; "" = none is known
	short       int            // worker only: connections in a row that the broker ended soon
	leaving     []string       // worker only: topics to clear once no entity of the announced settings looks at them

	mu       sync.Mutex              // guards all below
	tooLong  map[string]bool         // topics of ours on which the broker had more than we take
	change   *homeassistant.Settings // to be announced
	gone     []string                // topics that nothing stands for once it is announced
	health   Health
	counters Counters
	said     string // last error text given to OnStatus
}

// Counters count since New.
type Counters struct {
	Messages         uint64 // QoS 1 messages acknowledged, all topics
	Connects         uint64
	ConnectErrors    uint64
	ConnectionsLost  uint64
	Commands         uint64
	CommandsRejected uint64 // malformed, retained, too many
	Superseded       uint64 // by a newer message on the same topic, before they were looked at
	Strange          uint64 // on topics that are not ours
	TooLong          uint64 // without their payload, for that was longer than we take
	Repaired         uint64 // topics of ours that somebody else overwrote
	Discoveries      uint64 // discovery configurations acknowledged
	StateFileErrors  uint64
}

const maxCommands = 256

// New returns a session that does nothing until Run. The worker owns the announcer from then on.
func New(c Settings, tree topic.Tree, box *outbox.Outbox, announcer *homeassistant.Announcer) *Session {
	return &Session{cfg: c, tree: tree, box: box, announcer: announcer,
		check: newSelfCheck(c.Timing.SelfCheck, c.Timing.Recheck), commands: make(chan outbox.Command, maxCommands), now: c.Now,
		mail: newMailbox(), repairs: newRepairs(c.Timing.Debounce), own: introduce(&c), sizes: map[string]int{}, tooLong: map[string]bool{},
		health: Health{Reason: "not connected yet", Since: c.Now()}}
}

// Commands delivers what was asked for over MQTT. Nobody needs to read it:
// the oldest unread command is dropped when more than 256 wait.
func (s *Session) Commands() <-chan outbox.Command { return s.commands }

// Announce takes over other settings of discovery. configure gives the outbox the sources that belong to them, and returns
// the topics that nothing stands for any more: they are cleared when Home Assistant has let go of the entities that these
// settings take away, and no sooner, even if those of earlier settings go just now.
func (s *Session) Announce(c homeassistant.Settings, configure func() (gone []string)) {
	s.locked(func() { s.change, s.gone = &c, append(s.gone, configure()...) })
	s.box.Poke()
}

// adopt makes a change the settings that are announced, and reports whether there was one.
func (s *Session) adopt() bool {
	var c *homeassistant.Settings
	var gone []string
	s.locked(func() { c, gone, s.change, s.gone = s.change, s.gone, nil, nil })
	if c == nil {
		return false
	}
	s.leaving = append(s.leaving, gone...)
	if d := c.Device; s.own.Version != d.SWVersion || s.own.Model != d.Model {
		s.own.Version, s.own.Model, s.other = d.SWVersion, d.Model, true
	}
	if before := s.announcer.Topics(); s.announcer.Change(*c) {
		for _, name := range before {
			s.check.heard(name) // refused or not, it is awaited no more
		}
	}
	s.resubscribe = true
	return true
}

// Counters returns the counters.
func (s *Session) Counters() (c Counters) {
	_, strange, refused, replaced := s.mail.count()
	s.locked(func() { c = s.counters })
	c.Strange, c.Superseded = strange, replaced
	c.CommandsRejected += refused
	return c
}

func (s *Session) locked(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// Run keeps the connection until ctx ends, then says offline, disconnects and
// returns nil within 2 s. It may be called once.
func (s *Session) Run(ctx context.Context) error {
	failures := 0
	for ctx.Err() == nil {
		began := time.Now()
		s.mail.reset()
		l, err := dial(ctx, &s.cfg, s.tree.Of(topic.NodeAvailability), ears{s.receive, s.receiveTooLong})
		if err == nil {
			s.locked(func() { s.counters.Connects++ })
			err = s.serve(ctx, l)
			err = s.takenOver(time.Since(began), err)
		} else if ctx.Err() == nil {
			s.locked(func() { s.counters.ConnectErrors++ })
		}
		if ctx.Err() != nil {
			break
		}
		if failures++; time.Since(began) > 10*s.cfg.Timing.BackoffMax {
			failures = 1
		}
		wait := s.backoff(failures, err)
		s.tell(Status{Err: err, Attempt: failures, Retry: wait})
		s.file(s.box.SaveDue(s.now()))
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
	return s.box.Save()
}

// soon is how long a connection lasts at most that another client of the same id ends: its own waits are shorter.
const (
	soon     = time.Minute
	maxShort = 3 // in a row, before somebody is suspected
)

// takenOver counts connections that began well and were ended soon by the broker: two daemons with one id do that to
// each other for ever. Who it is meet knows; another program with this client id can only be suspected.
func (s *Session) takenOver(lasted time.Duration, err error) error {
	if err == nil || lasted > soon || !errors.Is(err, ErrLost) {
		s.short, s.rival = 0, ""
		return err
	}
	s.short++
	switch {
	case s.rival != "":
		return rejected("%w: another earshot, on host %s, runs with this node.id %q and takes the connection over; give each a node.id of its own",
			err, s.rival, s.cfg.NodeID)
	case s.short >= maxShort:
		return rejected("%w: %d times in a row soon after it began: another client may use the id %q; give each daemon a node.id of its own",
			err, s.short, "earshot_"+s.cfg.NodeID)
	}
	return err
}

func (s *Session) backoff(failures int, err error) time.Duration {
	return s.cfg.Timing.backoff(failures, err)
}

// backoff doubles from BackoffMin to BackoffMax, with a fifth of jitter so
// that many daemons do not come back in step. A broker that rejects us is
// asked six times less often.
func (t Timing) backoff(failures int, err error) time.Duration {
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

// file counts a state file that could not be read or written.
func (s *Session) file(err error) {
	if err != nil {
		s.locked(func() { s.counters.StateFileErrors++ })
	}
}

// Fault tells of a state file that could not be read.
func (s *Session) Fault(err error) {
	if s.file(err); err != nil {
		s.cfg.OnStatus(Status{Err: err})
	}
}

// receive takes a message from paho's goroutine. It never blocks.
func (s *Session) receive(m paho.Message) {
	s.mail.put(mail{topic: m.Topic(), payload: m.Payload(), retained: m.Retained()})
	s.box.Poke()
}

// receiveTooLong notes a topic on which the broker has more than we take, before it sends that: should the connection not
// outlive it, the next one begins with another value there.
func (s *Session) receiveTooLong(name string, _ int) {
	s.locked(func() {
		s.counters.TooLong++
		if len(s.tooLong) < maxFilters {
			s.tooLong[name] = true
		}
	})
}
