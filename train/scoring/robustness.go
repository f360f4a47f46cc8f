package scoring

import (
	"context"

	"earshot/train"
	"earshot/train/dataset"
	"earshot/train/features"
	"earshot/train/metrics"
)

// NoiseLadder measures clip accuracy with noise added to the test clips:
// white, pink and real backgrounds at 20 … −5 dB.
func (s *Scorer) NoiseLadder(ctx context.Context, held, ambient []dataset.Clip, index map[string]int, labels []string,
	keep []bool, seed uint64, hop int, done func(metrics.SNRPoint)) ([]metrics.SNRPoint, error) {
	noises := []string{"white", "pink"}
	if len(ambient) > 0 {
		noises = append(noises, RealNoise)
	}
	var points []metrics.SNRPoint
	for _, rung := range Rungs(noises, metrics.Ladder) {
		variant, err := rung.Variant(seed, ambient)
		if err != nil {
			return nil, err
		}
		noisy, _, err := features.LoadContext(ctx, held, features.Options{Variant: variant})
		if err != nil {
			return nil, err
		}
		var test []train.Example
		for i, c := range noisy {
			if c != nil {
				test = append(test, train.Example{Clip: c, Label: index[held[i].Name], Name: held[i].Name})
			}
		}
		clips, err := s.Score(ctx, test, hop, nil)
		if err != nil {
			return nil, err
		}
		r, err := metrics.Evaluate(labels, keep, clips)
		if err != nil {
			return nil, err
		}
		p := metrics.SNRPoint{Noise: rung.Noise, SNR: rung.SNR, Accuracy: r.ClipAccuracy}
		points = append(points, p)
		if done != nil {
			done(p)
		}
	}
	return points, nil
}
