package train

import (
	"fmt"

	"earshot/gammatone"
	"earshot/infer"
	"earshot/train/acrnn"
)

// embedder runs everything but the last layer.
type embedder struct {
	width   int // numbers a window: 2H
	classes int
	graph   *infer.Graph
	in      *infer.Tensor
	out     []*infer.Tensor // embedding (N,2H), scores (N,K)
}

func newEmbedder(a acrnn.Arch, w acrnn.Weights, threads int) (*embedder, error) {
	g := acrnn.InferenceGraph(a, w, acrnn.InferenceOptions{Embedding: true})
	graph, err := infer.NewGraph(g.Marshal(), []string{"window"}, []string{"embedding", "scores"}, infer.GraphOptions{Optimise: true, Threads: threads})
	if err != nil {
		return nil, fmt.Errorf("embedder: %w", err)
	}
	e := &embedder{width: 2 * a.Hidden, classes: a.Classes, graph: graph}
	for _, dims := range [][]int{{scorerBatch, 2, bands, windowFrames}, {scorerBatch, e.width}, {scorerBatch, e.classes}} {
		t, err := infer.NewTensor(dims...)
		if err != nil {
			e.Close()
			return nil, err
		}
		if e.in == nil {
			e.in = t
		} else {
			e.out = append(e.out, t)
		}
	}
	return e, nil
}

// Close frees the graph.
func (e *embedder) Close() {
	e.graph.Close()
	e.in.Close()
	for _, t := range e.out {
		t.Close()
	}
}

// embed returns the embeddings (n,2H) of n windows; fill writes window i, un-normalised (2,128,128).
func (e *embedder) embed(n int, fill func(i int, dst []float32)) ([]float32, error) {
	size := 2 * bands * windowFrames
	out := make([]float32, 0, n*e.width)
	for from := 0; from < n; from += scorerBatch {
		rows := min(scorerBatch, n-from)
		for i := range rows {
			fill(from+i, e.in.Data[i*size:(i+1)*size])
		}
		if err := e.graph.Run([]*infer.Tensor{e.in}, e.out); err != nil {
			return nil, err
		}
		out = append(out, e.out[0].Data[:rows*e.width]...)
	}
	return out, nil
}

// plain returns a fill for windows of clips as they are; pick names window i's clip and start.
func plain(front gammatone.Config, pick func(i int) (Example, int)) func(i int, dst []float32) {
	log := make([]float32, bands*windowFrames)
	return func(i int, dst []float32) {
		x, start := pick(i)
		cutWindow(dst, log, x.Clip, start, front)
	}
}
