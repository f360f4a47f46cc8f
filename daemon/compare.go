package daemon

import (
	"reflect"

	"earshot/daemon/config"
	"earshot/publish"
)

// planHouse finds out whether the publisher can take the change over as it runs, or must be made anew.
func (d *Daemon) planHouse(f *config.File, c *change, e *engine) error {
	old, now := &d.file.Config, &f.Config
	if old.MQTT != now.MQTT || old.Node != now.Node || old.StateDir != now.StateDir || old.Web.URL != now.Web.URL {
		c.note("mqtt")
	}
	if err := publish.CheckShown(d.shown(f, c.watch, e)); err != nil {
		return err
	}
	connectionBefore, idBefore, dirBefore := connection(d.file)
	connectionNow, idNow, dirNow := connection(f)
	if connectionBefore == connectionNow && idBefore == idNow && dirBefore == dirNow {
		return nil
	}
	c.house = true
	// The new one must be buildable before the old one is given up.
	device := deviceOf(f, d.opts.Version, now.Web.URL, len(e.model.Labels))
	probe, err := newHouse(f, d.published(f, c.watch), device, "", d.log, d.house.embedded(), nil)
	if err != nil {
		return err
	}
	if probe.broker != nil && probe.broker != d.house.broker {
		_ = probe.broker.Close()
	}
	return nil
}

// shown is what of the publisher's settings can change while it runs.
func (d *Daemon) shown(f *config.File, w *watch, e *engine) publish.Config {
	return shown(f, d.published(f, w), deviceOf(f, d.opts.Version, f.Config.Web.URL, len(e.model.Labels)))
}

// compare sorts the running sources into those that stay and those to stop, and finds the new ones.
func (d *Daemon) compare(f *config.File, all bool) (stay, stop []*source, start []config.Source) {
	kept := map[string]bool{}
	wanted := d.wanted(f)
	for _, s := range d.sources {
		same := false
		for _, w := range wanted {
			same = same || reflect.DeepEqual(s.cfg, w)
		}
		if same && !all {
			stay = append(stay, s)
			kept[s.cfg.Name] = true
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
