package pipeline

import (
	"context"
	"slices"
	"time"

	"earshot/daemon/sink"
	"earshot/infer"
	"earshot/infer/smooth"
	"earshot/internal/sampletime"
)

// message is what the reporter's inbox takes: scores, or a change of what it does.
type message struct {
	kind      kind
	at, end   int64
	entered   time.Time
	err       error
	scores    []float32
	attention []float32
	smooth    smooth.Config
	swapped   func()
}

type kind int

const (
	scored kind = iota // a window's scores
	lost               // the source went away
	rules              // other labels or thresholds
)

// Deliver brings a window's answer; it copies the slices. Where the source can wait, so can the network for the
// reporter; else an answer that finds the inbox full is dropped and counted.
func (p *Pipeline) Deliver(r infer.Result) {
	m := message{kind: scored, at: r.At, end: r.End, entered: r.Entered, err: r.Err,
		scores: p.rhythm.room(r.Scores), attention: slices.Clone(r.Attention)}
	select {
	case p.inbox <- m:
		return
	default:
	}
	if !p.cfg.Waits {
		p.counts.dropped.Add(1)
		return
	}
	select {
	case p.inbox <- m:
	case <-p.closed:
	}
}

// Lost says that the source went away: what is on goes off.
func (p *Pipeline) Lost(ctx context.Context) { p.tell(ctx, message{kind: lost}) }

// SetRules changes labels and thresholds. In the reporter, what is on goes off, then swapped is called, and from
// then on events count by the new rules.
func (p *Pipeline) SetRules(ctx context.Context, c smooth.Config, swapped func()) {
	p.tell(ctx, message{kind: rules, smooth: c, swapped: swapped})
}

func (p *Pipeline) tell(ctx context.Context, m message) {
	select {
	case p.inbox <- m:
	case <-p.closed:
	case <-ctx.Done():
	}
}

// tick is how exactly an OFF by timer comes.
const tick = 100 * time.Millisecond

// Report turns scores into events until ctx ends or the source has and all its windows are answered. In either
// case what is on goes off, so that no event stays without its end.
func (p *Pipeline) Report(ctx context.Context) error {
	r := &reporter{p: p, smoother: smooth.New(p.cfg.Smooth), gap: -1, broken: sink.Anew, onset: map[int]time.Time{}}
	defer close(p.closed)
	defer func() { r.handle(r.smoother.Reset(r.now(), r.events[:0])) }()
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	heard := p.heard
	for {
		select {
		case <-ctx.Done():
			return nil
		case m := <-p.inbox:
			r.take(m)
		case <-ticker.C:
			if now, ok := p.clock.sample(); ok && p.cfg.Live {
				r.handle(r.smoother.Tick(now, r.events[:0]))
			}
		case <-heard:
			heard = nil
		}
		if heard == nil && len(p.inbox) == 0 {
			return nil
		}
	}
}

// reporter is the state of Report.
type reporter struct {
	p        *Pipeline
	smoother *smooth.Smoother
	gap      int64      // the newest gap that the smoother knows
	end      int64      // of the newest window
	broken   sink.Break // what came since
	events   []smooth.Event
	onset    map[int]time.Time // of what is on, so that ON and OFF agree even if the clock is set between
}

// now is the sample time of a decision that no window brings.
func (r *reporter) now() int64 {
	if now, ok := r.p.clock.sample(); ok && r.p.cfg.Live {
		return max(now, r.end)
	}
	return r.end
}

func (r *reporter) take(m message) {
	switch m.kind {
	case lost:
		r.handle(r.smoother.Reset(r.now(), r.events[:0]))
		r.broken = max(r.broken, sink.Away)
	case rules:
		r.handle(r.smoother.Reset(r.now(), r.events[:0]))
		m.swapped()
		r.smoother, r.broken = smooth.New(m.smooth), sink.Anew
	case scored:
		r.window(m)
		select {
		case <-r.p.room: // its place, which the listener took
		default:
		}
	}
}

func (r *reporter) window(m message) {
	if gap := r.p.gapAt.Load(); gap > r.gap && m.at >= gap {
		r.smoother.Forget() // no mean spans a hole either
		r.gap, r.broken = gap, max(r.broken, sink.Gap)
	}
	r.end = m.end
	if m.err != nil {
		r.p.counts.failed.Add(1)
		if r.p.out.Failed != nil {
			r.p.out.Failed(m.err)
		}
		return
	}
	m.scores = r.p.rhythm.add(m.scores, m.end)
	if r.p.cfg.Opinion != nil {
		r.p.cfg.Opinion.Revise(m.end, m.scores)
	}
	if r.p.out.Window != nil {
		r.p.out.Window(infer.Result{Stamp: infer.Stamp{At: m.at, End: m.end}, Scores: m.scores, Attention: m.attention})
	}
	r.handle(r.smoother.Push(m.at, m.end, m.scores, m.attention, r.events[:0]))
	if r.p.out.Scores != nil {
		r.p.out.Scores(Scores{r.p.clock.wall(m.end), m.end, r.broken, r.smoother.Scores()})
	}
	r.broken = sink.Unbroken
	if !m.entered.IsZero() {
		r.p.latency.Add(r.p.cfg.Now().Sub(m.entered))
	}
	r.p.counts.answered.Add(1)
	r.p.counts.answeredAt.Store(int64(r.p.clock.elapsed()))
}

// handle puts events on the wall clock and hands them out.
func (r *reporter) handle(events []smooth.Event) {
	r.events = events // keeps the capacity
	for _, e := range events {
		out := sink.Event{Event: e}
		if r.p.cfg.Opinion != nil {
			out.Views = r.p.cfg.Opinion.Of(e)
		}
		if e.On {
			r.onset[e.Label] = r.p.clock.wall(e.Onset)
		}
		onset, known := r.onset[e.Label]
		if !known {
			onset = r.p.clock.wall(e.Onset)
		}
		rate := r.p.cfg.FrontEnd.SampleRate
		out.Onset = onset
		out.PeakAt = onset.Add(sampletime.Span(e.PeakAt-e.Onset, rate))
		if !e.On {
			out.End = onset.Add(sampletime.Span(e.End-e.Onset, rate))
			delete(r.onset, e.Label)
		}
		if r.p.out.Event != nil {
			r.p.out.Event(out, r.smoother.Scores())
		}
	}
}
