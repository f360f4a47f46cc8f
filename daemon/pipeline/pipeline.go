// Package pipeline carries one source's sound through ring, front end, network and smoothing to its events.
//
// A pipeline has three stages, each a Run-like method that blocks until its context ends or the source's sound
// does; the daemon's supervisor starts them and waits:
//
//	Capture   the source writes into the ring (and, for a microphone, PortAudio's thread on its behalf)
//	Listen    ring → blocks → windows → the network's queue
//	Report    scores → events; OFF by timer; never waits for anybody
//
// What happens to windows, events and sound is the owner's business and given as funcs.
package pipeline

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"earshot/daemon/capture"
	"earshot/daemon/opinion"
	"earshot/daemon/sink"
	"earshot/gammatone"
	"earshot/infer"
	"earshot/infer/smooth"
	"earshot/internal/latest"
	"earshot/internal/sampletime"
	"earshot/ringbuf"
	"earshot/verify"
)

// Config is what a pipeline needs to know.
type Config struct {
	Name      string
	FrontEnd  gammatone.Config
	HopFrames int
	Ring      time.Duration // sound that may wait for the front end
	Live      bool          // sound comes with the clock: labels go off by it when nothing comes
	Waits     bool          // the source waits for room, so nothing need be dropped
	Smooth    smooth.Config
	Gate      bool             // windows in which nothing is new are not computed
	Cadence   bool             // behind the network's scores come those of rhythms
	Opinion   *opinion.Opinion // the second network's, asked between scores and smoothing; nil = none
	Now       Clock            // nil = time.Now
}

// Outlets are the pipeline's consumers. Each is called from one goroutine at a time and must not block.
type Outlets struct {
	// Block sees every block of samples, in order, in the listener; the block is the ring's, to read until it returns.
	Block func(*ringbuf.Block)
	// Frames sees a window's frames whenever it is complete, newest hop last, in the listener.
	Frames func(*gammatone.Window)
	// Event sees each switch of a label, on the wall clock and still without names, and all smoothed scores of that
	// moment, borrowed, in the reporter.
	Event func(e sink.Event, scores []float64)
	// Window sees each window's scores as they go to the smoothing, borrowed, in the reporter.
	Window func(infer.Result)
	// Failed sees why a window has no scores, in the reporter.
	Failed func(error)
	// Scores sees the smoothed scores of each window, borrowed, in the reporter.
	Scores func(Scores)
}

// Scores are the smoothed scores of one window.
type Scores struct {
	At     time.Time // the window's end
	End    int64     // the same, in samples
	Break  sink.Break
	Scores []float64 // (K + groups)
}

// Scorer is the network's queue for this source; *infer.Feed is one. Answers come through Deliver, in order.
type Scorer interface {
	Queue() int                                                          // windows that may wait; each must stay as long
	Submit(s infer.Stamp, w infer.Window)                                // drops the oldest when full
	SubmitWait(ctx context.Context, s infer.Stamp, w infer.Window) error // waits for room
	Flush(ctx context.Context) error                                     // until every answer has been delivered
}

// Pipeline is one source's way through the program. Make it with New.
type Pipeline struct {
	cfg    Config
	out    Outlets
	ring   *ringbuf.Ring
	in     *stampedRing // the source's side of ring
	clock  *sampleClock
	inbox  chan message
	room   chan struct{} // a place for each window on its way, where the listener must not get far ahead; else nil
	played atomic.Bool   // the source has ended; written by Capture
	heard  chan struct{} // closed when the last answer is in the inbox
	closed chan struct{} // closed when Report has returned
	gapAt  atomic.Int64  // where the newest gap ended; written by Listen
	rhythm *rhythm       // nil: none
	gate   *gate         // nil: every window is computed

	latency latest.Durations
	counts  counters
}

// New plans a pipeline. It panics on a Config that the packages below refuse.
func New(cfg Config, out Outlets) *Pipeline {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	ring := ringbuf.New(int(sampletime.Samples(cfg.Ring, cfg.FrontEnd.SampleRate)/ringbuf.BlockSamples) + 1)
	clock := newSampleClock(cfg.FrontEnd.SampleRate, cfg.Now)
	p := &Pipeline{
		cfg:   cfg,
		out:   out,
		ring:  ring,
		clock: clock,
		in:    &stampedRing{ring: ring, elapsed: clock.elapsed},
		inbox: make(chan message, inboxSize),

		heard:  make(chan struct{}),
		closed: make(chan struct{}),
	}
	p.gapAt.Store(-1)
	if cfg.Cadence {
		p.rhythm = newRhythm(cfg.FrontEnd)
	}
	if cfg.Gate {
		p.gate = newGate(cfg.FrontEnd)
	}
	if cfg.Opinion != nil && cfg.Waits {
		p.room = make(chan struct{}, windowsAhead(cfg))
	}
	return p
}

