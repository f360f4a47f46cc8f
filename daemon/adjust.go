package daemon

import (
	"earshot/daemon/rules"
)

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
	var others []string
	for _, s := range d.sources {
		if s.Name() != a.Source {
			others = append(others, s.Name())
		}
	}
	if err := d.adjusted.Set(a, others...); err != nil {
		d.log.Warn().Err(err).Msg("thresholds")
	}
	d.told = d.adjusted.Tuned()
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
