package onnx

import "google.golang.org/protobuf/encoding/protowire"

// Stored returns how an ONNX model keeps each initialiser, by name.
func Stored(model []byte) (map[string]DataType, error) {
	types := map[string]DataType{}
	err := fields(model, func(num protowire.Number, b []byte) error {
		if num != 7 { // graph
			return nil
		}
		return fields(b, func(num protowire.Number, b []byte) error {
			if num != 5 { // initialiser
				return nil
			}
			return fields(b, func(field protowire.Number, name []byte) error {
				if field == 8 {
					types[string(name)] = DataType(varint(b, 2))
				}
				return nil
			})
		})
	})
	return types, err
}
