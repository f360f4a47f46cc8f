package publish

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"
)

// book knows what the broker should hold. It is a plain data structure: no
// goroutine, no clock of its own, no network; Publisher guards it with a lock.
//
// Two ways lead out of it. Retained topics have a wanted value, and are dirty
// until the broker acknowledged it. Occurrences stand in a queue; taking one
// moves its ON or OFF to the retained topics and yields its event message.
// While the broker is away only the queue grows. An occurrence that waited
// longer than `replay` no longer toggles the state topics (nobody wants
// yesterday's bark to switch the light on) but its event is still delivered.
type book struct {
	topics     topics
	eventStart bool
	replay     time.Duration

	sources     []*sourceState
	byName      map[string]*sourceState
	wanted      map[string][]byte // retained topic → payload
	dirty       []string          // topics to publish, in order, no duplicates
	queue       *queue
	inflight    *message   // event taken from the queue, not yet acknowledged
	sent        *message   // the event before it, acknowledged
	inflightOcc Occurrence // what it tells
	tries       int        // how often inflight was handed out

	dropped, unknown, refused uint64
}

type sourceState struct {
	Source
	slug            string
	labels          []*labelState
	byID            map[string]*labelState
	online          bool
	lost            string // why it is offline
	problem, detail string // what the health check says
	mute            muteState
}

type labelState struct {
	Label
	slug     string
	detected bool // as the queue has been taken so far
	silent   bool // the newest queued onset was muted, so its end will be too
	mute     muteState
}

func newBook(t topics, c Config) *book {
	b := &book{topics: t, eventStart: c.EventStart, replay: c.Timing.Replay,
		wanted: map[string][]byte{}, queue: newQueue(c.QueueLimit)}
	b.configure(c.Sources)
	return b
}

// configure sets the sources. What goes away is cleared on the broker; what
// stays keeps its state.
func (b *book) configure(sources []Source) {
	old, oldWanted := b.byName, b.wanted
	b.sources, b.byName, b.wanted = nil, map[string]*sourceState{}, map[string][]byte{}
	for _, s := range sources {
		st := &sourceState{Source: s, slug: Slug(s.Name), byID: map[string]*labelState{}}
		before := old[s.Name]
		if before != nil {
			st.online, st.lost, st.problem, st.detail, st.mute = before.online, before.lost, before.problem, before.detail, before.mute
		}
		for _, l := range s.Labels {
			if !l.Watched {
				continue
			}
			ls := &labelState{Label: l, slug: Slug(l.ID)}
			if before != nil && before.byID[l.ID] != nil {
				was := before.byID[l.ID]
				ls.detected, ls.silent, ls.mute = was.detected, was.silent, was.mute
			}
			st.labels = append(st.labels, ls)
			st.byID[l.ID] = ls
		}
		b.sources = append(b.sources, st)
		b.byName[s.Name] = st
		b.initial(st, oldWanted)
	}
	for _, topic := range sortedKeys(oldWanted) {
		if _, kept := b.wanted[topic]; !kept {
			b.clear(topic)
		}
	}
}

// initial wants every retained topic of a source, keeping values it had.
func (b *book) initial(s *sourceState, old map[string][]byte) {
	keep := func(topic string, first []byte) {
		if v, had := old[topic]; had && len(v) > 0 {
			first = v
			b.wanted[topic] = v
		}
		b.want(topic, first)
	}
	keep(b.topics.source(s.slug, "availability"), onlineOffline(s.online))
	b.wantProblem(s)
	keep(b.topics.source(s.slug, "mute"), onOff(s.mute.on))
	for _, l := range s.labels {
		keep(b.topics.label(s.slug, l.slug, "attributes"), attributesOf(nil))
		b.wantState(s, l)
		keep(b.topics.label(s.slug, l.slug, "mute"), onOff(l.mute.on))
	}
	if topic := b.topics.source(s.slug, "last"); b.knownLast(s, old[topic]) {
		keep(topic, nil)
	} else {
		b.want(topic, lastOf("", nil))
	}
}

// knownLast reports whether payload names a label that s still has: the sensor
// of the last sound refuses any other.
func (b *book) knownLast(s *sourceState, payload []byte) bool {
	var last lastPayload
	if json.Unmarshal(payload, &last) != nil {
		return false
	}
	return slices.ContainsFunc(s.labels, func(l *labelState) bool { return l.slug == last.Label })
}

// want sets a retained topic's value and marks it if that changed.
func (b *book) want(topic string, payload []byte) {
	if was, ok := b.wanted[topic]; ok && bytes.Equal(was, payload) {
		return
	}
	b.wanted[topic] = payload
	b.mark(topic)
}

func (b *book) mark(topic string) {
	if !slices.Contains(b.dirty, topic) {
		b.dirty = append(b.dirty, topic)
	}
}

// clear takes a retained topic off the broker (MQTT: an empty retained payload).
func (b *book) clear(topic string) {
	delete(b.wanted, topic)
	b.mark(topic)
}

// markAll is for a broker that may have lost everything.
func (b *book) markAll() {
	for _, s := range b.sources {
		for _, topic := range b.sourceTopics(s) {
			b.mark(topic)
		}
	}
}

func (b *book) sourceTopics(s *sourceState) []string {
	out := []string{b.topics.source(s.slug, "availability"), b.topics.source(s.slug, "problem"), b.topics.source(s.slug, "mute")}
	for _, l := range s.labels {
		for _, leaf := range []string{"attributes", "state", "mute"} {
			out = append(out, b.topics.label(s.slug, l.slug, leaf))
		}
	}
	return append(out, b.topics.source(s.slug, "last"))
}

// retainedTopics lists every topic that the book keeps on the broker.
func (b *book) retainedTopics() []string { return sortedKeys(b.wanted) }

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func (b *book) wantState(s *sourceState, l *labelState) {
	b.want(b.topics.label(s.slug, l.slug, "state"), onOff(l.detected && !l.mute.on && !s.mute.on))
}

func (b *book) wantProblem(s *sourceState) {
	reason, detail := s.problem, s.detail
	if s.lost != "" {
		reason, detail = "lost", s.lost
	}
	b.want(b.topics.source(s.slug, "problem"), problemOf(reason, detail))
}

// available notes whether a source gives sound. A source that gives none has
// no sounds either: its labels go OFF.
func (b *book) available(name string, up bool, why string) bool {
	s := b.byName[name]
	if s == nil {
		return false
	}
	s.online, s.lost = up, ""
	if !up {
		s.lost = why
		if why == "" {
			s.lost = "no sound arrives"
		}
		for _, l := range s.labels {
			l.detected = false
			b.wantState(s, l)
		}
	}
	b.want(b.topics.source(s.slug, "availability"), onlineOffline(up))
	b.wantProblem(s)
	return true
}

func (b *book) health(name, problem, detail string) {
	if s := b.byName[name]; s != nil && (s.problem != problem || s.detail != detail) {
		s.problem, s.detail = problem, detail
		b.wantProblem(s)
	}
}

// allOff is for the end: no label stays ON without somebody who could end it.
func (b *book) allOff() {
	for _, s := range b.sources {
		s.online = false
		for _, l := range s.labels {
			l.detected = false
			b.wantState(s, l)
		}
		b.want(b.topics.source(s.slug, "availability"), onlineOffline(false))
	}
}

// farewell returns what is dirty as messages, for the last batch.
func (b *book) farewell() []message {
	out := make([]message, 0, len(b.dirty))
	for _, topic := range b.dirty {
		out = append(out, message{topic: topic, payload: b.wanted[topic], qos: 1, retain: true})
	}
	return out
}
