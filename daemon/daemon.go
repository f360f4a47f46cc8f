// Package daemon builds the pipelines, supervises them and closes them again. It is the composition root: the one
// place that knows every other package.
//
// The layers, in the order of starting; stopping goes the other way round, so that whoever is still running can
// still reach what it needs:
//
//	web     page, /metrics, /healthz
//	house   embedded broker, MQTT publisher
//	engine  model, ONNX Runtime session, batcher
//	sources each with its capture, listener and reporter
//
// Run's goroutine alone changes them; what others read of them is guarded by one mutex.
package daemon

import (
	"context"
	"errors"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"earshot/daemon/capture"
	"earshot/daemon/clips"
	"earshot/daemon/config"
	"earshot/daemon/web"
	"earshot/internal/fairtime"
	"earshot/internal/logging"
	"earshot/internal/sdnotify"
	"earshot/internal/task"
	"earshot/publish"

	"github.com/rs/zerolog"
)

// Options are what the daemon is given from outside.
type Options struct {
	Load    func() (*config.File, error) // reads the configuration, at the start and at every reload
	BuiltIn func() []byte                // the model inside the binary
	Log     *logging.Log
	Version string
	Patient bool                                                                // a microphone that is not there at the start is waited for
	Stdin   *os.File                                                            // for sources of kind stdin; nil = standard input
	Devices func() ([]capture.Device, error)                                    // sound inputs
	Demo    func(rate int, onState func(capture.State)) (capture.Source, error) // the bundled recording
	Reload  <-chan os.Signal                                                    // SIGHUP
	Notify  *sdnotify.Notifier                                                  // systemd
	Ready   func(Ready)                                                         // told once everything runs; may be nil
}

// Ready says where the running daemon is reached.
type Ready struct {
	Broker   string // address for mosquitto_sub and the like
	Embedded bool
	NodeID   string
	Page     string // URL, "" for none
	Sources  []string
}

// Daemon is a running daemon. Run makes it.
type Daemon struct {
	opts    Options
	log     *logging.Log
	limiter *logging.Limiter
	hub     *web.Hub
	mutes   *mutes
	started time.Time
	root    *task.Group
	fatal   chan error
	ended   chan *source
	wake    chan struct{}       // something that the status shows has changed
	ill     chan struct{}       // a microphone's health has changed
	starved fairtime.Starvation // the loop's
	auto    []config.Source
	now     atomic.Pointer[publish.Publisher]
	cfg     atomic.Pointer[config.Config]

	mu      sync.Mutex // guards the layers: Run's goroutine writes, the status reads
	file    *config.File
	house   *house
	engine  *engine
	watch   *watch
	sources []*source
	page    *page
	store   *clipStore

	embeddedWish string // mqtt.embedded as it was when the broker started
}

// Limits of the parts of a clean stop, together below two seconds.
const (
	stopSources = 900 * time.Millisecond
	stopMQTT    = 900 * time.Millisecond
	flushMQTT   = 300 * time.Millisecond // for the last OFFs, when stopped from outside
	flushEnd    = 10 * time.Second       // when the sound is over and nobody is in a hurry
)

// Run builds everything from the configuration and keeps it running until ctx ends (nil), every source has come to
// its end (nil, or the error of those that failed), or something broke that only a new process mends.
func Run(ctx context.Context, opts Options) error {
	if opts.Notify == nil {
		opts.Notify = sdnotify.New()
	}
	f, err := opts.Load()
	if err != nil {
		return err
	}
	d := &Daemon{
		opts:    opts,
		log:     opts.Log,
		limiter: logging.NewLimiter(10 * time.Second),
		hub:     web.NewHub(),
		mutes:   newMutes(),
		started: time.Now(),
		root:    task.New(context.WithoutCancel(ctx)), // layers are stopped in order, not all at once
		fatal:   make(chan error, 1),
		ended:   make(chan *source, 16),
		wake:    make(chan struct{}, 1),
		ill:     make(chan struct{}, 1),
	}
	d.log.SetLevel(f.Config.Log.Level)
	if err := d.start(f); err != nil {
		return errors.Join(err, d.stop(0))
	}
	err = d.loop(ctx)
	d.opts.Notify.Stopping()
	flush := flushEnd
	if ctx.Err() != nil || err != nil {
		flush = flushMQTT
	}
	return errors.Join(err, d.stop(flush))
}

