package sink_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"earshot/daemon/sink"
	"earshot/internal/test/sinktest"
)

// remember is a sink that remembers what began at sinktest.Source.
type remember struct {
	*sink.Fanout // empty: does nothing

	mu   sync.Mutex
	seen []string
}

func (r *remember) Event(e *sink.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e.On && e.Source == sinktest.Source {
		r.seen = append(r.seen, e.ID)
	}
}

// TestFanoutIsASink: the fan-out keeps the contract of what it fans out to.
func TestFanoutIsASink(t *testing.T) {
	sinktest.Run(t, func(t *testing.T) sinktest.Subject {
		f, r := sink.NewFanout("a", "b"), &remember{Fanout: sink.NewFanout()}
		f.Set("b", r)
		return sinktest.Subject{
			Sink: f, Nil: sink.NewFanout(),
			Seen: func() []string {
				r.mu.Lock()
				defer r.mu.Unlock()
				return slices.Clone(r.seen)
			},
			Close: func() { f.Set("b", nil) },
		}
	})
}

// note is a sink that writes its name into the event, and a mute it saw.
type note struct {
	*sink.Fanout
	name string
}

func (n *note) Event(e *sink.Event) {
	e.Clip.Name += n.name
	if e.Muted {
		e.Clip.Name += " muted "
	}
}

// TestFanoutOrder: sinks are told in the order of their places, however they came; mutes are known before.
func TestFanoutOrder(t *testing.T) {
	f := sink.NewFanout("a", "b", "c")
	f.Set("c", &note{name: "c"})
	f.Set("a", &note{name: "a"})
	f.Set("b", &note{name: "b"})
	tell := func() string {
		e := sink.Event{Source: "mic", ID: "dog"}
		f.Event(&e)
		return e.Clip.Name
	}
	if got := tell(); got != "abc" {
		t.Errorf("told as %q", got)
	}
	f.Set("a", nil)
	f.Set("c", &note{name: "d"})
	f.Set("b", nil)
	f.Mutes.Set(sink.Mute{Source: "mic", Label: "dog", On: true}, time.Now())
	if got := tell(); got != "d muted " {
		t.Errorf("told as %q", got)
	}
}
