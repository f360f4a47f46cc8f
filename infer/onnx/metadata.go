package onnx

import (
	"maps"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// WithMetadata is a copy of an ONNX file whose metadata has the values of set, those that are "" taken out. All
// else stays as it is, byte for byte.
func WithMetadata(model []byte, set map[string]string) ([]byte, error) {
	if _, err := ReadHeader(model); err != nil {
		return nil, err
	}
	out, err := rewrite(model, func(num protowire.Number, v []byte) ([]byte, bool, error) {
		if num != 14 { // metadata_props
			return v, true, nil
		}
		h := Header{Metadata: map[string]string{}}
		err := h.readMetadata(v)
		keep := true
		for key := range h.Metadata {
			if _, replaced := set[key]; replaced {
				keep = false
			}
		}
		return v, keep, err
	})
	if err != nil {
		return nil, err
	}
	for _, key := range slices.Sorted(maps.Keys(set)) {
		if set[key] != "" {
			out = appendBytes(out, 14, appendString(appendString(nil, 1, key), 2, set[key]))
		}
	}
	return out, nil
}