// loop is where Run's goroutine spends its life.
func (d *Daemon) loop(ctx context.Context) error {
	diagnostics := time.NewTicker(d.settings().MQTT.Diagnostics)
	defer diagnostics.Stop()
	beat := time.NewTicker(watchEvery())
	defer beat.Stop()
	dog := watchdog{limit: stuckAfter, every: watchEvery()}
	for {
		select {
		case <-ctx.Done():
			d.log.Info().Msg("stopping")
			return nil
		case err := <-d.fatal:
			return err
		case s := <-d.ended:
			if over, err := d.sourceEnded(s); over {
				return err
			}
		case <-d.opts.Reload:
			d.reload()
			diagnostics.Reset(d.settings().MQTT.Diagnostics)
		case c := <-d.publisher().Commands():
			d.mutes.set(c, time.Now())
			d.log.Info().Str("source", c.Source).Str("label", c.Label).Bool("on", c.On).Dur("for_ms", c.Duration).Msg("mute")
		case <-diagnostics.C:
			d.publisher().Diagnostics(d.diagnostics())
		case <-d.ill:
			d.publisher().Diagnostics(d.diagnostics())
		case <-beat.C:
			if why := dog.look(d.vitals()); why == "" {
				d.opts.Notify.Alive()
			} else {
				d.often(d.log.Error(), "watchdog").Str("why", why).Msg("not feeding the watchdog")
			}
		case <-d.wake:
			d.opts.Notify.Status(d.statusLine())
		}
	}
}

// sourceEnded notes the end of a source; over when it was the last one.
func (d *Daemon) sourceEnded(s *source) (over bool, err error) {
	if !slices.Contains(d.sources, s) {
		return false, nil // stopped by a reload
	}
	err = s.failure()
	s.finish()
	if errors.Is(err, capture.ErrHung) {
		return true, err
	}
	d.changed()
	defer func() {
		switch {
		case s.failure() == nil:
			s.log.Info().Msg("sound is over")
		case !over: // else it is why the daemon ends, and told there
			s.log.Error().Err(s.failure()).Msg("source failed")
		}
	}()
	var errs []error
	for _, other := range d.sources {
		select {
		case <-other.done:
			if err := other.failure(); err != nil {
				errs = append(errs, ErrSource{other.cfg.Name, err})
			}
		default:
			return false, nil
		}
	}
	return true, errors.Join(errs...)
}

// fail makes Run return err; the first one counts.
func (d *Daemon) fail(err error) {
	select {
	case d.fatal <- err:
	default:
	}
}

// tellEnded brings a source's end to the loop, as long as there is one.
func (d *Daemon) tellEnded(s *source) {
	select {
	case d.ended <- s:
	case <-d.root.Context().Done():
	}
}

// changed asks for a new status line.
func (d *Daemon) changed() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// diagnoseSoon asks for diagnostics ahead of time.
func (d *Daemon) diagnoseSoon() {
	select {
	case d.ill <- struct{}{}:
	default:
	}
}

func (d *Daemon) publisher() *publish.Publisher { return d.now.Load() }

func (d *Daemon) settings() *config.Config { return d.cfg.Load() }

// often limits a line that could repeat: nil, which zerolog ignores, when the same key was logged a moment ago.
func (d *Daemon) often(e *zerolog.Event, key string) *zerolog.Event {
	held, ok := d.limiter.Allow(key)
	if !ok {
		return nil
	}
	if held > 0 {
		e = e.Int("repeated", held)
	}
	return e
}

// clipStore is the folder of clips and the goroutine that writes them.
type clipStore struct {
	*clips.Store
	dir   string
	group *task.Group
}
