// Package sinktest is the contract of a sink, tested in the same way for every implementation.
package sinktest

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"earshot/daemon/sink"
	"earshot/daemon/status"
	"earshot/infer/smooth"
)

// hang is how long anything may take before a test gives up; no test depends on less.
const hang = 2 * time.Minute

// Names of what the test tells of: a sink that must know beforehand takes them as configured.
const (
	Source = "mic"
	Other  = "door"
)

// Labels are the sounds that the test lets begin and end, at Source.
var Labels = []string{"dog", "siren", "rain", "cat"}

// Subject is a sink under test.
type Subject struct {
	Sink sink.Sink
	Nil  sink.Sink // a nil pointer of its type
	// Seen are the ids of the sounds that began at Source, as whoever is behind the sink saw them so far; nil for
	// a sink behind which nobody is.
	Seen  func() []string
	Close func() // ends the sink, as the daemon does
}

// Run holds a sink against the contract. make builds a fresh one each time.
func Run(t *testing.T, make func(t *testing.T) Subject) {
	t.Run("nil takes all", func(t *testing.T) { tellAll(make(t).Nil, 1) })
	t.Run("order", func(t *testing.T) { order(t, make(t)) })
	t.Run("does not block", func(t *testing.T) { doesNotBlock(t, make(t)) })
	t.Run("keeps nothing that is lent", func(t *testing.T) { lent(t, make(t)) })
	t.Run("closed", func(t *testing.T) {
		s := make(t)
		tellAll(s.Sink, 2)
		s.Close()
		tellAll(s.Sink, 2)
	})
}

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// event is a switch of a label, n seconds after noon.
func event(source string, label, n int, on bool) *sink.Event {
	at := int64(n) * 44100
	e := &sink.Event{
		Event:  smooth.Event{Label: label, On: on, Score: 0.9, Peak: 0.9, Onset: at, PeakAt: at},
		Source: source, ID: Labels[label], Title: Labels[label], Onset: noon.Add(time.Duration(n) * time.Second),
	}
	if e.PeakAt = e.Onset; !on {
		e.Event.End, e.End = at+22050, e.Onset.Add(time.Second/2)
	}
	return e
}

// tellAll says everything that can be said, n times.
func tellAll(s sink.Sink, n int) {
	for i := range n {
		s.Source(sink.Source{Name: Source, Phase: status.Online, Before: status.Recovering, Why: "a microphone"})
		s.Event(event(Source, i%len(Labels), i, true))
		s.Scores(sink.Scores{Source: Source, At: noon, Best: []sink.Score{{ID: "dog", Title: "Dog", Score: 0.5}}})
		s.Diagnostics(status.Status{Sources: []status.Source{{Name: Source, Phase: status.Online, RateHz: 44100}}})
		s.Event(event(Source, i%len(Labels), i, false))
		s.Source(sink.Source{Name: Source, Phase: status.Lost, Before: status.Online, Why: "gone"})
		s.Event(event("unknown", 0, i, true))
		s.Source(sink.Source{Name: "unknown", Phase: status.Failed})
	}
}

// order lets each sound begin and end in turn, beside another source that does the same.
func order(t *testing.T, s Subject) {
	defer s.Close()
	var both sync.WaitGroup
	for _, name := range []string{Source, Other} {
		both.Add(1)
		go func() {
			defer both.Done()
			s.Sink.Source(sink.Source{Name: name, Phase: status.Online})
			for i := range Labels {
				s.Sink.Event(event(name, i, i, true))
				s.Sink.Event(event(name, i, i, false))
			}
		}()
	}
	both.Wait()
	if s.Seen == nil {
		return
	}
	for end := time.Now().Add(hang); len(s.Seen()) < len(Labels); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			break
		}
	}
	if got := s.Seen(); !slices.Equal(got, Labels) {
		t.Errorf("sounds began as %v, want %v", got, Labels)
	}
}

// doesNotBlock tells far more than anybody takes.
func doesNotBlock(t *testing.T, s Subject) {
	defer s.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		tellAll(s.Sink, 5000)
	}()
	select {
	case <-done:
	case <-time.After(hang):
		t.Fatal("it blocks whoever tells it")
	}
}

// lent overwrites what it lent, as the daemon does: under the race detector a sink that kept it is found out.
func lent(t *testing.T, s Subject) {
	defer s.Close()
	best := []sink.Score{{ID: "dog", Title: "Dog", Score: 0.5}}
	e := event(Source, 0, 0, true)
	for i := range 100 {
		s.Sink.Scores(sink.Scores{Source: Source, At: noon, Best: best})
		s.Sink.Event(e)
		best[0] = sink.Score{ID: "siren", Title: fmt.Sprint(i), Score: 0.1}
		*e = *event(Source, i%len(Labels), i, i%2 == 0)
	}
}
