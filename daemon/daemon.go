// Package daemon builds the parts, supervises them and closes them again. It is the composition root: the one place
// that knows every other package.
//
// The layers, in the order of starting; stopping goes the other way round, so that whoever is still running can
// still reach what it needs:
//
//	sinks   log, clips and whatever else the table in sinks.go names
//	page    live page, /metrics, /healthz
//	mqtt    embedded broker, publisher
//	engine  model, ONNX Runtime session, batcher
//	sources each with its capture, listener and reporter
//
// A reload goes the same way in two steps: plan builds all that can fail, in a goroutine beside what runs, and is undone
// when it does; commit swaps.
//
// Run's goroutine alone changes the layers; what others read of them is guarded by one mutex.
package daemon

import (
	"cmp"
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"sync"
	"time"

	"earshot/daemon/capture"
	"earshot/daemon/config"
	"earshot/daemon/engine"
	"earshot/daemon/fleet"
	"earshot/daemon/mqtt"
	"earshot/daemon/rules"
	"earshot/daemon/sink"
	"earshot/daemon/source"
	"earshot/daemon/teaching"
	"earshot/daemon/watchdog"
	"earshot/daemon/web"
	"earshot/internal/fairtime"
	"earshot/internal/logging"
	"earshot/internal/sdnotify"
	"earshot/internal/task"
	"earshot/publish"
)

// ErrStuck says that a goroutine did not end when told to; only the end of the process helps.
var ErrStuck = errors.New("did not stop in time")

// Options are what the daemon is given from outside.
type Options struct {
	source.Means
	Load     func() (*config.File, error) // reads the configuration, at the start and at every reload
	BuiltIn  func() []byte                // the model inside the binary
	Log      *logging.Log
	Version  string
	Devices  func() ([]capture.Device, error) // sound inputs
	Reload   <-chan os.Signal                 // SIGHUP
	Learn    func(args ...string) *exec.Cmd   // "earshot teach" with this configuration; nil: the page teaches nothing
	Notify   *sdnotify.Notifier               // systemd
	Ready    func(Ready)                      // told once everything runs; may be nil
	Reloaded func(Reloaded)                   // told after each reload; may be nil
	Patience time.Duration                    // with a reload; 0 = reloadLimit
}

func (o *Options) reloadLimit() time.Duration { return cmp.Or(o.Patience, reloadLimit) }

// Ready says where the running daemon is reached.
type Ready struct {
	Broker   string // address for mosquitto_sub and the like
	Embedded bool
	NodeID   string
	Page     string // URL, "" for none
	Sources  []string
}

// Reloaded is what a reload came to.
type Reloaded struct {
	Changed []string // parts that were changed
	Err     error    // why nothing was
	Ready   Ready    // where the daemon is reached now
}

// Daemon is a running daemon. Run makes it.
type Daemon struct {
	opts    Options
	log     *logging.Log
	sinks   *sink.Fanout
	hub     *web.Hub
	started time.Time
	root    *task.Group
	fatal   chan error
	ended   chan *source.Source
	wake    chan struct{}       // something that the status shows has changed
	ill     chan struct{}       // a microphone's health has changed
	starved fairtime.Starvation // the loop's
	reading *reading            // a reload under way; the loop's
	adjust  chan rules.Adjust   // asked for over MQTT
	ask     chan chan<- error   // brings who wants a reload and to know what it comes to
	asked   []chan<- error      // those for the next reload; the loop's
	tuning  sync.Mutex          // one change of what lies over the configuration at a time
	deaf    bool                // neither a source was configured at the start nor a microphone there

	pushes *fleet.Node
	pushed publish.PushReport // what became of the last push, for a new publisher; d.mu guards it

	adjusted rules.Adjustments
	told     config.Tuned      // what of it the sources know; the loop's
	teacher  *teaching.Teacher // nil where nothing can be taught

	mu      sync.Mutex // guards the layers: Run's goroutine writes, the status reads
	file    *config.File
	opened  map[string]*opened // by kind of sink
	page    *page
	mqtt    *mqtt.Sink
	engine  *engine.Engine
	rules   *rules.Rules
	sources []*source.Source

	stateTrouble string // why nothing can be written to the state folder; "" = it can
}

