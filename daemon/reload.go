package daemon

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"earshot/daemon/config"
)

// reload reads the configuration again. A bad one changes nothing and says why; a good one restarts only what it
// changes.
func (d *Daemon) reload() {
	d.opts.Notify.Reloading()
	defer func() { d.opts.Notify.Ready(d.statusLine()) }()
	f, err := d.opts.Load()
	if err == nil {
		var what []string
		if what, err = d.apply(f); err == nil {
			if len(what) == 0 {
				what = []string{"nothing"}
			}
			d.log.Info().Str("changed", strings.Join(what, ", ")).Msg("configuration read again")
			return
		}
	}
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
	engine *engine // new, or nil
	watch  *watch
	page   *page // new, or nil
	what   []string
	web    bool
	house  bool
	rules  bool
	store  bool
	all    bool // every source must start afresh
	undo   []func()
}

func (c *change) note(what string) { c.what = append(c.what, what) }

// apply goes from the running configuration to f. As long as it returns an error, nothing has changed.
func (d *Daemon) apply(f *config.File) ([]string, error) {
	c, err := d.plan(f)
	if err != nil {
		for _, undo := range c.undo {
			undo()
		}
		return nil, err
	}
	if err := d.commit(f, c); err != nil {
		// Half changed: better a new process than a daemon nobody configured.
		d.fail(fmt.Errorf("reload: %w", err))
		return nil, err
	}
	return c.what, nil
}

// plan compares the two configurations and builds what may fail.
func (d *Daemon) plan(f *config.File) (*change, error) {
	old, now := &d.file.Config, &f.Config
	c := &change{watch: d.watch}
	m, front, err := loadModel(now.Model, d.opts.BuiltIn)
	if err != nil {
		return c, err
	}
	newEngineNeeded := m.SHA256 != d.engine.model.SHA256 || old.Inference != now.Inference
	e := d.engine
	if newEngineNeeded {
		if c.engine, err = newEngine(m, front, now.Inference); err != nil {
			return c, err
		}
		c.undo = append(c.undo, c.engine.session.Close)
		e = c.engine
		c.all = true
		c.note("model")
	}
	if newEngineNeeded || !reflect.DeepEqual(old.Watch, now.Watch) || old.Smoothing != now.Smoothing {
		if c.watch, err = resolve(f, e.model, e.front); err != nil {
			return c, err
		}
		c.rules = true
		c.note("labels")
	}
	if old.Windows != now.Windows {
		c.all = true
		c.note("windows")
	}
	if old.Clips != now.Clips || old.StateDir != now.StateDir {
		if old.Clips.Enabled || now.Clips.Enabled {
			c.all, c.store = true, true
			c.note("clips")
		}
	}
	if old.Web != now.Web || c.store {
		c.web = true
		c.note("web")
		if now.Web.Listen != "" && now.Web.Listen != old.Web.Listen {
			if c.page, err = d.newPage(f); err != nil {
				return c, err
			}
			c.undo = append(c.undo, func() { _ = c.page.server.Close() })
		}
	}
	if err := d.planHouse(f, c, e); err != nil {
		return c, err
	}
	if d.settings().Log.Format != now.Log.Format {
		d.log.Warn().Msg("log.format changes with the next start")
	}
	return c, nil
}

// commit carries the plan out.
func (d *Daemon) commit(f *config.File, c *change) error {
	stay, stop, start := d.compare(f, c.all)
	if len(stop)+len(start) > 0 {
		c.note("sources")
	}
	for _, s := range stop {
		s.cancel()
	}
	if err := d.stopSources(stop); err != nil {
		return err
	}
	d.set(func() { d.sources = stay })
	for _, s := range stop {
		d.publisher().SourceAvailable(s.cfg.Name, false, "configuration changed")
	}
	before := d.engine
	d.setFile(f)
	d.log.SetLevel(f.Config.Log.Level)
	if c.engine != nil {
		d.set(func() { d.engine = c.engine })
		c.engine.start(d.root.Context(), d.fail)
		before.stop()
		d.tellEngine()
	}
	if c.rules {
		d.set(func() { d.watch = c.watch })
		for _, s := range stay {
			s.setWatch(c.watch)
		}
	}
	if c.store {
		if err := d.changeStore(f); err != nil {
			return err
		}
	}
	if c.web {
		if err := d.changePage(f, c.page); err != nil {
			return err
		}
	}
	if c.house {
		if err := d.changeHouse(f); err != nil {
			return err
		}
	} else if err := d.publisher().Reconfigure(d.shown(f, d.watch, d.engine)); err != nil {
		return err
	}
	return d.startSources(f, start)
}
