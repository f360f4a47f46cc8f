package teaching

import (
	"context"
	"sync"

	"earshot/daemon/capture"
	"earshot/daemon/sink"
)

// tap brings a source's sound to a sitting: it is the sitting's capture, and fed by the daemon's own.
type tap struct {
	source string

	mu   sync.Mutex // guards the rest: the source's goroutine writes, the sitting comes and goes
	to   capture.Sink
	next int64 // sample that follows, once there was one
	any  bool
}

// Run implements capture.Source.
func (p *tap) Run(ctx context.Context, to capture.Sink) error {
	p.mu.Lock()
	p.to = to
	p.mu.Unlock()
	<-ctx.Done()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.to = nil
	return nil
}

func (p *tap) write(at int64, x []float32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.to == nil {
		return
	}
	if lost := at - p.next; p.any && lost > 0 {
		p.to.Skip(lost)
	}
	p.any, p.next = true, at+int64(len(x))
	p.to.Write(x)
}

// ear is a source's outlet.
type ear struct {
	t      *Teacher
	source string
}

// Listen is called once for each source that begins to listen.
func (t *Teacher) Listen(source string) sink.Ear {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.taps[source]++
	return ear{t, source}
}

// Write implements sink.Ear.
func (e ear) Write(at int64, x []float32) {
	if p := e.t.tapped.Load(); p != nil && p.source == e.source {
		p.write(at, x)
	}
}

// Close implements sink.Ear.
func (e ear) Close() {
	e.t.mu.Lock()
	defer e.t.mu.Unlock()
	if e.t.taps[e.source]--; e.t.taps[e.source] == 0 {
		delete(e.t.taps, e.source)
		if s := e.t.sitting; s != nil && s.told.Source == e.source && !s.told.Over {
			s.gone = true
			s.cancel()
		}
	}
}