// Limits of the parts of a clean stop, together below two seconds.
const (
	stopSources = 900 * time.Millisecond
	stopPage    = 900 * time.Millisecond
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
	if takeBackPushed(f, opts.Log) {
		f, err = opts.Load()
	}
	if err != nil {
		return EveryMistake(f, err, opts.BuiltIn)
	}
	d := &Daemon{
		opts:    opts,
		log:     opts.Log,
		sinks:   sink.NewFanout(places...),
		hub:     web.NewHub(),
		opened:  map[string]*opened{},
		started: time.Now(),
		root:    task.New(context.WithoutCancel(ctx)), // layers are stopped in order, not all at once
		fatal:   make(chan error, 1),
		ended:   make(chan *source.Source, 16),
		wake:    make(chan struct{}, 1),
		ill:     make(chan struct{}, 1),
		adjust:  make(chan rules.Adjust, 64),
		ask:     make(chan chan<- error),
	}
	d.log.SetLevel(f.Config.Log.Level)
	if err := d.start(f); err != nil {
		return errors.Join(EveryMistake(f, err, opts.BuiltIn), d.stop(0))
	}
	d.root.Go("state folder", d.watchState)
	d.root.Go("fleet", d.pushes.Run)
	if d.teacher != nil {
		d.root.Go("teaching", d.teacher.Run)
	}
	err = d.loop(ctx)
	d.abandonReload()
	d.opts.Notify.Stopping()
	flush := flushEnd
	if ctx.Err() != nil || err != nil {
		flush = flushMQTT
	}
	return errors.Join(err, d.stop(flush))
}

// loop is where Run's goroutine spends its life.
func (d *Daemon) loop(ctx context.Context) error {
	diagnostics := time.NewTicker(d.file.Config.MQTT.Diagnostics)
	defer diagnostics.Stop()
	beat := time.NewTicker(watchdog.Every())
	defer beat.Stop()
	dog := watchdog.New(watchdog.Every())
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
			d.startReload()
		case to := <-d.ask:
			d.asked = append(d.asked, to)
			d.startReload()
		case <-d.overdue():
			d.lateReload()
		case p := <-d.planned():
			d.finishReload(p)
			diagnostics.Reset(d.file.Config.MQTT.Diagnostics)
		case <-diagnostics.C:
			d.sinks.Diagnostics(d.status())
		case <-d.ill:
			d.sinks.Diagnostics(d.status())
		case a := <-d.adjust:
			d.adjustRules(a)
		case <-beat.C:
			if why := dog.Look(d.vitals()); why == "" {
				d.opts.Notify.Alive()
			} else {
				d.log.Often(d.log.Error(), "watchdog").Str("why", why).Msg("not feeding the watchdog")
			}
		case <-d.wake:
			d.opts.Notify.Status(d.statusLine())
		}
	}
}

// sourceEnded notes the end of a source; over when it was the last one.
func (d *Daemon) sourceEnded(s *source.Source) (over bool, err error) {
	if !slices.Contains(d.sources, s) {
		return false, nil // stopped by a reload
	}
	err = s.Failure()
	s.Finish()
	if errors.Is(err, capture.ErrHung) {
		return true, err
	}
	d.changed()
	defer func() {
		if s.Failure() != nil && !over { // else it is why the daemon ends, and told there
			d.log.Error().Str("source", s.Name()).Err(s.Failure()).Msg("source failed")
		}
	}()
	var errs []error
	for _, other := range d.sources {
		select {
		case <-other.Done():
			if err := other.Failure(); err != nil {
				errs = append(errs, source.Error{Name: other.Name(), Err: err})
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
func (d *Daemon) tellEnded(s *source.Source) {
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

// diagnose asks for diagnostics ahead of time.
func (d *Daemon) diagnose() {
	select {
	case d.ill <- struct{}{}:
	default:
	}
}
