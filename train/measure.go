package train

import (
	"context"
	"maps"
	"slices"
	"time"

	"earshot/gammatone"
	"earshot/infer"
	"earshot/train/dataset"
	"earshot/train/metrics"
	"earshot/train/report"
)

// Measured is what a network did on clips that it did not learn from.
type Measured struct {
	Result      *metrics.Result
	Clips       []metrics.Clip // scores behind Result
	Temperature float64
	Thresholds  map[string]infer.Threshold
	Panels      []report.Panel
	Steps       int
	Scoring     time.Duration // of all windows, the cutting of them included
}

// Measure scores the held-out examples and derives calibration, switching
// points where they are asked for, and one picture a label.
func Measure(ctx context.Context, s *Scorer, p *Prepared, o MeasureOptions) (*Measured, error) {
	if o.Quiet == 0 {
		o.Quiet = 60
	}
	began := time.Now()
	clips, err := s.Score(ctx, p.Test, o.Hop, o.Progress)
	if err != nil {
		return nil, err
	}
	m := &Measured{Clips: clips, Steps: s.Steps, Scoring: time.Since(began)}
	keep := p.Kept()
	if m.Result, err = metrics.Evaluate(p.Labels, keep, clips); err != nil {
		return nil, err
	}
	if m.Temperature = o.Temperature; m.Temperature == 0 {
		if m.Temperature, err = metrics.FitTemperature(clips, len(p.Labels)); err != nil {
			return nil, err
		}
	}
	if o.Thresholds {
		if err := m.thresholds(ctx, s, p, o); err != nil {
			return nil, err
		}
	}
	m.Panels, err = panels(s, p, clips, keep)
	return m, err
}

// MeasureOptions say how to measure.
type MeasureOptions struct {
	Hop         int // frames between windows
	Seed        uint64
	Temperature float64 // to take instead of fitting one; 0: fit
	Thresholds  bool    // find switching points too
	Quiet       int     // fresh synthetic background clips for them; 0 means 60
	Progress    func(done, total int)
}

// panels draws the attention over the first clip of each label.
func panels(s *Scorer, p *Prepared, clips []metrics.Clip, keep []bool) ([]report.Panel, error) {
	var out []report.Panel
	seen := map[int]bool{}
	for i, e := range p.Test {
		if seen[e.Label] || !keep[e.Label] {
			continue
		}
		seen[e.Label] = true
		_, attention, starts, err := s.Windows(e.Clip, windowFrames/4)
		if err != nil {
			return nil, err
		}
		log := make([]float32, len(e.Clip.Energies))
		gammatone.LogFloor(log, e.Clip.Energies, s.front.Floor)
		mean := metrics.Mean(clips[i].Scores, len(p.Labels))
		b := -1
		for k, v := range mean {
			if keep[k] && (b < 0 || v > mean[b]) {
				b = k
			}
		}
		out = append(out, report.Panel{Label: p.Labels[e.Label], Clip: e.Name, Log: log,
			Attention: report.OverFrames(attention, s.Steps, starts, e.Clip.Frames), Named: p.Labels[b], Score: mean[b]})
	}
	return out, nil
}

// Provenance is a model's own account of where it comes from (metadata).
type Provenance struct {
	Recipe     Recipe             `json:"recipe"`
	Data       string             `json:"data"`
	Train      []int              `json:"train_folds"`
	Test       []int              `json:"test_folds,omitempty"`
	Clips      int                `json:"clips"`
	Steps      int                `json:"steps"`
	Seed       uint64             `json:"seed"`
	Init       string             `json:"init,omitempty"`
	Build      string             `json:"build"`
	Date       string             `json:"date"`
	Validation map[string]float64 `json:"validation,omitempty"`             // on the test folds
	Sibling    string             `json:"calibration_from,omitempty"`       // the model that temperature and thresholds are from, where there were no test folds
	SiblingVal map[string]float64 `json:"calibration_validation,omitempty"` // that model's own Validation
	SiblingOn  []int              `json:"calibration_folds,omitempty"`      // that model's test folds
	Converted  string             `json:"converted,omitempty"`
	Note       string             `json:"note,omitempty"`
}

// Licence is what a model owes to the makers of its data (metadata).
type Licence struct {
	Data     string           `json:"data"`
	Licences map[string]int   `json:"licences"`
	Credits  []dataset.Credit `json:"credits"`
}

// LicenceOf counts and credits what was learned from.
func LicenceOf(name string, learned []dataset.Clip) Licence {
	l := Licence{Data: name, Licences: map[string]int{}, Credits: dataset.Credits(learned)}
	for _, c := range learned {
		l.Licences[c.Licence]++
	}
	return l
}

// Join is what is owed for two sets of recordings together.
func (l Licence) Join(m Licence) Licence {
	out := Licence{Data: l.Data + " + " + m.Data, Licences: maps.Clone(l.Licences), Credits: slices.Clone(l.Credits)}
	if l.Data == m.Data {
		out.Data = l.Data
	}
	known := map[string]bool{}
	for _, c := range l.Credits {
		for _, clip := range c.Clips {
			known[clip] = true
		}
	}
	for name, n := range m.Licences {
		// The same clips learned from again count once.
		out.Licences[name] = max(out.Licences[name], n)
	}
	for _, c := range m.Credits {
		if !slices.ContainsFunc(c.Clips, func(clip string) bool { return known[clip] }) {
			out.Credits = append(out.Credits, c)
		}
	}
	return out
}
