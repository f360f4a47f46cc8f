package modelfile

import (
	"encoding/json"
	"errors"
	"fmt"

	"earshot/gammatone"
	"earshot/infer"
	"earshot/infer/onnx"
	"earshot/train/acrnn"
	"earshot/train/head"
)

// The forms in which a model file can keep its weights.
const (
	FP32 = "fp32"
	FP16 = "fp16" // stored in half the bytes, computed in float32
	INT8 = "int8" // convolutions stored and computed in eight bits, the rest as FP16
)

// WeightForm tells in which form a model file that Export wrote keeps its
// weights, "" for other models.
func WeightForm(model []byte) string {
	stored, err := onnx.Stored(model)
	if err != nil {
		return ""
	}
	switch stored["l2.w"] {
	case onnx.Float:
		return FP32
	case onnx.Float16:
		return FP16
	case onnx.Int8:
		return INT8
	}
	return ""
}

// Restore rebuilds what Export was told from a model file's metadata.
func Restore(m *infer.Model) (acrnn.Arch, acrnn.Weights, Info, error) {
	a, w, err := Import(m.Bytes)
	if err != nil {
		return a, w, Info{}, fmt.Errorf("model %s: %w", m.Path, err)
	}
	front, err := gammatone.ParseFingerprint(m.FrontEnd)
	if err != nil {
		return a, w, Info{}, fmt.Errorf("model %s: %w", m.Path, err)
	}
	memory, err := head.ReadMemory(m.Bytes)
	if err != nil {
		return a, w, Info{}, fmt.Errorf("model %s: %w", m.Path, err)
	}
	spans, err := Spans(m)
	if err != nil {
		return a, w, Info{}, fmt.Errorf("model %s: %w", m.Path, err)
	}
	return a, w, Info{Spans: spans, Labels: m.Labels, Names: m.Names, Background: m.Background, FrontEnd: front,
		Thresholds: m.Thresholds, Temperature: m.Temperature, Provenance: m.Provenance, Licence: m.Licence, Memory: memory, Taught: m.Taught}, nil
}

// Convert writes a model that earshot trained in another form. INT8 needs the
// spans of its activations, see [Calibrate], where the model does not tell them itself; other forms take nil. A memory
// that is not nil takes the place of the model's own.
func Convert(m *infer.Model, form string, q acrnn.Quantisation, memory *head.Memory) ([]byte, error) {
	a, w, info, err := Restore(m)
	if err != nil {
		return nil, err
	}
	have := WeightForm(m.Bytes)
	switch {
	case form != FP32 && form != FP16 && form != INT8:
		return nil, fmt.Errorf("weights %q: want %s, %s or %s", form, FP32, FP16, INT8)
	case have == INT8:
		return nil, fmt.Errorf("model %s: its weights are int8, which cannot be undone; convert the model that it was made from", m.Path)
	case form == INT8 && q == nil && info.Spans == nil:
		return nil, errors.New("int8 needs the spans of the activations; name recordings to measure them on")
	}
	info.Half = form != FP32
	if form == INT8 {
		if info.Quant = q; q == nil {
			info.Quant = info.Spans
		}
	}
	if memory != nil {
		info.Memory = memory
	}
	if info.Provenance, err = noteConversion(m, have, form); err != nil {
		return nil, err
	}
	b, err := Export(a, w, info)
	if err != nil {
		return nil, err
	}
	return CarryVerify(b, m)
}

// noteConversion adds to a model's provenance what it was made from.
func noteConversion(m *infer.Model, have, form string) (json.RawMessage, error) {
	facts := map[string]json.RawMessage{}
	if err := json.Unmarshal(m.Provenance, &facts); err != nil {
		return nil, fmt.Errorf("model %s: provenance: %w", m.Path, err)
	}
	if facts == nil {
		facts = map[string]json.RawMessage{}
	}
	b, err := json.Marshal(fmt.Sprintf("%s to %s, from the file with SHA-256 %s", have, form, m.SHA256))
	if err != nil {
		return nil, err
	}
	facts["converted"] = b
	return json.Marshal(facts)
}
