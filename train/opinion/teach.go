package opinion

import (
	"context"
	"errors"
	"math"
	"slices"

	"earshot/verify"
)

// Teach adds rows for new labels to a head whose old labels have no recordings at hand; its own rows stay bit by bit.
// Each new row stands against all old ones together: of a patch e with old logits z,
//
//	p(new) = exp(w·e + b) / (Σ exp(z) + Σ exp(new logits))
//
// so that what an old row already knows well is hard to take away from it, and the regression learns only how a new
// sound differs from what the old head makes of it. samples are of the new labels, none as for [Learn].
func Teach(ctx context.Context, old *verify.Head, samples []Sample, none []*Recording, seed uint64) (*Learned, error) {
	var fresh []string
	for _, s := range samples {
		if old.Index(s.Label) < 0 && !slices.Contains(fresh, s.Label) {
			fresh = append(fresh, s.Label)
		}
	}
	if len(fresh) == 0 {
		return nil, errors.New("the second opinion has no recordings of a label that is new to it")
	}
	d := &data{classes: len(fresh) + 1} // the last is the rest: all of the old head
	for _, s := range samples {
		if y := slices.Index(fresh, s.Label); y >= 0 {
			d.sounding(s.Recording, y)
		}
	}
	patches := len(d.y)
	d.none(none, len(fresh), seed)
	if len(d.y) == patches {
		return nil, errNoNone
	}
	offset := make([]float32, len(d.y)*d.classes)
	for i := range d.y {
		offset[(i+1)*d.classes-1] = float32(old.LogSum(d.x[i*verify.EmbeddingLen:][:verify.EmbeddingLen]))
	}
	s, err := d.fit(ctx, offset)
	if err != nil {
		return nil, err
	}
	// Only differences between logits count: what the rest has learned comes off the new rows.
	const n = verify.EmbeddingLen
	rest := len(fresh)
	for c := range fresh {
		for k := range n {
			s.Weights[c*n+k] -= s.Weights[rest*n+k]
		}
		s.Bias[c] -= s.Bias[rest]
	}
	clear(s.Weights[rest*n:])
	s.Bias[rest] = 0
	rows := verify.NewHead(old.Embedder, fresh, s.Weights, s.Bias, s.Mean, s.Deviation)
	return &Learned{Head: beside(old, rows), Labels: fresh, Patches: patches, None: len(d.y) - patches,
		Iterations: s.Iterations, Gradient: s.Gradient}, nil
}

// beside puts the rows of fresh, but its last, between old's labels and old's none of these.
func beside(old, fresh *verify.Head) *verify.Head {
	const n = verify.EmbeddingLen
	k, m := len(old.Labels), len(fresh.Labels)
	return &verify.Head{
		Embedder: old.Embedder,
		Labels:   slices.Concat(old.Labels, fresh.Labels),
		Weights:  slices.Concat(old.Weights[:k*n], fresh.Weights[:m*n], old.Weights[k*n:]),
		Bias:     slices.Concat(old.Bias[:k], fresh.Bias[:m], old.Bias[k:]),
		Fusions:  slices.Concat(old.Fusions, fresh.Fusions),
		Sounds:   soundsBeside(old, m),
		Noise:    old.Noise,
	}
}

// soundsBeside are old's, and none for so many more labels.
func soundsBeside(old *verify.Head, more int) [][]int {
	if len(old.Sounds) == 0 {
		return nil
	}
	return slices.Concat(old.Sounds, make([][]int, more))
}

// Noise is how much of a recording's sounding patches is noise to each class, (K+1): the mean of what the head's NoiseIn gives.
func Noise(h *verify.Head, r *Recording) []float64 {
	mean, q := make([]float64, h.Classes()), make([]float32, h.Classes())
	sounding := r.Sounding()
	for _, i := range sounding {
		h.NoiseIn(q, r.Scores(i))
		for c, v := range q {
			mean[c] += float64(v) / float64(len(sounding))
		}
	}
	return mean
}

// Mean is the head's view of a whole recording, (K+1): the mean over the sounding patches of the probabilities'
// logarithms, made to sum to 1 again.
func Mean(h *verify.Head, r *Recording) []float64 {
	log, p := make([]float64, h.Classes()), make([]float32, h.Classes())
	for _, i := range r.Sounding() {
		h.Hear(p, r.Patch(i), r.Scores(i))
		for c, v := range p {
			log[c] += math.Log(max(float64(v), leastProbability))
		}
	}
	n, sum := float64(max(1, len(r.Sounding()))), 0.0
	for c := range log {
		log[c] = math.Exp(log[c] / n)
		sum += log[c]
	}
	for c := range log {
		log[c] /= sum
	}
	return log
}

// leastProbability keeps a logarithm finite.
const leastProbability = 1e-9
