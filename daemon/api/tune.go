package api

import (
	"net/http"
	"time"

	"earshot/daemon/tune"
)

// maxTuned is how much of the past is tuned from.
const maxTuned = 31 * day

type tuneAnswer struct {
	*tune.Curve
	Watched bool `json:"watched"`
}

func (a *API) tune(w http.ResponseWriter, r *http.Request, v *values) error {
	label, err := v.text("label")
	if err != nil {
		return err
	}
	source, err := v.text("source")
	if err != nil {
		return err
	}
	now, watched, err := a.Rule(label, source)
	if err != nil {
		return mistake{"label=" + err.Error()}
	}
	for _, d := range []struct {
		name string
		to   *time.Duration
		most time.Duration
	}{{"min_on", &now.MinOn, time.Hour}, {"hold", &now.Hold, day}, {"cooldown", &now.Cooldown, day}} {
		if *d.to, err = v.duration(d.name, *d.to, d.most); err != nil {
			return err
		}
	}
	q := tune.Question{Label: label, Now: now}
	if q.Since, q.Until, err = v.span(7*day, maxTuned); err != nil {
		return err
	}
	if q.Sources = []string{source}; source == "" {
		if q.Sources, err = a.Store.Sources(r.Context()); err != nil {
			return err
		}
	}
	select { // seconds of a core: one at a time
	case a.tuning <- struct{}{}:
		defer func() { <-a.tuning }()
	case <-r.Context().Done():
		return r.Context().Err()
	}
	curve, err := tune.Find(r.Context(), a.Store, q)
	if err != nil {
		return err
	}
	return answer(w, tuneAnswer{curve, watched})
}
