package testmodel

import (
	"encoding/json"
	"maps"
	"slices"
)

// EmbedderSpec says what a tiny second network looks like, which keeps the embedders' contract. Its embedding
// holds the patch's mean at every place, and its first sound has the patch's mean as its probability.
type EmbedderSpec struct {
	Sounds   []string
	Metadata map[string]string
	Patch    Value // declared, not what the nodes do
	Embed    Value
	AudioSet Value
}

// NewEmbedder returns an embedder that keeps the contract.
func NewEmbedder(sounds ...string) *EmbedderSpec {
	list, _ := json.Marshal(sounds)
	return &EmbedderSpec{
		Sounds: sounds,
		Metadata: map[string]string{
			"embedder": "1", "name": `"test"`, "audioset": string(list), "front_end": `{"bands":64}`, "licence": `{"name":"MIT"}`,
		},
		Patch:    Value{"patch", 1, []int{-1, 96, 64}},
		Embed:    Value{"embedding", 1, []int{-1, 1024}},
		AudioSet: Value{"audioset", 1, []int{-1, len(sounds)}},
	}
}

// Bytes is the ONNX file (IR version 8, opset 13).
func (s *EmbedderSpec) Bytes() []byte {
	ones, first := make([]float32, 1024), make([]float32, len(s.Sounds))
	for i := range ones {
		ones[i] = 1
	}
	if len(first) > 0 {
		first[0] = 1
	}
	var g []byte
	for _, n := range [][]byte{
		node("ReduceMean", []string{s.Patch.Name}, "bands", ints("axes", 2), integer("keepdims", 0)),
		node("ReduceMean", []string{"bands"}, "mean", ints("axes", 1), integer("keepdims", 1)),
		node("MatMul", []string{"mean", "ones"}, s.Embed.Name),
		node("MatMul", []string{"mean", "first"}, s.AudioSet.Name),
	} {
		g = message(g, 1, n)
	}
	g = text(g, 2, "testembedder")
	g = message(g, 5, floats("ones", ones, 1, 1024))
	g = message(g, 5, floats("first", first, 1, len(first)))
	g = message(g, 11, s.Patch.bytes())
	g = message(g, 12, s.Embed.bytes())
	g = message(g, 12, s.AudioSet.bytes())
	var m []byte
	m = varint(m, 1, 8)
	m = text(m, 2, "earshot-testmodel")
	m = message(m, 7, g)
	m = message(m, 8, varint(nil, 2, 13))
	for _, k := range slices.Sorted(maps.Keys(s.Metadata)) {
		m = message(m, 14, text(text(nil, 1, k), 2, s.Metadata[k]))
	}
	return m
}
