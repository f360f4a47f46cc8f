// Package replay runs recordings through the daemon's own path to events (file source, ring, front end, network,
// smoothing) as fast as the machine goes, and loses nothing: what the daemon would have told of a recording.
//
// The same recording, model and rules give the same events, whatever else the machine does: windows are scored one
// at a time, every stage waits for the next, and no decision asks a clock.
package replay

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"earshot/daemon/capture"
	"earshot/daemon/capture/file"
	"earshot/daemon/engine"
	"earshot/daemon/opinion"
	"earshot/daemon/pipeline"
	"earshot/daemon/sink"
	"earshot/gammatone"
	"earshot/infer"
	"earshot/infer/smooth"
	"earshot/internal/task"
)

// Config is what a [Player] plays with.
type Config struct {
	Model     *infer.Model
	Front     gammatone.Config
	HopFrames int // from one window to the next
	Smooth    smooth.Config
	Gate      bool           // windows in which nothing is new are not computed
	Cadence   bool           // its labels end in those that are told by their rhythm
	Second    engine.Second  // the second opinion, if there is one
	Opinion   opinion.Config // and of what it is asked
	Provider  string         // of inference; "" or "auto": the best
	Precision string         // of inference, as engine.Prefer takes it
	DeviceID  int
	Threads   int // for one window
}

// Player holds the network ready. Make it with New; one goroutine at a time may use it.
type Player struct {
	cfg     Config
	session *infer.Session
	second  *infer.Embedder // nil without a second opinion
	batcher *infer.Batcher
	group   *task.Group

	gated, windows int64
}

// Gated is how many of all windows so far were not computed, since nothing was new in them.
func (p *Player) Gated() (gated, of int64) { return p.gated, p.windows }

// New opens a session; ONNX Runtime is loaded already (infer.Init). It fails on rules that smooth refuses.
func New(ctx context.Context, c Config) (*Player, error) {
	if err := c.Smooth.Validate(); err != nil {
		return nil, fmt.Errorf("replay: %w", err)
	}
	// One window at a time: a batch may round its last bit otherwise, and what is batched hangs on timing.
	options := infer.Options{Provider: c.Provider, DeviceID: c.DeviceID, Threads: max(1, c.Threads), MaxBatch: 1}
	m, err := engine.Prefer(c.Model, options, c.Precision)
	if err != nil {
		return nil, err
	}
	session, err := infer.NewSession(m, options)
	if err != nil {
		return nil, err
	}
	second, err := c.Second.Open(options)
	if err != nil {
		session.Close()
		return nil, err
	}
	p := &Player{cfg: c, session: session, second: second, batcher: infer.NewBatcher(session.NewBatch(), infer.Local), group: task.New(ctx)}
	p.group.Go("inference", p.batcher.Run)
	return p, nil
}

// Close frees the session.
func (p *Player) Close() {
	p.group.Stop()
	_ = p.group.Wait()
	p.session.Close()
	if p.second != nil {
		p.second.Close()
	}
}

// WindowTime is how long a window takes: the shortest of three, for the machine may be busy with something else.
func (p *Player) WindowTime() (time.Duration, error) {
	shortest, window := time.Duration(0), make([]float32, infer.WindowLen)
	for i := range 3 {
		began := time.Now()
		if _, _, err := p.session.Run(window, 1); err != nil {
			return 0, err
		}
		if took := time.Since(began); i == 0 || took < shortest {
			shortest = took
		}
	}
	return shortest, nil
}

// Sizes of what waits between the stages. They bound memory and change no event: every stage waits for room.
const (
	ring  = 4 * time.Second
	queue = 4
)

// Play plays the sound file at path to its end, or as far as it goes: Samples tells how much that was. A window without
// scores and a stop by ctx are errors. progress, which may be nil, is told the position in samples now and then.
func (p *Player) Play(ctx context.Context, path string, progress func(samples int64)) (*Recording, error) {
	source, err := file.New(file.Config{Common: capture.Common{Rate: p.cfg.Front.SampleRate}, Paths: []string{path}})
	if err != nil {
		return nil, err
	}
	return p.run(ctx, source, progress)
}

