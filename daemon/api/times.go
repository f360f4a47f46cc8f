package api

import (
	"math"
	"net/http"
	"strings"
	"time"

	"earshot/daemon/history/block"
	"earshot/daemon/history/store"
)

const day = 24 * time.Hour

// maxDays is how far a heat map reaches.
const maxDays = 366

type heatAnswer struct {
	Zone  string    `json:"zone"`
	Total int       `json:"total"`
	Days  []heatDay `json:"days"` // every day of the span, in order
}

type heatDay struct {
	Date  string  `json:"date"`  // as in 2026-11-22
	Hours [24]int `json:"hours"` // events that began in each
}

func (a *API) heat(w http.ResponseWriter, r *http.Request, v *values) error {
	f, err := v.filter()
	if err != nil {
		return err
	}
	if f.Since, f.Until, err = v.span(28*day, maxDays*day); err != nil {
		return err
	}
	zone, err := zoneOf(v.all.Get("zone"))
	if err != nil {
		return err
	}
	out := heatAnswer{Zone: zone.String()}
	index := map[date]int{}
	first := f.Since.In(zone)
	for at := time.Date(first.Year(), first.Month(), first.Day(), 12, 0, 0, 0, zone); ; at = at.AddDate(0, 0, 1) {
		name := at.Format(time.DateOnly)
		if name > f.Until.In(zone).Format(time.DateOnly) {
			break
		}
		index[dateOf(at)] = len(out.Days)
		out.Days = append(out.Days, heatDay{Date: name})
	}
	err = a.Store.Quarters(r.Context(), f, func(begin time.Time, n int) {
		local := begin.In(zone)
		if i, ok := index[dateOf(local)]; ok {
			out.Days[i].Hours[local.Hour()] += n
			out.Total += n
		}
	})
	if err != nil {
		return err
	}
	return answer(w, out)
}

type date struct{ year, month, day int }

func dateOf(t time.Time) date {
	year, month, day := t.Date()
	return date{year, int(month), day}
}

// zoneOf is a time zone by its name; "" is this machine's.
func zoneOf(name string) (*time.Location, error) {
	if name == "" {
		return time.Local, nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil || len(name) > maxText || strings.Contains(name, "..") {
		return nil, mistake{"zone=" + quoted(name) + ": not known here; want one such as Europe/Berlin, or none for this machine's"}
	}
	return zone, nil
}

// hoursFrom is the span from which levels come by the hour.
const hoursFrom = 2*day + time.Hour

// maxPoints is how many points of a course of time one answer holds.
const maxPoints = 1500

type levelsAnswer struct {
	StepSeconds float64       `json:"step_seconds"`
	Points      []levelsPoint `json:"points"` // in order, none where nothing was heard
}

type levelsPoint struct {
	At   time.Time `json:"at"`   // where its step begins
	Mean float64   `json:"mean"` // dBFS, of the energy
	Peak float64   `json:"peak"` // dBFS
}

func (a *API) levels(w http.ResponseWriter, r *http.Request, v *values) error {
	source, err := a.source(r, v)
	if err != nil {
		return err
	}
	since, until, err := v.span(day, maxDays*day)
	if err != nil {
		return err
	}
	hours := until.Sub(since) > hoursFrom
	step := stepOf(until.Sub(since), time.Minute)
	if hours {
		step = stepOf(until.Sub(since), time.Hour)
	}
	out := levelsAnswer{StepSeconds: step.Seconds(), Points: []levelsPoint{}}
	energy, n := 0.0, 0
	err = a.Store.Levels(r.Context(), source, since, until, hours, func(l store.Level) {
		at := l.Minute.Truncate(step)
		if k := len(out.Points); k == 0 || !out.Points[k-1].At.Equal(at) {
			out.Points = append(out.Points, levelsPoint{At: at, Peak: l.Peak})
			energy, n = 0, 0
		}
		p := &out.Points[len(out.Points)-1]
		energy, n = energy+math.Pow(10, l.Mean/10), n+1
		p.Mean = math.Round(100*math.Log10(energy/float64(n))) / 10
		p.Peak = max(p.Peak, l.Peak)
	})
	if err != nil {
		return err
	}
	return answer(w, out)
}

// stepOf is a whole number of units, so that a span has no more than maxPoints of it.
func stepOf(span, unit time.Duration) time.Duration {
	n := (span + maxPoints*unit - 1) / (maxPoints * unit)
	return max(1, n) * unit
}

// source is the one that is asked for: the only one need not be named.
func (a *API) source(r *http.Request, v *values) (string, error) {
	source, err := v.text("source")
	if err != nil || source != "" {
		return source, err
	}
	all, err := a.Store.Sources(r.Context())
	if err != nil {
		return "", err
	}
	if len(all) > 1 {
		return "", mistake{"source: missing; want one of " + strings.Join(all, ", ")}
	}
	return strings.Join(all, ""), nil
}

type scoresAnswer struct {
	StepSeconds float64       `json:"step_seconds"`
	Points      []scoresPoint `json:"points"` // in order, none where nothing was heard
}

type scoresPoint struct {
	At    time.Time `json:"at"`    // where its step begins
	Score float64   `json:"score"` // the greatest smoothed score
}

func (a *API) scores(w http.ResponseWriter, r *http.Request, v *values) error {
	source, err := a.source(r, v)
	if err != nil {
		return err
	}
	label, err := v.text("label")
	if err != nil {
		return err
	}
	if label == "" {
		return mistake{"label: missing; want one such as dog"}
	}
	since, until, err := v.span(time.Hour, 7*day)
	if err != nil {
		return err
	}
	step := stepOf(until.Sub(since), time.Second)
	out := scoresAnswer{StepSeconds: step.Seconds(), Points: []scoresPoint{}}
	err = a.Store.Scores(r.Context(), source, since, until, func(row store.Scores) error {
		b, err := block.Unpack(row.Block)
		if err != nil || row.RateHz <= 0 {
			return err
		}
		last := b.Windows[len(b.Windows)-1].End
		for i, window := range b.Windows {
			at := row.Ended.Add(-time.Duration(float64(last-window.End) / float64(row.RateHz) * float64(time.Second)))
			if at.Before(since) || !at.Before(until) {
				continue
			}
			at = at.Truncate(step)
			if k := len(out.Points); k == 0 || out.Points[k-1].At.Before(at) {
				out.Points = append(out.Points, scoresPoint{At: at})
			}
			p := &out.Points[len(out.Points)-1]
			for _, m := range b.Of(i) {
				if b.Labels[m.Label] == label {
					p.Score = max(p.Score, block.Score(m.Steps))
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return answer(w, out)
}
