package train

import (
	"fmt"

	"earshot/gammatone"
	"earshot/infer"
	"earshot/train/acrnn"
	"earshot/train/features"
)

// scorerBatch is how many windows a scorer runs at once: about those of a clip at half overlap.
const scorerBatch = 8

// Scorer runs a network over clips' windows.
type Scorer struct {
	Classes, Steps int
	front          gammatone.Config
	graph          *infer.Graph
	in             *infer.Tensor
	out            []*infer.Tensor
	log            []float32
}

// NewScorer loads the inference graph of w.
func NewScorer(a acrnn.Arch, w acrnn.Weights, front gammatone.Config, threads int) (*Scorer, error) {
	g := acrnn.InferenceGraph(a, w, acrnn.InferenceOptions{})
	return newScorer(g.Marshal(), a.Classes, a.AttentionSteps(), front, threads)
}

func newScorer(model []byte, classes, steps int, front gammatone.Config, threads int) (*Scorer, error) {
	graph, err := infer.NewGraph(model, []string{"window"}, []string{"scores", "attention"}, infer.GraphOptions{Optimise: true, Threads: threads})
	if err != nil {
		return nil, fmt.Errorf("scorer: %w", err)
	}
	s := &Scorer{Classes: classes, Steps: steps, front: front, graph: graph, log: make([]float32, bands*windowFrames)}
	for i, dims := range [][]int{{scorerBatch, 2, bands, windowFrames}, {scorerBatch, classes}, {scorerBatch, steps}} {
		t, err := infer.NewTensor(dims...)
		if err != nil {
			s.Close()
			return nil, err
		}
		if i == 0 {
			s.in = t
		} else {
			s.out = append(s.out, t)
		}
	}
	return s, nil
}

// Close frees the graph.
func (s *Scorer) Close() {
	s.graph.Close()
	s.in.Close()
	for _, t := range s.out {
		t.Close()
	}
}

// Windows scores c's windows at a hop in frames, those of digital silence left
// out unless there are no others: scores (n,K), attention (n,T), and their starts in frames.
func (s *Scorer) Windows(c *features.Clip, hop int) (scores, attention []float32, starts []int, err error) {
	starts = windowStarts(c, hop)
	scores, attention, err = s.windowsAt(c, starts)
	return scores, attention, starts, err
}

func (s *Scorer) windowsAt(c *features.Clip, starts []int) (scores, attention []float32, err error) {
	size := 2 * bands * windowFrames
	for from := 0; from < len(starts); from += scorerBatch {
		n := min(scorerBatch, len(starts)-from)
		for i := range n {
			cutWindow(s.in.Data[i*size:(i+1)*size], s.log, c, starts[from+i], s.front)
		}
		if err := s.graph.Run([]*infer.Tensor{s.in}, s.out); err != nil {
			return nil, nil, err
		}
		scores = append(scores, s.out[0].Data[:n*s.Classes]...)
		attention = append(attention, s.out[1].Data[:n*s.Steps]...)
	}
	return scores, attention, nil
}

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
func (s *Scorer) Accuracy(test []Example, background, hop int) (clips, windows float64, err error) {
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
