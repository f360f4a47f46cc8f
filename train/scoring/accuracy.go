package scoring

import (
	"earshot/gammatone"
	"earshot/train"
	"earshot/train/acrnn"
	"earshot/train/features"
)

// Clip is the mean score of a clip's windows (K): the paper's rule.
func (s *Scorer) Clip(c *features.Clip, hop int) (mean, windows []float32, err error) {
	windows, _, starts, err := s.Windows(c, hop)
	if err != nil {
		return nil, nil, err
	}
	mean = make([]float32, s.Classes)
	for i, v := range windows {
		mean[i%s.Classes] += v / float32(len(starts))
	}
	return mean, windows, nil
}

// Accuracy is the share of clips, and of windows, whose highest score among
// the labels other than background is their own.
func (s *Scorer) Accuracy(test []train.Example, background, hop int) (clips, windows float64, err error) {
	right, rightWindows, total := 0, 0, 0
	for _, e := range test {
		mean, per, err := s.Clip(e.Clip, hop)
		if err != nil {
			return 0, 0, err
		}
		if best(mean, background) == e.Label {
			right++
		}
		for i := 0; i < len(per); i += s.Classes {
			total++
			if best(per[i:i+s.Classes], background) == e.Label {
				rightWindows++
			}
		}
	}
	return float64(right) / float64(len(test)), float64(rightWindows) / float64(total), nil
}

// best is the index of the highest value, skipping one index (−1 skips none).
func best(x []float32, skip int) int {
	b := -1
	for i, v := range x {
		if i != skip && (b < 0 || v > x[b]) {
			b = i
		}
	}
	return b
}

// Accuracy is [Scorer.Accuracy] of a network that is still learning, at the paper's hop.
func Accuracy(a acrnn.Arch, w acrnn.Weights, front gammatone.Config, threads int, d *train.Data) (clips, windows float64, err error) {
	s, err := New(a, w, front, threads)
	if err != nil {
		return 0, 0, err
	}
	defer s.Close()
	return s.Accuracy(d.Test, d.Background, PaperHop)
}
