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
	out := make([]byte, 0, len(model))
	for rest := model; len(rest) > 0; {
		num, typ, used := protowire.ConsumeField(rest)
		if used < 0 {
			return nil, wireError(used)
		}
		field := rest[:used]
		rest = rest[used:]
		if num == 14 && typ == protowire.BytesType {
			h := Header{Metadata: map[string]string{}}
			_, _, tag := protowire.ConsumeTag(field)
			v, _ := protowire.ConsumeBytes(field[tag:])
			if err := h.readMetadata(v); err != nil {
				return nil, err
			}
			for key := range h.Metadata {
				if _, replaced := set[key]; replaced {
					field = nil
				}
			}
		}
		out = append(out, field...)
	}
	for _, key := range slices.Sorted(maps.Keys(set)) {
		if set[key] != "" {
			out = appendBytes(out, 14, appendString(appendString(nil, 1, key), 2, set[key]))
		}
	}
	return out, nil
}
