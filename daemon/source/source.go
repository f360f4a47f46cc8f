// Package source runs one source of sound: its capture and its pipeline, and what they have to say to the rest.
//
//	source.go  how it is made, run and waited for
//	build.go   its capture
//	hear.go    the pipeline's outlets: blocks, windows, scores, events
//	doctor.go  what is wrong with its sound
//	phase.go   how it is: starting, online, lost, …; its part of the status and of the watchdog's signs
package source

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"earshot/daemon/capture"
	"earshot/daemon/capture/kind"
	"earshot/daemon/config"
	"earshot/daemon/engine"
	"earshot/daemon/health"
	"earshot/daemon/level"
	"earshot/daemon/opinion"
	"earshot/daemon/pipeline"
	"earshot/daemon/rules"
	"earshot/daemon/sink"
	"earshot/daemon/status"
	"earshot/gammatone"
	"earshot/infer"
	"earshot/internal/logging"
	"earshot/internal/task"

	"github.com/rs/zerolog"
)

// Error marks errors of a source of sound.
type Error struct {
	Name string
	Err  error
}

func (e Error) Error() string { return "source " + e.Name + ": " + e.Err.Error() }

// Unwrap gives the cause.
func (e Error) Unwrap() error { return e.Err }

// Config is what a source is made from.
type Config struct {
	config.Source
	Windows config.Windows
	Means   Means
	Engine  *engine.Engine
	Rules   *rules.Rules
	Sink    *sink.Fanout
	Log     *logging.Log
	Ears    []sink.Ear                               // take the sound itself
	Window  func(w *gammatone.Window, end time.Time) // takes the front end's windows; the page's
	Eyes    []sink.Eye                               // take them, and the network's attention
	Changed func()                                   // its phase did; must not block
	Ill     func()                                   // a microphone fell ill, or got well; must not block
}

// Source is one running source.
type Source struct {
	c       Config
	log     zerolog.Logger
	capture capture.Source
	pipe    *pipeline.Pipeline
	feed    *infer.Feed
	opinion *opinion.Opinion // nil without a second network
	health  *health.Monitor
	level   *level.Meter
	doctor  *doctor
	rate    int          // Hz
	best    []sink.Score // the reporter's

	cancel context.CancelFunc
	done   chan struct{} // closed when run has returned

	events atomic.Int64
	faults atomic.Int64

	mu    sync.Mutex // guards the rest: the source's goroutines write, the status reads
	rules *rules.Rules
	phase string
	why   string
	on    map[int]bool
	told  map[string]int64 // times that a label or group went on, by its id
	score []float64        // smoothed, by index as in rules.IDs
	err   error            // why the capture ended, once it has
}

// New builds a source without starting anything.
func New(c Config) (*Source, error) {
	front := c.Engine.Front
	s := &Source{
		c:      c,
		log:    c.Log.With().Str("source", c.Name).Logger(),
		health: health.New(front.SampleRate, health.Default()),
		level:  level.New(front.SampleRate, config.Or(c.Calibration, 0)),
		rate:   front.SampleRate,
		done:   make(chan struct{}),
		rules:  c.Rules,
		phase:  status.Starting,
		on:     map[int]bool{},
		told:   map[string]int64{},
	}
	s.doctor = newDoctor(front, s.log, c.Ill)
	var err error
	if s.capture, err = c.Means.build(c.Source, capture.Common{Rate: s.rate, OnState: s.captured, OnFlaw: s.doctor.flaw}); err != nil {
		return nil, err
	}
	s.opinion = c.Engine.Opinion(c.Rules.Opinion, s.unanswered)
	s.pipe = pipeline.New(pipeline.Config{
		Name:      c.Name,
		FrontEnd:  front,
		HopFrames: c.Windows.HopFrames,
		Ring:      c.Windows.Ring,
		Live:      kind.Live(c.Source),
		Waits:     kind.Waits(c.Source),
		Smooth:    c.Rules.Smooth,
		Gate:      c.Windows.Gate,
		Cadence:   c.Rules.Cadence,
		Opinion:   s.opinion,
	}, pipeline.Outlets{Block: s.block, Frames: s.window, Window: s.attended, Event: s.event, Scores: s.scored, Failed: s.failed})
	s.feed = c.Engine.Batcher.Feed(c.Windows.Queue, s.pipe.Deliver)
	return s, nil
}

// Name is the source's.
func (s *Source) Name() string { return s.c.Name }

// Config is what it was configured as.
func (s *Source) Config() config.Source { return s.c.Source }

// Start runs the source until Stop, or the end of its sound; ended is then told.
func (s *Source) Start(group *task.Group, ended func(*Source)) {
	ctx, cancel := context.WithCancel(group.Context())
	s.cancel = cancel
	group.GoThen("source "+s.c.Name, func(context.Context) error { return s.run(ctx) }, func(err error) {
		cancel()
		s.mu.Lock()
		if err != nil {
			s.err = err
		}
		s.mu.Unlock()
		close(s.done)
		ended(s)
	})
}

// run starts the pipeline's stages and waits for them.
func (s *Source) run(ctx context.Context) error {
	stages := task.New(ctx)
	stages.GoThen("capture", func(ctx context.Context) error { return s.pipe.Capture(ctx, s.capture) }, func(err error) {
		s.mu.Lock()
		s.err = err
		s.mu.Unlock()
		if errors.Is(err, capture.ErrHung) {
			stages.Fail(err)
		}
	})
	stages.Go("listen", func(ctx context.Context) error { return s.pipe.Listen(ctx, s.feed) })
	stages.Go("report", s.pipe.Report)
	err := stages.Wait()
	s.feed.Close()
	for _, ear := range s.c.Ears {
		ear.Close()
	}
	return err
}

// Stop tells the source to end. Done says when it has; one that was never started has at once.
func (s *Source) Stop() {
	if s.cancel != nil {
		s.cancel()
		return
	}
	select {
	case <-s.done:
	default:
		s.feed.Close()
		close(s.done)
	}
}

// Done is closed when the source has ended.
func (s *Source) Done() <-chan struct{} { return s.done }

// Failure is why the source ended, nil when its sound did or it was stopped.
func (s *Source) Failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// SetRules changes a running source's labels, in its reporter.
func (s *Source) SetRules(ctx context.Context, r *rules.Rules) {
	s.pipe.SetRules(ctx, r.Smooth, func() {
		if s.opinion != nil {
			s.opinion.SetConfig(r.Opinion)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.rules = r
		s.score = s.score[:0]
		clear(s.on)
	})
}
