package daemon

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"earshot/daemon/config"
	"earshot/daemon/engine"
	"earshot/daemon/models"
	"earshot/daemon/mqtt"
	"earshot/daemon/rules"
	"earshot/daemon/sink"
	"earshot/daemon/source"
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
		var p plan
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

// change is what a new configuration needs done, everything that can fail built already.
type change struct {
	engine *engine.Engine // new, or nil
	rules  *rules.Rules   // new, or nil
	page   *page          // new, or nil
	kinds  []sink.Kind    // to open anew
	what   []string
	web    bool
	mqtt   bool // by a new connection
	all    bool // every source must start afresh
	undo   []func()
}

func (c *change) note(what string) { c.what = append(c.what, what) }

// apply goes from the running configuration to a plan's. As long as it returns an error, nothing has changed.
func (d *Daemon) apply(p plan) ([]string, error) {
	if p.err != nil {
		p.drop()
		return nil, p.err
	}
	if err := d.commit(p.file, p.change); err != nil {
		// Half changed: better a new process than a daemon nobody configured.
		d.fail(fmt.Errorf("reload: %w", err))
		return nil, err
	}
	return p.change.what, nil
}

// plan compares the two configurations and builds what may fail. It runs beside the loop, which changes none of what
// it looks at until it is done.
func (d *Daemon) plan(f *config.File) (*change, error) {
	old, now := &d.file.Config, &f.Config
	c := &change{}
	r, e, err := d.planEngine(f, c)
	if err != nil {
		return c, err
	}
	if old.Windows != now.Windows {
		c.all = true
		c.note("windows")
	}
	otherRate := e.Front.SampleRate != d.engine.Front.SampleRate
	for _, k := range kinds {
		if k.Changed != nil && k.Changed(old, now) || k.Sound && otherRate {
			c.kinds = append(c.kinds, k)
			c.all = c.all || k.Sound
			c.note(k.Name)
			if k.Check != nil {
				if err := k.Check(f); err != nil {
					return c, err
				}
			}
		}
	}
	if old.Web != now.Web || old.StateDir != now.StateDir { // its history is there
		c.web = true
		c.note("web")
		if _, err := d.pagePassword(f); err != nil {
			return c, err
		}
		if now.Web.Listen != old.Web.Listen {
			if c.page, err = d.newPage(f); err != nil {
				return c, err
			}
			if c.page != nil {
				c.undo = append(c.undo, func() { _ = c.page.server.Close() })
			}
		}
	}
	if err := d.planMQTT(f, c, d.setup(f, r, e)); err != nil {
		return c, err
	}
	if old.Log.Format != now.Log.Format {
		d.log.Warn().Msg("log.format changes with the next start")
	}
	return c, nil
}

// planEngine looks at model and labels, and returns the rules and the engine that will be.
func (d *Daemon) planEngine(f *config.File, c *change) (*rules.Rules, *engine.Engine, error) {
	old, now := &d.file.Config, &f.Config
	path, err := models.File(f)
	if err != nil {
		return nil, nil, err
	}
	m, front, err := engine.Load(path, d.opts.BuiltIn)
	if err != nil {
		return nil, nil, err
	}
	second, err := engine.LoadSecond(m, front, now.Verify.Model)
	if err != nil {
		return nil, nil, err
	}
	r, e := d.rules, d.engine
	if m.SHA256 != e.Model.SHA256 || old.Inference != now.Inference || !second.Same(e.Second) {
		if c.engine, err = engine.New(m, front, second, now.Inference); err != nil {
			return nil, nil, err
		}
		c.undo = append(c.undo, c.engine.Stop)
		e = c.engine
		c.all = true
		c.note("model")
	}
	if c.engine != nil || !reflect.DeepEqual(old.Watch, now.Watch) || !reflect.DeepEqual(old.Notify, now.Notify) || old.Smoothing != now.Smoothing || old.Node.Language != now.Node.Language {
		if c.rules, err = rules.Resolve(f, e.Model, e.Front, e.Second.Head); err != nil {
			return nil, nil, err
		}
		r = c.rules
		c.note("labels")
	}
	return r, e, nil
}

// planMQTT finds out whether the publisher can take the change over as it runs, or must be made anew: the new one
// must be buildable before the old one is given up.
func (d *Daemon) planMQTT(f *config.File, c *change, s mqtt.Setup) error {
	old, now := &d.file.Config, &f.Config
	if old.MQTT != now.MQTT || old.Node != now.Node || old.StateDir != now.StateDir || old.Web.URL != now.Web.URL {
		c.note("mqtt")
	}
	if err := mqtt.CheckShown(s); err != nil {
		return err
	}
	if c.mqtt = !mqtt.Same(d.file, f); c.mqtt {
		return mqtt.Check(s, d.mqtt)
	}
	return nil
}

// commit carries the plan out.
func (d *Daemon) commit(f *config.File, c *change) error {
	d.sinks.Zones.Set(f.Config.Zones())
	stay, stop, start := d.compare(f, c.all)
	if len(stop)+len(start) > 0 {
		c.note("sources")
	}
	if err := d.stopSources(stop); err != nil {
		return err
	}
	d.set(func() { d.sources = stay })
	for _, s := range stop {
		s.Remove()
	}
	d.set(func() { d.file = f })
	d.log.SetLevel(f.Config.Log.Level)
	if c.engine != nil {
		before := d.engine
		d.set(func() { d.engine = c.engine })
		c.engine.Start(d.root.Context(), d.fail, d.changed, d.log)
		before.Stop()
	}
	if c.rules != nil {
		d.set(func() { d.rules = c.rules })
		for _, s := range stay {
			s.SetRules(d.root.Context(), c.rules.For(s.Name(), &d.adjusted))
		}
	}
	for _, k := range c.kinds {
		if err := d.openSink(k, f); err != nil {
			return err
		}
	}
	if c.web {
		if err := d.changePage(f, c.page); err != nil {
			return err
		}
	}
	if c.mqtt {
		if err := d.changeMQTT(f); err != nil {
			return err
		}
	} else if err := d.mqtt.Reconfigure(d.setup(f, d.rules, d.engine)); err != nil {
		return err
	}
	return d.startSources(f, start)
}

// compare sorts the running sources into those that stay and those to stop, and finds the new ones.
func (d *Daemon) compare(f *config.File, all bool) (stay, stop []*source.Source, start []config.Source) {
	kept := map[string]bool{}
	wanted := d.wanted(f)
	for _, s := range d.sources {
		same := false
		for _, w := range wanted {
			same = same || reflect.DeepEqual(s.Config(), w)
		}
		if same && !all {
			stay = append(stay, s)
			kept[s.Name()] = true
		} else {
			stop = append(stop, s)
		}
	}
	for _, w := range wanted {
		if !kept[w.Name] {
			start = append(start, w)
		}
	}
	return stay, stop, start
}

// changeMQTT swaps the publisher. The embedded broker goes on where it can: its subscribers stay connected.
func (d *Daemon) changeMQTT(f *config.File) error {
	old := d.mqtt
	old.Flush(flushMQTT)
	if err := old.Stop(old.Keeps(f)); err != nil {
		return fmt.Errorf("%w: %w", ErrStuck, err)
	}
	if err := d.startMQTT(f, old); err != nil {
		return err
	}
	for _, s := range d.sources {
		s.TellTo(d.mqtt)
	}
	return nil
}
