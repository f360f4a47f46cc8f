package piczak

import (
	"context"

	"earshot/train/metrics"
)

// scoreBatch is how many segments are named at a time.
const scoreBatch = 64

// measure names the test clips with the weights as they are: each by the mean of its segments' probabilities.
func (t *trainer) measure(ctx context.Context) (*metrics.Result, error) {
	s, err := t.engine.NewScorer(scoreBatch, t.Graph)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	clips, err := s.clips(ctx, t.data.Test, newListener(t.norm))
	if err != nil {
		return nil, err
	}
	return metrics.Evaluate(t.data.Labels, t.data.kept(), clips)
}

// kept marks the labels that figures are about.
func (d *Data) kept() []bool {
	keep := make([]bool, len(d.Labels))
	for i := range keep {
		keep[i] = i != d.Background
	}
	return keep
}

// clips scores every segment of test. Full batches run over the clips' ends.
func (s *Scorer) clips(ctx context.Context, test []Clip, l *listener) ([]metrics.Clip, error) {
	out := make([]metrics.Clip, len(test))
	var owners []int // of the segments that wait in the input
	flush := func() error {
		scores, err := s.Scores(len(owners))
		for i, clip := range owners {
			if err == nil {
				out[clip].Scores = append(out[clip].Scores, scores[i*s.classes:(i+1)*s.classes]...)
			}
		}
		owners = owners[:0]
		return err
	}
	for i := range test {
		out[i].Name, out[i].Label = test[i].Name, test[i].Label
		for k := range test[i].count() {
			at := len(owners) * inputLen
			l.hear(s.Input()[at:at+inputLen], test[i].segment(k))
			if owners = append(owners, i); len(owners) == s.Batch {
				if err := ctx.Err(); err != nil {
					return nil, err
				}
				if err := flush(); err != nil {
					return nil, err
				}
			}
		}
	}
	if len(owners) > 0 {
		if err := flush(); err != nil {
			return nil, err
		}
	}
	return out, ctx.Err()
}
