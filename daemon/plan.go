package daemon

import (
	"fmt"
	"reflect"

	"earshot/daemon/config"
	"earshot/daemon/engine"
	"earshot/daemon/fleet"
	"earshot/daemon/models"
	"earshot/daemon/mqtt"
	"earshot/daemon/rules"
	"earshot/daemon/sink"
	"earshot/daemon/source"
)

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
	if key := now.Fleet.OwnerKey; key != "" && key != old.Fleet.OwnerKey {
		if _, err := fleet.ParseOwner(key); err != nil {
			return c, f.Issue("fleet.owner_key", "%v", err)
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
	if old.MQTT != now.MQTT || old.Fleet != now.Fleet || old.Node != now.Node || old.StateDir != now.StateDir || old.Web.URL != now.Web.URL {
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
	}
	tuned := d.adjusted.Tuned()
	if other := !reflect.DeepEqual(tuned, d.told); other || c.rules != nil {
		if c.rules == nil {
			c.note("labels")
		}
		d.told = tuned
		for _, s := range stay {
			s.SetRules(d.root.Context(), d.rules.For(s.Name(), &d.adjusted))
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