// windowsAhead is how many windows may be on their way while the sound of the oldest is still kept for a second
// opinion on it.
func windowsAhead(c Config) int {
	return max(1, (verify.MaxLag-ringbuf.BlockSamples)/(c.HopFrames*c.FrontEnd.HopSamples))
}

// inboxSize is far more than the reporter, which never waits, can fall behind by.
const inboxSize = 64

// Capture runs the source until its sound or ctx ends.
func (p *Pipeline) Capture(ctx context.Context, source capture.Source) error {
	err := source.Run(ctx, p.in)
	if ctx.Err() == nil { // also after an error: what was heard before it counts
		p.ring.Flush()
		p.played.Store(true)
	}
	return err
}

// The listener sleeps while the ring is empty: there is no bell in a lock-free ring. Short enough for the
// latency, long enough to cost nothing; sources that wait for room are polled faster, they are fast.
const (
	livePoll = 4 * time.Millisecond
	filePoll = 500 * time.Microsecond
)

// Listen turns blocks into windows and submits them. It returns nil when ctx ends, or when the source has ended
// and its last window has been answered.
func (p *Pipeline) Listen(ctx context.Context, scorer Scorer) error {
	stream := gammatone.NewStream(p.cfg.FrontEnd, p.cfg.HopFrames, scorer.Queue())
	if p.rhythm != nil || p.gate != nil {
		stream.Energies = p.frame
	}
	poll := filePoll
	if p.cfg.Live {
		poll = livePoll
	}
	timer := time.NewTimer(poll)
	defer timer.Stop()
	emit := func(w *gammatone.Window) { p.submit(ctx, scorer, w) }
	for ctx.Err() == nil {
		p.counts.beat.Store(int64(p.clock.elapsed()))
		played := p.played.Load() // before the read: what is written after it is read next time
		if b := p.ring.Peek(); b != nil {
			p.block(stream, b, emit)
			p.ring.Release()
			continue
		}
		if played {
			err := scorer.Flush(ctx)
			close(p.heard)
			return ignoreStop(err)
		}
		timer.Reset(poll)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
	}
	return nil
}

// frame lets every frame be heard by those who want it.
func (p *Pipeline) frame(end int64, energies []float32) {
	if p.rhythm != nil {
		p.rhythm.frame(end, energies)
	}
	if p.gate != nil {
		p.gate.hear(energies)
	}
}

// block takes one block through the front end.
func (p *Pipeline) block(stream *gammatone.Stream, b *ringbuf.Block, emit func(*gammatone.Window)) {
	end := b.At + int64(b.N)
	if b.Gap {
		p.gapAt.Store(b.At)
		if p.gate != nil {
			p.gate.forget()
		}
	}
	if at, ok := p.in.arrived(end); ok && (p.cfg.Live || !p.clock.known.Load()) {
		p.clock.observe(end, at)
	}
	if p.out.Block != nil {
		p.out.Block(b)
	}
	if p.cfg.Opinion != nil {
		p.cfg.Opinion.Hear(b.At, b.X[:b.N], b.Gap)
	}
	began := p.clock.elapsed()
	stream.Push(b.At, b.X[:b.N], b.Gap, emit)
	p.counts.front.Add(int64(p.clock.elapsed() - began))
	p.counts.samples.Add(int64(b.N))
	p.counts.resets.Store(stream.Stats().Resets)
	p.counts.position.Store(end)
}

// submit hands a window to the network.
func (p *Pipeline) submit(ctx context.Context, scorer Scorer, w *gammatone.Window) {
	if p.out.Frames != nil {
		p.out.Frames(w)
	}
	if p.rhythm != nil {
		p.rhythm.window(w.End)
	}
	stamp := infer.Stamp{At: w.At, End: w.End, Idle: p.gate != nil && p.gate.idles()}
	if at, ok := p.in.arrived(w.End); ok {
		stamp.Entered = p.clock.start.Add(at)
	}
	p.counts.submitted.Add(1)
	if p.room != nil {
		select {
		case p.room <- struct{}{}:
		case <-p.closed:
		case <-ctx.Done():
		}
	}
	if p.cfg.Waits {
		_ = scorer.SubmitWait(ctx, stamp, w) // fails only when all is about to stop
	} else {
		scorer.Submit(stamp, w)
	}
}

// ignoreStop drops the errors that only say that a stop was asked for.
func ignoreStop(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, infer.ErrStopped) {
		return nil
	}
	return err
}
