package modelfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"earshot/infer"
	"earshot/infer/onnx"
	"earshot/train/acrnn"
)

// keySpans is the metadata that says between which values each tensor between convolutions lies: what a processor
// that is faster in eight bits needs to compute the network so, without a recording.
const keySpans = "spans"

// Spans reads a model's spans; nil when it does not tell them, or is in eight bits already.
func Spans(m *infer.Model) (acrnn.Quantisation, error) {
	h, err := onnx.ReadHeader(m.Bytes)
	if err != nil || h.Metadata[keySpans] == "" || WeightForm(m.Bytes) == INT8 {
		return nil, err
	}
	a, _, err := Import(m.Bytes)
	if err != nil {
		return nil, err
	}
	return parseSpans(h.Metadata[keySpans], a)
}

// parseSpans reads text and holds it against the points of a network.
func parseSpans(text string, a acrnn.Arch) (acrnn.Quantisation, error) {
	var q acrnn.Quantisation
	if err := json.Unmarshal([]byte(text), &q); err != nil {
		return nil, fmt.Errorf("metadata %q is no object of spans: %w", keySpans, err)
	}
	for _, p := range a.Points() {
		r, ok := q[p]
		if wide := float64(r.High) - float64(r.Low); !ok || !(wide > 0) || math.IsInf(wide, 0) {
			return nil, fmt.Errorf("metadata %q: %q spans %g to %g, want a finite low below a finite high", keySpans, p, r.Low, r.High)
		}
	}
	return q, nil
}

// errNoSpans is what EightBit returns for a model that does not tell its spans.
var errNoSpans = errors.New("the model does not tell the spans of its activations, which eight bits need; earshot model --convert int8 measures them on recordings")

// EightBit is the same model with its convolutions in eight bits, for this process to run; everything that it says of
// itself is m's. It fails when m does not tell its spans, or was not trained by earshot.
func EightBit(m *infer.Model) (*infer.Model, error) {
	if WeightForm(m.Bytes) == INT8 {
		return m, nil
	}
	q, err := Spans(m)
	if err == nil && q == nil {
		err = errNoSpans
	}
	if err != nil {
		return nil, fmt.Errorf("model %q: %w", m.Path, err)
	}
	b, err := Convert(m, INT8, q, nil)
	if err != nil {
		return nil, err
	}
	small := *m
	small.Bytes = b
	return &small, nil
}
