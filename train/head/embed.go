package head

import (
	"fmt"

	"earshot/gammatone"
	"earshot/train"
	"earshot/train/acrnn"
	"earshot/train/forward"
)

// embedder runs everything but the ACRNN's last layer. Another network's head
// wants another of these, and nothing else: what follows takes embeddings.
type embedder struct {
	net   *forward.Net
	width int // numbers a window: 2H
}

func newEmbedder(a acrnn.Arch, w acrnn.Weights, threads int) (*embedder, error) {
	g := acrnn.InferenceGraph(a, w, acrnn.InferenceOptions{Embedding: true})
	net, err := forward.Open(g.Marshal(), threads, forward.Window, forward.Value{Name: "embedding", Dims: []int{2 * a.Hidden}})
	if err != nil {
		return nil, fmt.Errorf("embedder: %w", err)
	}
	return &embedder{net, 2 * a.Hidden}, nil
}

// Close frees the graph.
func (e *embedder) Close() { e.net.Close() }

// embed returns the embeddings (n,2H) of n windows; fill writes window i, un-normalised (2,128,128).
func (e *embedder) embed(n int, fill func(i int, dst []float32)) ([]float32, error) {
	all := make([]float32, 0, n*e.width)
	err := e.net.Each(n, fill, func(out [][]float32) error {
		all = append(all, out[0]...)
		return nil
	})
	return all, err
}

// plain returns a fill for windows of clips as they are; pick names window i's clip and start.
func plain(front gammatone.Config, pick func(i int) (train.Example, int)) func(i int, dst []float32) {
	log := make([]float32, train.Bands*train.Frames)
	return func(i int, dst []float32) {
		x, start := pick(i)
		train.Cut(dst, log, x.Clip, start, front)
	}
}
