package sink

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"earshot/daemon/status"
)

// Fanout tells everything to each of its sinks in turn, and what is muted or the same sound in another source before that. It is a Sink itself.
type Fanout struct {
	Mutes Mutes
	Zones Zones

	mu    sync.Mutex // guards changes of places
	order []string
	sinks atomic.Pointer[[]place]
}

type place struct {
	name string
	sink Sink
}

// NewFanout makes a fan-out with places for sinks of these names, in this order. They are empty.
func NewFanout(order ...string) *Fanout {
	f := &Fanout{order: order}
	f.sinks.Store(&[]place{})
	return f
}

// Set puts a sink into its place; nil empties it. It panics on a name without a place.
func (f *Fanout) Set(name string, s Sink) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !slices.Contains(f.order, name) {
		panic("sink: no place for " + name)
	}
	var all []place
	for _, n := range f.order {
		if n == name {
			if s != nil {
				all = append(all, place{name, s})
			}
			continue
		}
		for _, p := range *f.sinks.Load() {
			if p.name == n {
				all = append(all, p)
			}
		}
	}
	f.sinks.Store(&all)
}

// Event implements Sink.
func (f *Fanout) Event(e *Event) {
	e.Muted = f.Mutes.Muted(e.Source, e.ID, time.Now())
	f.Zones.join(e)
	for _, p := range *f.sinks.Load() {
		p.sink.Event(e)
	}
}

// Source implements Sink.
func (f *Fanout) Source(s Source) {
	for _, p := range *f.sinks.Load() {
		p.sink.Source(s)
	}
}

// Scores implements Sink.
func (f *Fanout) Scores(s Scores) {
	f.Zones.louder(s)
	for _, p := range *f.sinks.Load() {
		p.sink.Scores(s)
	}
}

// Diagnostics implements Sink.
func (f *Fanout) Diagnostics(s status.Status) {
	for _, p := range *f.sinks.Load() {
		p.sink.Diagnostics(s)
	}
}
