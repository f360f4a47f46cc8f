package job

import (
	"context"
	"math/rand/v2"
	"time"

	"earshot/infer"
	"earshot/train/corpus"
	"earshot/train/metrics"
	"earshot/train/scoring"
)

// compare times both models and, with test clips, scores them at half overlap.
func (c *Conversion) compare(ctx context.Context, from, to *infer.Model, test *corpus.Prepared, threads int, ui UI) error {
	var err error
	if c.From.MS, c.To.MS, err = race(ctx, from, to); err != nil {
		return err
	}
	if test == nil {
		return nil
	}
	for _, v := range []struct {
		m    *infer.Model
		into *Variant
	}{{from, &c.From}, {to, &c.To}} {
		if v.into.Accuracy, err = score(ctx, v.m, test, threads, ui.Bar("scoring "+v.into.Form)); err != nil {
			return err
		}
	}
	c.Clips = c.To.Accuracy.Clips
	return nil
}

// score measures a model on clips whose labels are numbered as its own.
func score(ctx context.Context, m *infer.Model, p *corpus.Prepared, threads int, bar func(int, int, string)) (*metrics.Result, error) {
	s, err := scoring.OfModel(m, threads)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	clips, err := s.Score(ctx, p.Test, infer.Frames/2, func(d, t int) { bar(d, t, "clips") })
	if err != nil {
		return nil, err
	}
	return metrics.Evaluate(p.Labels, p.Kept(), clips)
}

// raceRuns are the windows that each of two models runs when they are timed.
const raceRuns = 120

// race is the shortest time in ms that each model took for a window, on one
// thread, taking turns so that a busy machine is busy for both.
func race(ctx context.Context, a, b *infer.Model) (msA, msB float64, err error) {
	best := [2]time.Duration{time.Hour, time.Hour}
	var sessions [2]*infer.Session
	for i, m := range []*infer.Model{a, b} {
		if sessions[i], err = infer.NewSession(m, infer.Options{Provider: "cpu", Threads: 1, MaxBatch: 1}); err != nil {
			return 0, 0, err
		}
		defer sessions[i].Close()
	}
	x := make([]float32, infer.WindowLen)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range x {
		x[i] = float32(-30 + 12*rng.NormFloat64())
	}
	for range raceRuns {
		for i, s := range sessions {
			if err := ctx.Err(); err != nil {
				return 0, 0, err
			}
			began := time.Now()
			if _, _, err := s.Run(x, 1); err != nil {
				return 0, 0, err
			}
			best[i] = min(best[i], time.Since(began))
		}
	}
	return best[0].Seconds() * 1000, best[1].Seconds() * 1000, nil
}
