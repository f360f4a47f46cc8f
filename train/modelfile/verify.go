package modelfile

import (
	"encoding/json"
	"fmt"

	"earshot/infer"
	"earshot/infer/onnx"
	"earshot/verify"
)

// HasVerify says whether a model carries a second opinion.
func HasVerify(m *infer.Model) bool { return infer.Holds(m.Verify) }

// ReadVerify returns the second opinion's head and curve that a model carries; nil where there is none.
func ReadVerify(m *infer.Model) (*verify.Head, *verify.Curve, error) {
	if !HasVerify(m) {
		return nil, nil, nil
	}
	h, err := verify.ParseHead(m.Verify, m.Labels)
	if err != nil {
		return nil, nil, fmt.Errorf("model %s: metadata \"verify\": %w", m.Path, err)
	}
	if !infer.Holds(m.VerifyCurve) {
		return h, nil, nil
	}
	c, err := verify.ParseCurve(m.VerifyCurve)
	if err != nil {
		return nil, nil, fmt.Errorf("model %s: metadata \"verify_curve\": %w", m.Path, err)
	}
	return h, &c, nil
}

// WithVerify is m's file with another head, curve and account of them, everything else byte for byte as it was.
// licence, which may be nil, takes the place of the model's.
func WithVerify(m *infer.Model, h *verify.Head, c verify.Curve, from Verify, licence *Licence) ([]byte, error) {
	head, err := h.Marshal()
	if err != nil {
		return nil, err
	}
	curve, err := c.Marshal()
	if err != nil {
		return nil, err
	}
	provenance := map[string]json.RawMessage{}
	if err := json.Unmarshal(m.Provenance, &provenance); err != nil {
		return nil, fmt.Errorf("model %s: provenance: %w", m.Path, err)
	}
	if provenance == nil {
		provenance = map[string]json.RawMessage{}
	}
	if provenance["verify"], err = json.Marshal(from); err != nil {
		return nil, err
	}
	text, err := json.Marshal(provenance)
	if err != nil {
		return nil, err
	}
	set := map[string]string{"verify": string(head), "verify_curve": string(curve), "provenance": string(text)}
	if licence != nil {
		owed, err := json.Marshal(licence)
		if err != nil {
			return nil, err
		}
		set["licence"] = string(owed)
	}
	b, err := onnx.WithMetadata(m.Bytes, set)
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", m.Path, err)
	}
	_, err = infer.ParseModel(m.Path, b)
	return b, err
}

// CarryVerify puts the second opinion of m into a model file that was made from it.
func CarryVerify(b []byte, m *infer.Model) ([]byte, error) {
	h, err := onnx.ReadHeader(m.Bytes)
	if err != nil {
		return nil, err
	}
	set := map[string]string{}
	for _, key := range []string{"verify", "verify_curve"} {
		if text, ok := h.Metadata[key]; ok {
			set[key] = text
		}
	}
	return onnx.WithMetadata(b, set)
}
