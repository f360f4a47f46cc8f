// Package history remembers what was heard: a sink that writes every event, the smoothed scores of every window and the
// level of every minute into a store (package store). It keeps no sound.
//
//	history.go  the sink: how it is made, what it is told
//	collect.go  a minute of a source, until it is written
//	run.go      the one goroutine that writes
package history

import (
	"math"
	"path/filepath"
	"sync"
	"time"

	"earshot/daemon/config"
	"earshot/daemon/history/store"
	"earshot/daemon/sink"
	"earshot/daemon/status"
	"earshot/internal/logging"
)

// Kind is the history among the sinks.
var Kind = sink.Kind{
	Name:  "history",
	Sound: true, // for the level
	Changed: func(before, now *config.Config) bool {
		return before.History != now.History || before.StateDir != now.StateDir
	},
	Open: open,
}

func open(f *config.File, env sink.Env) (sink.Sink, error) {
	c := f.Config.History
	if !c.Enabled {
		return nil, nil
	}
	path, err := Path(f)
	if err != nil {
		return nil, f.Issue("history.enabled", "no place for it: %v", err)
	}
	return New(Config{Path: path, Keep: c.Keep, KeepScores: c.KeepScores, MaxBytes: int64(c.MaxSize), Log: env.Log}), nil
}

// Path is where a configuration's history is.
func Path(f *config.File) (string, error) {
	dir, err := f.Config.StateFolder()
	return filepath.Join(dir, store.FileName), err
}

// Config is what a sink needs to know.
type Config struct {
	Path       string        // of the store
	Keep       time.Duration // events and levels
	KeepScores time.Duration
	MaxBytes   int64
	Log        *logging.Log
}

// Sink takes what is to be remembered, and Run writes it. Make it with New.
type Sink struct {
	c     Config
	queue chan item

	mu      sync.Mutex // guards the rest
	minutes map[string]*minute
	stats   status.History
	trouble string
}

// item is one thing to be written.
type item struct {
	event  *store.Event
	scores *scores
	level  *store.Level
}

// queueSize items may wait: events of hours, or the scores of some sources for half an hour.
const queueSize = 512

// New makes a sink. Nothing is on the disk before Run.
func New(c Config) *Sink {
	return &Sink{c: c, queue: make(chan item, queueSize), minutes: map[string]*minute{}}
}

// put queues an item; where the queue is full the oldest goes, and is counted.
func (s *Sink) put(i item) {
	for {
		select {
		case s.queue <- i:
			return
		default:
		}
		select {
		case <-s.queue:
			s.lost(1)
		default:
		}
	}
}

func (s *Sink) lost(n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Lost += n
}

// Event implements sink.Sink.
func (s *Sink) Event(e *sink.Event) {
	if s == nil {
		return
	}
	out := &store.Event{
		Source: e.Source, Label: e.ID, Title: e.Title, Group: e.Group, Muted: e.Muted,
		Onset: e.Onset, End: e.End, PeakAt: e.PeakAt, Score: e.Score, Peak: e.Peak, On: e.Why.On, Off: e.Why.Off,
		Runners: scoresOf(e.Why.Runners), LevelDBFS: math.Round(e.Why.LevelDBFS*10) / 10, Model: e.Why.Model, Clip: e.Clip.Name,
	}
	if !e.On && out.End.IsZero() {
		out.End = e.Onset
	}
	if v := e.Views; v.Asked {
		out.First, out.Second = &v.First, &v.Second
	}
	s.put(item{event: out})
}

func scoresOf(all []sink.Score) []store.Score {
	out := make([]store.Score, 0, len(all))
	for _, l := range all {
		out = append(out, store.Score{Label: l.ID, Title: l.Title, Score: l.Score})
	}
	return out
}

// Scores implements sink.Sink.
func (s *Sink) Scores(w sink.Scores) {
	if s == nil {
		return
	}
	s.mu.Lock()
	m := s.minutes[w.Source]
	if m == nil {
		m = new(minute)
		s.minutes[w.Source] = m
	}
	full := m.add(w)
	s.mu.Unlock()
	if full != nil {
		s.put(item{scores: full})
	}
}

// Source hands over the minute of a source that is no more.
func (s *Sink) Source(c sink.Source) {
	if s == nil {
		return
	}
	switch c.Phase {
	case status.Ended, status.Failed, status.Removed:
		s.mu.Lock()
		m := s.minutes[c.Name]
		delete(s.minutes, c.Name)
		s.mu.Unlock()
		if m != nil && m.open != nil {
			s.put(item{scores: m.open})
		}
	}
}

// Diagnostics implements sink.Sink.
func (s *Sink) Diagnostics(status.Status) {}

// Report implements sink.Reporter.
func (s *Sink) Report(out *status.Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out.History = s.stats
	out.History.On = true
	if s.trouble != "" {
		out.Problems = append(out.Problems, "history: "+s.trouble)
	}
}
