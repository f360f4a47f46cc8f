// Package outbox holds what the broker should be told: a wanted value for every retained topic, a bounded
// queue of occurrences, and the newest of what may be lost. It opens no connection and has no clock; who
// calls says what time it is. What the broker was away for outlives the process in a file.
package outbox

import (
	"maps"
	"slices"
	"sync"
	"time"

	"earshot/publish/topic"
)

// Settings are what an outbox needs.
type Settings struct {
	Tree       topic.Tree
	Sources    []topic.Source
	EventStart bool          // a second event message at the onset
	Limit      int           // occurrences in the queue, at least 1
	Replay     time.Duration // older ON/OFF are not replayed on state topics, only as events
	Folder     string        // unsent occurrences outlive the process here; empty = they do not
	SaveEvery  time.Duration // between two saves while the broker is away
}

// Outbox knows what the broker should hold. All methods may be called from any goroutine.
//
// Two ways lead out of it. Retained topics have a wanted value, and are unsaid
// until the broker acknowledged it. Occurrences stand in a queue; taking one
// moves its ON or OFF to the retained topics and yields its event message.
// While the broker is away only the queue grows. An occurrence that waited
// longer than Replay no longer toggles the state topics (nobody wants
// yesterday's bark to switch the light on) but its event is still delivered.
type Outbox struct {
	wake chan struct{} // capacity 1

	mu          sync.Mutex // guards all below
	Settings               // what of it may change: see Configure
	sources     []*sourceState
	byName      map[string]*sourceState
	wanted      map[string][]byte // retained topic → payload
	ofNode      map[string][]byte // of it, what is the node's own
	unsaid      []string          // topics to publish, in order, no duplicates
	queue       *queue
	inflight    *topic.Message           // event taken from the queue, not yet acknowledged
	sent        *topic.Message           // the event before it, acknowledged
	inflightOcc Occurrence               // what it tells
	tries       int                      // how often inflight was handed out
	newest      map[string]topic.Message // QoS 0: topic → the newest message only
	diagnostics topic.Message            // the newest one
	diagnosedAt time.Time
	stats       Stats
	saved       saved
}

type sourceState struct {
	topic.Source
	slug            string
	labels          []*labelState
	byID            map[string]*labelState
	online          bool
	lost            string // why it is offline
	problem, detail string // what the health check says
	mute            muteState
	image           []byte // the newest
}

type labelState struct {
	topic.Label
	slug     string
	detected bool // as the queue has been taken so far
	silent   bool // the newest queued onset was muted, so its end will be too
	mute     muteState
	about    attributesPayload // of its newest occurrence
	heard    uint64            // how often it was switched on
	told     time.Time         // when its score was refreshed
}

// New returns an outbox with what the last process could not send. An error says why that is lost; the
// outbox is good all the same.
func New(s Settings) (*Outbox, error) {
	o := &Outbox{Settings: s, wake: make(chan struct{}, 1), wanted: map[string][]byte{}, ofNode: map[string][]byte{},
		newest: map[string]topic.Message{}, queue: newQueue(s.Limit)}
	o.Configure(s.Sources, s.EventStart)
	return o, o.load()
}

// lock returns the unlocking.
func (o *Outbox) lock() func() {
	o.mu.Lock()
	return o.mu.Unlock
}

// input is lock for what gives the sender something to do.
func (o *Outbox) input() func() {
	o.mu.Lock()
	return func() {
		o.mu.Unlock()
		o.Poke()
	}
}

// Poke wakes who waits for Wake.
func (o *Outbox) Poke() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// Wake has an item after anything was put in.
func (o *Outbox) Wake() <-chan struct{} { return o.wake }

// Configure sets the sources. What stays keeps its state; gone are the topics of what does not, for ClearGone.
func (o *Outbox) Configure(sources []topic.Source, eventStart bool) (gone []string) {
	defer o.input()()
	o.EventStart = eventStart
	old, oldWanted := o.byName, o.wanted
	o.sources, o.byName, o.wanted = nil, map[string]*sourceState{}, maps.Clone(o.ofNode)
	for _, s := range sources {
		st := &sourceState{Source: s, slug: topic.Slug(s.Name), byID: map[string]*labelState{}}
		before := old[s.Name]
		if before != nil {
			st.online, st.lost, st.problem, st.detail, st.mute = before.online, before.lost, before.problem, before.detail, before.mute
			st.image = before.image
		}
		for _, l := range s.Labels {
			if !l.Watched {
				continue
			}
			ls := &labelState{Label: l, slug: topic.Slug(l.ID)}
			if before != nil && before.byID[l.ID] != nil {
				was := before.byID[l.ID]
				ls.detected, ls.silent, ls.mute, ls.about, ls.heard = was.detected, was.silent, was.mute, was.about, was.heard
			}
			st.labels = append(st.labels, ls)
			st.byID[l.ID] = ls
		}
		o.sources = append(o.sources, st)
		o.byName[s.Name] = st
		o.initial(st, oldWanted)
	}
	for _, name := range slices.Sorted(maps.Keys(oldWanted)) {
		if _, kept := o.wanted[name]; !kept {
			gone = append(gone, name)
		}
	}
	// One of them that was to be said again would be sent empty.
	o.unsaid = slices.DeleteFunc(o.unsaid, func(name string) bool { return slices.Contains(gone, name) })
	return gone
}
