package daemon

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"earshot/daemon/config"
)

// reloadLimit is how long a configuration, and what it names, may take to be read: a disk that does not answer keeps
// the old one going.
const reloadLimit = 30 * time.Second

// reading is a reload whose plan is being made, beside the loop.
type reading struct {
	done  chan plan // has room for the one
	late  *time.Timer
	over  bool           // it took too long, and its plan will not be carried out
	again bool           // another was asked for meanwhile
	asked []chan<- error // who wants to know what it comes to
}

// plan is what a reload comes to, before anything has changed.
type plan struct {
	file   *config.File
	change *change
	seen   int // what people had set when it was read; see rules.Adjustments
	err    error
}

// drop undoes what was built for a plan that is not carried out.
func (p plan) drop() {
	if p.change == nil {
		return
	}
	for _, undo := range p.change.undo {
		undo()
	}
}

// startReload begins to read the configuration again. All that may take its time does so beside the loop, which goes
// on feeding the watchdog, and stops when it is told to.
func (d *Daemon) startReload() {
	if d.reading != nil {
		d.reading.again = true
		if d.reading.over {
			d.lateReload()
		}
		return
	}
	d.opts.Notify.Reloading()
	r := &reading{done: make(chan plan, 1), late: time.NewTimer(d.opts.reloadLimit())}
	r.asked, d.asked = d.asked, nil
	d.reading = r
	d.root.GoThen("reload", func(context.Context) error {
		p := plan{seen: d.adjusted.Changes()}
		if p.file, p.err = d.opts.Load(); p.err == nil {
			p.change, p.err = d.plan(p.file)
		}
		p.err = EveryMistake(p.file, p.err, d.opts.BuiltIn)
		r.done <- p
		return nil
	}, func(err error) {
		if err != nil { // a panic: the configuration must not end the daemon
			r.done <- plan{err: err}
		}
	})
}

// planned is where the plan comes, and overdue when it does not; nil while no reload is under way.
func (d *Daemon) planned() <-chan plan {
	if d.reading == nil {
		return nil
	}
	return d.reading.done
}

func (d *Daemon) overdue() <-chan time.Time {
	if d.reading == nil {
		return nil
	}
	return d.reading.late.C
}

// abandonReload gives up a plan that is not there yet, because the daemon stops; should it come, it is undone.
func (d *Daemon) abandonReload() {
	if d.reading == nil {
		return
	}
	done := d.reading.done
	d.reading.late.Stop()
	d.root.Go("reload given up", func(context.Context) error {
		(<-done).drop()
		return nil
	})
}

// lateReload says that a reload takes too long. Its plan is waited for all the same, since two may not be made at once.
func (d *Daemon) lateReload() {
	d.reading.over = true
	d.opts.Notify.Reloading()
	err := fmt.Errorf("reading the configuration and what it names has taken more than %v: does a disk not answer?", d.opts.reloadLimit())
	d.reading.tell(err)
	d.reloaded(nil, err)
}

// finishReload carries a plan out. A bad one changes nothing and says why; a good one restarts only what it changes.
func (d *Daemon) finishReload(p plan) {
	r := d.reading
	r.late.Stop()
	d.reading = nil
	if r.over {
		p.drop()
	} else {
		what, err := d.apply(p)
		d.reloaded(what, err)
		r.tell(err)
	}
	if r.again {
		d.startReload()
	}
}

// tell says what it came to to who asked for it, once.
func (r *reading) tell(err error) {
	for _, to := range r.asked {
		to <- err // has room
	}
	r.asked = nil
}

// reloadNow reloads the configuration, from another goroutine than the loop's, and says what came of it.
func (d *Daemon) reloadNow(ctx context.Context) error {
	done := make(chan error, 1)
	select {
	case d.ask <- done:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// reloaded tells what a reload came to.
func (d *Daemon) reloaded(what []string, err error) {
	if err == nil {
		shown := what
		if len(shown) == 0 {
			shown = []string{"nothing"}
		}
		d.log.Info().Str("changed", strings.Join(shown, ", ")).Msg("configuration read again")
	} else {
		d.refuse(err)
	}
	d.opts.Notify.Ready(d.statusLine())
	if d.opts.Reloaded != nil {
		d.opts.Reloaded(Reloaded{what, err, d.ready()})
	}
}

// refuse logs why a configuration is not used.
func (d *Daemon) refuse(err error) {
	var issues config.Errors
	if errors.As(err, &issues) {
		for _, i := range issues {
			d.log.Error().Str("mistake", i.String()).Msg("configuration")
		}
	} else {
		d.log.Error().Err(err).Msg("configuration")
	}
	d.log.Error().Msg("the new configuration is not used; the old one stays")
}

// apply goes from the running configuration to a plan's. As long as it returns an error, nothing has changed.
func (d *Daemon) apply(p plan) ([]string, error) {
	if p.err != nil {
		p.drop()
		return nil, p.err
	}
	if err := d.adjusted.Take(p.file.Tuned, p.seen); err != nil {
		d.log.Warn().Err(err).Msg("thresholds")
	}
	if err := d.commit(p.file, p.change); err != nil {
		// Half changed: better a new process than a daemon nobody configured.
		d.fail(fmt.Errorf("reload: %w", err))
		return nil, err
	}
	return p.change.what, nil
}
