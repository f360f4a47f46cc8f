package job

import (
	"context"
	"fmt"
	"slices"

	"earshot/train"
	"earshot/train/corpus"
	"earshot/train/dataset"
	"earshot/train/features"
	"earshot/train/metrics"
	"earshot/train/report"
	"earshot/train/scene"
	"earshot/train/scoring"
)

// robustness measures the test clips once more, all of them changed in one way.
type robustness struct {
	scorer   *scoring.Scorer
	ear      *secondEar // nil: the model has no second opinion
	prepared *corpus.Prepared
	hop      int
	ui       UI
}

// right is what both networks make of the clips after a change.
func (r *robustness) right(ctx context.Context, v *features.Variant) (metrics.Right, error) {
	changed, broken, err := features.LoadContext(ctx, r.prepared.Held, features.Options{Variant: v})
	if err != nil {
		return metrics.Right{}, err
	}
	tell(broken, r.ui)
	var held []dataset.Clip
	var test []train.Example
	for i, c := range changed {
		if c != nil {
			held = append(held, r.prepared.Held[i])
			test = append(test, train.Example{Clip: c, Label: r.prepared.Test[i].Label, Name: r.prepared.Test[i].Name})
		}
	}
	first, err := r.scorer.Score(ctx, test, r.hop, nil)
	if err != nil {
		return metrics.Right{}, err
	}
	result, err := metrics.Evaluate(r.prepared.Labels, r.prepared.Kept(), first)
	if err != nil {
		return metrics.Right{}, err
	}
	out := metrics.Right{Accuracy: result.ClipAccuracy}
	second, err := r.ear.figures(ctx, held, first, v, r.ui)
	if err == nil && second != nil {
		out.Second, out.Both = &second.Second.ClipAccuracy, &second.Both.ClipAccuracy
	}
	return out, err
}

// noise is the SNR ladder: white and pink noise and, where there are folds to take it from, other recordings.
func (r *robustness) noise(ctx context.Context, set *dataset.Set, o EvalOptions) ([]metrics.SNRPoint, error) {
	var others []int
	for _, f := range set.FoldNumbers() {
		if !slices.Contains(o.Folds, f) {
			others = append(others, f)
		}
	}
	noises := []string{"white", "pink"}
	var ambient []dataset.Clip
	if len(others) > 0 {
		ambient = scoring.Ambient(set, others...)
	}
	if len(ambient) > 0 {
		noises = append(noises, scoring.RealNoise)
	} else {
		r.ui.Print("no other folds to take real background from: white and pink noise only")
	}
	var points []metrics.SNRPoint
	for _, rung := range scoring.Rungs(noises, metrics.Ladder) {
		v, err := rung.Variant(o.Seed, ambient)
		if err != nil {
			return nil, err
		}
		right, err := r.right(ctx, v)
		if err != nil {
			return nil, err
		}
		points = append(points, metrics.SNRPoint{Noise: rung.Noise, SNR: rung.SNR, Right: right})
		r.ui.Print("%-6s %4.0f dB  %s", rung.Noise, rung.SNR, right)
	}
	return points, nil
}

// bands are the clips through narrower bands, each named as [scene.ParseBand] reads it.
func (r *robustness) bands(ctx context.Context, bands []string) ([]metrics.BandPoint, error) {
	var points []metrics.BandPoint
	for _, band := range bands {
		right, err := r.right(ctx, &features.Variant{Name: "through " + band,
			Apply: func(_ dataset.Clip, x []float32) ([]float32, error) { return scene.Through(x, band) }})
		if err != nil {
			return nil, err
		}
		points = append(points, metrics.BandPoint{Band: band, Right: right})
		r.ui.Print("through %-9s  %s", band, right)
	}
	return points, nil
}

// tables are the same figures for a report. A chart shows the first network's under noise, so noise has a table where there is more to tell.
func (e *Evaluation) tables() (out []report.Table) {
	columns := []string{"first network alone", "second alone", "both"}
	row := func(name string, r metrics.Right) []string {
		cells := []string{name, fmt.Sprintf("%.1f %%", 100*r.Accuracy), "–", "–"}
		if r.Second != nil && r.Both != nil {
			cells[2], cells[3] = fmt.Sprintf("%.1f %%", 100**r.Second), fmt.Sprintf("%.1f %%", 100**r.Both)
		}
		return cells
	}
	if len(e.Bands) > 0 {
		t := report.Table{Title: "Through narrower bands", Note: "Clips named right after they went through a sample rate, in Hz, or a telephone.", Columns: append([]string{"band"}, columns...)}
		for _, b := range e.Bands {
			t.Rows = append(t.Rows, row(b.Band, b.Right))
		}
		out = append(out, t)
	}
	if len(e.SNR) > 0 && e.SNR[0].Both != nil {
		t := report.Table{Title: "Both networks against noise", Note: "Clips named right with noise added to the waveform.", Columns: append([]string{"noise"}, columns...)}
		for _, p := range e.SNR {
			t.Rows = append(t.Rows, row(fmt.Sprintf("%s, %g dB", p.Noise, p.SNR), p.Right))
		}
		out = append(out, t)
	}
	return out
}
