// Package notify tells people and programs of a sound without MQTT: a webhook, an ntfy topic, an Apprise server.
//
// A [Service] makes the request of one kind; a channel ([New]) is what all share: which sounds, how often, a bounded
// queue, and an HTTP client that waits for nobody long, follows no redirect and reads no more of an answer than an error
// message needs. Each channel has a goroutine of its own, so that a server that is slow keeps no other waiting.
package notify

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"earshot/daemon/config"
	"earshot/daemon/sink"
	"earshot/daemon/status"
	"earshot/internal/logging"
	"earshot/internal/task"
)

// Service is a kind of receiver: it puts a message into the words that its server knows.
type Service interface {
	// Request is a POST of the message; made anew for every try, with headers that prove who sends.
	Request(ctx context.Context, m *Message) (*http.Request, error)
}

// services are the kinds, by the name that the configuration has for them.
var services = map[string]func(settings, *wording) Service{
	config.NotifyWebhook: newWebhook,
	config.NotifyNtfy:    newNtfy,
	config.NotifyApprise: newApprise,
}

// Sink sends messages to all that are configured.
type Sink struct{ channels []*channel }

// New makes what the configuration asks for, which sends nothing before Run; an error names the key. Secrets are hidden
// from the log.
func New(f *config.File, log *logging.Log, pageURL func() string) (*Sink, error) {
	s := &Sink{}
	words := newWording(f, pageURL)
	for i := range f.Config.Notify {
		read, err := read(f, i, log)
		if err != nil {
			return nil, err
		}
		s.channels = append(s.channels, newChannel(read, services[read.Kind](read, words), log))
	}
	return s, nil
}

// Run sends until ctx ends. What waits then is lost: a message a day late is worth nothing.
func (s *Sink) Run(ctx context.Context) error {
	g := task.New(ctx)
	for _, c := range s.channels {
		g.Go(c.Name, c.run)
	}
	return g.Wait()
}

// Event implements sink.Sink.
func (s *Sink) Event(e *sink.Event) {
	if s == nil {
		return
	}
	now := time.Now()
	for _, c := range s.channels {
		c.event(e, now)
	}
}

// Source implements sink.Sink.
func (s *Sink) Source(sink.Source) {}

// Scores implements sink.Sink.
func (s *Sink) Scores(sink.Scores) {}

// Diagnostics implements sink.Sink.
func (s *Sink) Diagnostics(status.Status) {}

// Report implements sink.Reporter.
func (s *Sink) Report(out *status.Status) {
	for _, c := range s.channels {
		st := c.queue.report()
		out.Notify = append(out.Notify, status.Notify{Name: c.Name, Kind: c.Kind, Sent: st.sent, Lost: st.lost, Waiting: st.waiting, Held: st.held, Failing: st.failing})
		if st.failing != "" {
			out.Problems = append(out.Problems, fmt.Sprintf("notify %s: %s", c.Name, st.failing))
		}
	}
}

// channel is one entry of the configuration: what it asks to be told, and the way there.
type channel struct {
	settings
	service Service
	client  *http.Client
	queue   *queue
	log     *logging.Log

	mu   sync.Mutex           // guards told
	told map[string]time.Time // source and label → when it was last told of; as many as there are labels and sources
	open map[string]bool      // source and label → its beginning was told, so that its end is too
}

func newChannel(s settings, service Service, log *logging.Log) *channel {
	return &channel{settings: s, service: service, client: newClient(s), queue: newQueue(), log: log,
		told: map[string]time.Time{}, open: map[string]bool{}}
}

// event puts a message into the queue when the event is one that was asked for. It never waits.
func (c *channel) event(e *sink.Event, now time.Time) {
	if e.Same != "" || len(c.labels) == 0 && e.Group || len(c.labels) > 0 && !slices.Contains(c.labels, e.ID) {
		return
	}
	if c.wanted(e, now) {
		c.queue.put(messageOf(e))
	}
}

// wanted keeps the rate: one sound of one source begins at most once in every. An end is told when its beginning was.
func (c *channel) wanted(e *sink.Event, now time.Time) bool {
	key := e.Source + "/" + e.ID
	c.mu.Lock()
	defer c.mu.Unlock()
	if !e.On {
		began := c.open[key]
		delete(c.open, key)
		return began && c.ends
	}
	if last, told := c.told[key]; e.Muted || told && now.Sub(last) < c.every {
		if !e.Muted {
			c.queue.hold()
		}
		return false
	}
	c.told[key], c.open[key] = now, true
	return true
}
