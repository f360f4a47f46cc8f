package daemon

import (
	"path/filepath"

	"earshot/daemon/config"
	"earshot/daemon/rules"
)

// keepAdjustments takes up the thresholds that people set in the last run; without a state folder none outlive a restart.
func (d *Daemon) keepAdjustments(f *config.File) {
	dir, err := f.Config.StateFolder()
	if err == nil {
		err = d.adjusted.Keep(filepath.Join(dir, "thresholds.json"))
	}
	if err != nil {
		d.log.Warn().Err(err).Msg("thresholds")
	}
}

// askAdjust brings what somebody asked for to the loop; of a flood the rest is dropped.
func (d *Daemon) askAdjust(a rules.Adjust) {
	select {
	case d.adjust <- a:
	default:
		d.log.Often(d.log.Warn(), "thresholds").Msg("thresholds are set faster than they can be taken over")
	}
}

// adjustRules takes a threshold or hold over at its source, while it listens.
func (d *Daemon) adjustRules(a rules.Adjust) {
	for _, one := range d.rules.Each(a) {
		if err := d.adjusted.Set(one); err != nil {
			d.log.Warn().Err(err).Msg("thresholds")
		}
	}
	for _, s := range d.sources {
		if s.Name() == a.Source {
			s.SetRules(d.root.Context(), d.rules.For(a.Source, &d.adjusted))
		}
	}
	d.mqtt.Adjusted(a.Source, d.rules.For(a.Source, &d.adjusted))
	line := d.log.Info().Str("source", a.Source)
	if a.Label != "" {
		line = line.Str("label", a.Label)
	}
	switch {
	case a.Undo:
		line.Msg("threshold and hold as configured")
	case a.On != nil:
		line.Float64("threshold", *a.On).Msg("threshold set")
	default:
		line.Dur("hold_ms", *a.Hold).Msg("hold set")
	}
}
