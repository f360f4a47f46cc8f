package testmodel

import (
	"encoding/json"
	"maps"

	"earshot/infer/onnx"
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

// Bytes is the ONNX file.
func (s *EmbedderSpec) Bytes() []byte {
	ones, first := make([]float32, 1024), make([]float32, len(s.Sounds))
	for i := range ones {
		ones[i] = 1
	}
	if len(first) > 0 {
		first[0] = 1
	}
	g := onnx.New("testembedder")
	maps.Copy(g.Metadata, s.Metadata)
	along := func(axis, keep int) []onnx.Attr {
		return []onnx.Attr{{Name: "axes", Value: []int{axis}}, {Name: "keepdims", Value: keep}}
	}
	bands := g.Op("ReduceMean", []string{g.InputAs(s.Patch.info())}, along(2, 0)...)
	mean := g.Op("ReduceMean", []string{bands}, along(1, 1)...)
	g.OutputAs(s.Embed.info(), g.MatMul(mean, g.Floats("ones", ones, 1, 1024)))
	g.OutputAs(s.AudioSet.info(), g.MatMul(mean, g.Floats("first", first, 1, len(first))))
	return g.Marshal()
}
