package scoring

import (
	"earshot/gammatone"
	"earshot/train"
	"earshot/train/acrnn"
	"earshot/train/features"
)

// NotBackground is the probability (n) that a network which is still learning gives to anything but the label background, in each of the
// windows at (n).
func NotBackground(a acrnn.Arch, w acrnn.Weights, front gammatone.Config, threads, background int, at []train.Place) ([]float32, error) {
	s, err := New(a, w, front, threads)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	out := make([]float32, 0, len(at))
	err = s.each(len(at), func(i int) (*features.Clip, int) { return at[i].Clip, at[i].Start }, func(scores, _ []float32) {
		for i := background; i < len(scores); i += s.Classes {
			out = append(out, 1-scores[i])
		}
	})
	return out, err
}
