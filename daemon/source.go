package daemon

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"earshot/daemon/capture"
	"earshot/daemon/clips"
	"earshot/daemon/config"
	"earshot/daemon/health"
	"earshot/daemon/pipeline"
	"earshot/daemon/task"
	"earshot/daemon/web"
	"earshot/gammatone"
	"earshot/infer"
	"earshot/publish"
	"earshot/ringbuf"

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

// block sees every block of samples, in the listener.
func (s *source) block(b *ringbuf.Block) {
	x := b.X[:b.N]
	if s.clips != nil {
		s.clips.Write(b.At, x)
	}
	if s.health.Push(x) && s.judged() {
		if r := s.health.Report(); r.Problem != health.None {
			s.log.Warn().Str("problem", string(r.Problem)).Str("why", r.Detail).Msg("microphone")
		} else {
			s.log.Info().Msg("microphone is well again")
		}
		s.d.diagnoseSoon()
	}
	if s.meter.add(x) && s.d.hub.Watched() {
		rms, peak := s.meter.levels()
		s.d.hub.Send(web.LevelMessage{Type: "level", Source: s.cfg.Name, RMS: rms, Peak: peak})
	}
}

// judged tells whether the source is a microphone, or stands for one: a recording may well be silent.
func (s *source) judged() bool { return s.cfg.Kind != config.KindFile && s.cfg.Kind != kindDemo }

// frames sees every window, in the listener; it draws only for somebody who looks.
func (s *source) frames(w *gammatone.Window) {
	if !s.d.hub.Watched() {
		return
	}
	c := gammatone.Default()
	s.d.hub.Send(web.SpectrumMessage{
		Type:    "spectrum",
		Source:  s.cfg.Name,
		Bands:   web.SpectrumBands,
		Columns: web.Columns(w.X, c.Bands, c.WindowFrames, s.columns),
		Rate:    float64(s.rate) / float64(c.HopSamples),
	})
}

// scores sees the smoothed scores of every window, in the reporter.
func (s *source) scores(at time.Time, scores []float64) {
	s.mu.Lock()
	s.score = append(s.score[:0], scores...)
	w := s.watch
	s.mu.Unlock()
	if n := s.d.settings().MQTT.Scores; n > 0 {
		s.d.publisher().Scores(s.cfg.Name, at, topScores(w, scores, n))
	}
	if s.d.hub.Watched() {
		s.d.hub.Send(web.ScoresMessage{Type: "scores", Source: s.cfg.Name, Top: pageScores(w, scores)})
	}
}

// failed sees why a window has no scores, in the reporter.
func (s *source) failed(err error) {
	s.d.often(s.log.Error().Err(err), "failed "+s.cfg.Name).Msg("window without scores")
}

// event sees each switch, in the reporter: it goes to the log, the house, the page, and begins or ends a clip.
func (s *source) event(e pipeline.Event) {
	s.mu.Lock()
	w := s.watch
	s.on[e.Label] = e.On
	s.mu.Unlock()
	id := w.ids[e.Label]
	group := e.Label >= len(w.smooth.Labels)
	clip := ""
	if s.clips != nil && !group {
		clip = s.cutClip(e, id)
	}
	s.tell(e, id, clip)
	o := publish.Occurrence{Source: s.cfg.Name, Label: id, On: e.On, Score: e.Score, Peak: e.Peak, Onset: e.Onset, End: e.End, PeakAt: e.PeakAt}
	if clip != "" {
		o.Clip, o.ClipURL = s.d.clipAddress(clip)
	}
	s.d.publisher().Occurrence(o)
	if e.On {
		s.events.Add(1)
	}
	s.d.hub.Send(web.EventMessage{
		Type: "event", Source: s.cfg.Name, Label: id, Title: w.titles[e.Label], On: e.On,
		Score: e.Score, Peak: e.Peak, Onset: e.Onset, End: e.End, Clip: clip,
	})
}

func (s *source) tell(e pipeline.Event, id, clip string) {
	line := s.log.Info().Str("label", id).Float64("score", round3(e.Score)).Time("onset", e.Onset)
	if clip != "" {
		line = line.Str("clip", clip)
	}
	if e.On {
		line.Msg("ON")
		return
	}
	line.Float64("peak", round3(e.Peak)).Float64("seconds", round3(e.End.Sub(e.Onset).Seconds())).Msg("OFF")
}

// cutClip begins a clip at ON, unless the label is muted, and ends it at OFF; it returns the file's name.
func (s *source) cutClip(e pipeline.Event, id string) string {
	if e.On {
		if s.d.mutes.muted(s.cfg.Name, id, time.Now()) {
			return ""
		}
		s.clip[e.Label] = s.clips.Start(id, e.From, e.Onset)
		return s.clip[e.Label]
	}
	name := s.clip[e.Label]
	delete(s.clip, e.Label)
	s.clips.Finish(name, e.To)
	return name
}

func round3(v float64) float64 { return float64(int(v*1000+0.5)) / 1000 }
