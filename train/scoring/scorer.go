// Package scoring runs networks over labelled clips and says how well they name
// them: clip accuracy, switching points, robustness against noise. The figures themselves are package metrics'.
package scoring

import (
	"context"
	"fmt"

	"earshot/gammatone"
	"earshot/infer"
	"earshot/train"
	"earshot/train/acrnn"
	"earshot/train/features"
	"earshot/train/forward"
	"earshot/train/metrics"
)

// PaperHop is the hop in frames between the windows of a clip when accuracy is
// measured: half overlap, as in the paper. Denser windows take four times as
// long and were not better on fold 4 (80.0 against 81.2 % for one network,
// 80.0 against 80.2 % for another).
const PaperHop = train.Frames / 2

// OfModel loads a finished model file's graph for scoring clips.
func OfModel(m *infer.Model, threads int) (*Scorer, error) {
	front, err := gammatone.ParseFingerprint(m.FrontEnd)
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", m.Path, err)
	}
	if want := gammatone.Default(); front.Bands != want.Bands || front.WindowFrames != want.WindowFrames {
		return nil, fmt.Errorf("model %s: windows of %d bands × %d frames, want %d × %d", m.Path, front.Bands, front.WindowFrames, want.Bands, want.WindowFrames)
	}
	return open(m.Bytes, len(m.Labels), m.Steps, front, threads)
}

// Scorer runs a network over clips' windows.
type Scorer struct {
	Classes, Steps int
	front          gammatone.Config
	net            *forward.Net
	log            []float32
}

// New loads the inference graph of w.
func New(a acrnn.Arch, w acrnn.Weights, front gammatone.Config, threads int) (*Scorer, error) {
	g := acrnn.InferenceGraph(a, w, acrnn.InferenceOptions{})
	return open(g.Marshal(), a.Classes, a.AttentionSteps(), front, threads)
}

func open(model []byte, classes, steps int, front gammatone.Config, threads int) (*Scorer, error) {
	net, err := forward.Open(model, threads, forward.Window, forward.Value{Name: "scores", Dims: []int{classes}},
		forward.Value{Name: "attention", Dims: []int{steps}})
	if err != nil {
		return nil, fmt.Errorf("scorer: %w", err)
	}
	return &Scorer{Classes: classes, Steps: steps, front: front, net: net, log: make([]float32, train.Bands*train.Frames)}, nil
}

// Close frees the graph.
func (s *Scorer) Close() { s.net.Close() }

// Windows scores c's windows at a hop in frames, those of digital silence left
// out unless there are no others: scores (n,K), attention (n,T), and their starts in frames.
func (s *Scorer) Windows(c *features.Clip, hop int) (scores, attention []float32, starts []int, err error) {
	starts = train.Starts(c, hop)
	scores, attention, err = s.windowsAt(c, starts)
	return scores, attention, starts, err
}

func (s *Scorer) windowsAt(c *features.Clip, starts []int) (scores, attention []float32, err error) {
	err = s.each(len(starts), func(i int) (*features.Clip, int) { return c, starts[i] }, func(some, att []float32) {
		scores, attention = append(scores, some...), append(attention, att...)
	})
	return scores, attention, err
}

// each scores n windows, the i-th where at says; take gets the scores (some, K) and attention (some, T) of a few at a time, valid until it returns.
func (s *Scorer) each(n int, at func(i int) (*features.Clip, int), take func(scores, attention []float32)) error {
	return s.net.Each(n, func(i int, dst []float32) {
		c, start := at(i)
		train.Cut(dst, s.log, c, start, s.front)
	}, func(out [][]float32) error {
		take(out[0], out[1])
		return nil
	})
}

// Score runs every example's windows at a hop; progress may be nil.
func (s *Scorer) Score(ctx context.Context, test []train.Example, hop int, progress func(done, total int)) ([]metrics.Clip, error) {
	out := make([]metrics.Clip, 0, len(test))
	for i, e := range test {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		scores, _, _, err := s.Windows(e.Clip, hop)
		if err != nil {
			return nil, err
		}
		out = append(out, metrics.Clip{Name: e.Name, Label: e.Label, Scores: scores})
		if progress != nil {
			progress(i+1, len(test))
		}
	}
	return out, nil
}
