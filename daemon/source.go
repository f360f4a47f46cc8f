package daemon

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"earshot/daemon/capture"
	"earshot/daemon/clips"
	"earshot/daemon/config"
	"earshot/daemon/health"
	"earshot/daemon/pipeline"
	"earshot/infer"
	"earshot/internal/task"

	"github.com/rs/zerolog"
)

// Phases of a source beyond those of package capture.
const (
	phaseStarting = "starting"
	phaseEnded    = "ended"
	phaseFailed   = "failed"
)

var phaseOnline = capture.Online.String()

// source is one running source: its capture, its pipeline, and what they have to say to the rest.
type source struct {
	d       *Daemon
	cfg     config.Source
	log     zerolog.Logger
	capture capture.Source
	pipe    *pipeline.Pipeline
	feed    *infer.Feed
	meter   *meter
	health  *health.Monitor
	clips   *clips.Recorder // nil while clips are off
	columns int             // frames a hop, for the page's spectrogram
	rate    int             // Hz

	cancel context.CancelFunc
	done   chan struct{} // closed when run has returned

	events atomic.Int64
	faults atomic.Int64

	mu    sync.Mutex // guards the rest: the source's goroutines write, the status reads
	watch *watch
	phase string
	why   string
	on    map[int]bool
	score []float64      // smoothed, by index as in watch.ids
	clip  map[int]string // of what is on
	err   error          // why the capture ended, once it has
}

// newSource builds a source without starting anything.
func (d *Daemon) newSource(c config.Source, f *config.File, e *engine, w *watch, store *clips.Store) (*source, error) {
	rate := e.front.SampleRate
	s := &source{
		d:       d,
		cfg:     c,
		log:     d.log.With().Str("source", c.Name).Logger(),
		meter:   newMeter(rate / 10),
		health:  health.New(rate, health.Default()),
		columns: f.Config.Windows.HopFrames,
		rate:    rate,
		done:    make(chan struct{}),
		watch:   w,
		phase:   phaseStarting,
		on:      map[int]bool{},
		clip:    map[int]string{},
	}
	var err error
	if s.capture, err = d.opts.buildSource(c, rate, s.state); err != nil {
		return nil, err
	}
	if store != nil {
		s.clips = store.Recorder(c.Name)
	}
	s.pipe = pipeline.New(pipeline.Config{
		Name:      c.Name,
		FrontEnd:  e.front,
		HopFrames: f.Config.Windows.HopFrames,
		Ring:      f.Config.Windows.Ring,
		Live:      live(c),
		Waits:     waits(c),
		Smooth:    w.smooth,
	}, pipeline.Outlets{Block: s.block, Frames: s.frames, Event: s.event, Scores: s.scores, Failed: s.failed})
	s.feed = e.batcher.Feed(f.Config.Windows.Queue, s.pipe.Deliver)
	return s, nil
}

// discard gives back what newSource took, for a source that is never started.
func (s *source) discard() { s.feed.Close() }

// start runs the source until stop, or the end of its sound; ended is then told.
func (s *source) start(group *task.Group, ended func(*source)) {
	ctx, cancel := context.WithCancel(group.Context())
	s.cancel = cancel
	group.GoThen("source "+s.cfg.Name, func(context.Context) error { return s.run(ctx) }, func(err error) {
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
func (s *source) run(ctx context.Context) error {
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
	if s.clips != nil {
		s.clips.Close()
	}
	return err
}

// failure is why the source ended, nil when its sound did or it was stopped.
func (s *source) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// state follows the capture; it is called from the capture's goroutine.
func (s *source) state(st capture.State) {
	s.mu.Lock()
	before := s.phase
	s.phase, s.why = st.Phase.String(), st.Why
	s.mu.Unlock()
	switch st.Phase {
	case capture.Online:
		s.log.Info().Str("what", st.Why).Msg("listening")
		s.d.publisher().SourceAvailable(s.cfg.Name, true, st.Why)
	case capture.Lost:
		s.faults.Add(1)
		s.log.Warn().Str("why", st.Why).Msg("sound lost")
		s.d.publisher().SourceAvailable(s.cfg.Name, false, st.Why)
		s.pipe.Lost(context.Background())
	case capture.Recovering:
		if before != st.Phase.String() {
			s.log.Info().Str("why", st.Why).Msg("opening")
		} else {
			s.d.often(s.log.Debug(), "recover "+s.cfg.Name).Str("why", st.Why).Msg("still trying")
		}
		s.d.publisher().SourceAvailable(s.cfg.Name, false, st.Why)
	}
	s.d.changed()
}

// finish notes that the source is over and tells the house.
func (s *source) finish() {
	err := s.failure()
	s.mu.Lock()
	s.phase, s.why = phaseEnded, "its sound is over"
	if err != nil {
		s.phase, s.why = phaseFailed, err.Error()
	}
	why := s.why
	s.mu.Unlock()
	s.d.publisher().SourceAvailable(s.cfg.Name, false, why)
}
