package job

import (
	"context"
	"slices"

	"earshot/infer"
	"earshot/train"
	"earshot/train/corpus"
	"earshot/train/metrics"
	"earshot/train/scoring"
)

// measureBefore scores the test clips of labels that the model knew already
// with that model, so that fine-tuning can show that they did not get worse.
func measureBefore(ctx context.Context, m *infer.Model, p *corpus.Prepared, o Options) (*scoring.Measured, error) {
	s, err := scoring.OfModel(m, o.Graph.Threads)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	var old []train.Example
	for _, e := range p.Test {
		if i := slices.Index(m.Labels, p.Labels[e.Label]); i >= 0 {
			e.Label = i
			old = append(old, e)
		}
	}
	if len(old) == 0 {
		return nil, nil
	}
	clips, err := s.Score(ctx, old, scoring.PaperHop, nil)
	if err != nil {
		return nil, err
	}
	keep := make([]bool, len(m.Labels))
	for i, l := range m.Labels {
		keep[i] = l != m.Background
	}
	r, err := metrics.Evaluate(m.Labels, keep, clips)
	if err != nil {
		return nil, err
	}
	return &scoring.Measured{Result: r, Clips: clips}, nil
}

// tellBefore compares the old labels before and after.
func (o Options) tellBefore(out *Outcome, ui UI) {
	if out.Before == nil {
		if o.Init == "" && len(o.InitBytes) == 0 {
			return
		}
		ui.Print("no test clips of labels that the model knew before: whether those got worse could not be checked; add --data with recordings of them")
		return
	}
	right, total := 0, 0
	fresh, freshRight := 0, 0
	known := map[string]bool{}
	for _, c := range out.Before.Result.PerClass {
		known[c.Label] = c.Clips > 0
	}
	r := out.Measured.Result
	for i, label := range r.Labels {
		for j, n := range r.Confusion[i] {
			if known[label] {
				total += n
				if i == j {
					right += n
				}
				continue
			}
			fresh += n
			if i == j {
				freshRight += n
			}
		}
	}
	if total > 0 {
		ui.Print("labels it knew: %.1f %% right before, %.1f %% now (%d clips)", 100*out.Before.Result.ClipAccuracy, 100*float64(right)/float64(total), total)
	}
	if fresh > 0 {
		ui.Print("new labels: %.1f %% right (%d held-out clips)", 100*float64(freshRight)/float64(fresh), fresh)
	}
}