func (p *Player) run(ctx context.Context, source capture.Source, progress func(int64)) (*Recording, error) {
	t := &tape{rate: p.cfg.Front.SampleRate, progress: progress, on: map[int]Event{}}
	pipe := pipeline.New(pipeline.Config{
		Name:      "replay",
		FrontEnd:  p.cfg.Front,
		HopFrames: p.cfg.HopFrames,
		Ring:      ring,
		Waits:     true,
		Smooth:    p.cfg.Smooth,
		Gate:      p.cfg.Gate,
		Cadence:   p.cfg.Cadence,
		Opinion:   p.cfg.Second.Opinion(p.second, p.cfg.Opinion, t.failed),
	}, pipeline.Outlets{Window: t.scored, Event: t.event, Scores: t.answered, Failed: t.failed})
	feed := p.batcher.Feed(queue, pipe.Deliver)
	defer feed.Close()
	stages := task.New(ctx)
	var broken error // written before its stage ends
	stages.Go("capture", func(ctx context.Context) error { broken = pipe.Capture(ctx, source); return broken })
	stages.Go("listen", func(ctx context.Context) error { return pipe.Listen(ctx, feed) })
	stages.Go("report", pipe.Report)
	err := stages.Wait()
	stats := pipe.Stats()
	p.gated, p.windows = p.gated+int64(feed.Stats().Idle), p.windows+stats.Answered
	switch {
	case broken != nil:
		return nil, broken
	case err != nil:
		return nil, err
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case t.err != nil:
		return nil, fmt.Errorf("replay: %w", t.err)
	case stats.Answered != stats.Submitted || stats.Ring.Dropped > 0:
		return nil, fmt.Errorf("replay: %d of %d windows came back, %d samples were dropped; want all and none", stats.Answered, stats.Submitted, stats.Ring.Dropped)
	}
	if len(t.on) > 0 {
		return nil, errors.New("replay: an event has no end")
	}
	return t.recording(stats.Position), nil
}

// tape notes what passes.
type tape struct {
	rate     int
	progress func(int64)

	mu      sync.Mutex // the reporter writes, who plays reads
	windows []Window
	heard   int // windows that have been dealt with
	events  []Event
	on      map[int]Event
	err     error // the first window without scores, or without a second opinion
}

// scored sees every window's scores, in order, before they make events.
func (t *tape) scored(r infer.Result) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.windows = append(t.windows, Window{At: r.At, End: r.End, Scores: normal(r.Scores), Attention: normal(r.Attention)})
}

// normal is a copy of x with numbers too small to be normal (below 1.2e-38) as 0: whether the runtime keeps them
// hangs on the thread that it happens to run on.
func normal(x []float32) []float32 {
	out := slices.Clone(x)
	for i, v := range out {
		if v < 0x1p-126 && v > -0x1p-126 {
			out[i] = 0
		}
	}
	return out
}

// event sees every switch. Those that a window brings come before [tape.answered] counts it; those that come after
// the last window were made at its end.
func (t *tape) event(e sink.Event, _ []float64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var now int64
	if n := min(t.heard, len(t.windows)-1); n >= 0 {
		now = t.windows[n].End
	}
	if e.On {
		t.on[e.Label] = Event{Label: e.Label, Onset: e.Event.Onset, On: now}
		return
	}
	out := t.on[e.Label]
	delete(t.on, e.Label)
	out.End, out.Off, out.Peak = e.Event.End, now, e.Peak
	t.events = append(t.events, out)
}

func (t *tape) answered(pipeline.Scores) {
	t.mu.Lock()
	t.heard++
	n, progress := t.heard, t.progress
	at := t.windows[n-1].End
	t.mu.Unlock()
	if progress != nil && n%64 == 0 {
		progress(at)
	}
}

func (t *tape) failed(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err == nil {
		t.err = err
	}
}

func (t *tape) recording(samples int64) *Recording {
	t.mu.Lock()
	defer t.mu.Unlock()
	return &Recording{Samples: samples, Rate: t.rate, Events: t.events, Windows: t.windows}
}
