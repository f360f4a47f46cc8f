package scoring

import (
	"context"
	"time"

	"earshot/gammatone"
	"earshot/infer"
	"earshot/train"
	"earshot/train/corpus"
	"earshot/train/metrics"
)

// Measured is what a network did on clips that it did not learn from.
type Measured struct {
	Result      *metrics.Result
	Clips       []metrics.Clip // scores behind Result
	Temperature float64
	Thresholds  map[string]infer.Threshold
	Looks       []Look
	Steps       int
	Scoring     time.Duration // of all windows, the cutting of them included
}

// Measure scores the held-out examples and derives calibration, switching
// points where they are asked for, and one look a label.
func Measure(ctx context.Context, s *Scorer, p *corpus.Prepared, o MeasureOptions) (*Measured, error) {
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
	m.Looks, err = looks(s, p, clips, keep)
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
	Finding     func(done, total int) // progress of Thresholds; nil: none
}

// Look is where a network looked while it heard a clip.
type Look struct {
	Label, Clip string    // label id, clip's name
	Log         []float32 // (frames, 128) dB
	Frames      int
	Attention   []float32 // (windows, steps)
	Starts      []int     // of the windows, in frames
	Named       string    // label id the clip was given
	Score       float64
}

// looks follows the attention over the first clip of each label.
func looks(s *Scorer, p *corpus.Prepared, clips []metrics.Clip, keep []bool) ([]Look, error) {
	var out []Look
	seen := map[int]bool{}
	for i, e := range p.Test {
		if seen[e.Label] || !keep[e.Label] {
			continue
		}
		seen[e.Label] = true
		_, attention, starts, err := s.Windows(e.Clip, train.Frames/4)
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
		out = append(out, Look{Label: p.Labels[e.Label], Clip: e.Name, Log: log, Frames: e.Clip.Frames,
			Attention: attention, Starts: starts, Named: p.Labels[b], Score: mean[b]})
	}
	return out, nil
}
