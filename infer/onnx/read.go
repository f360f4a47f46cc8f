package onnx

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/x448/float16"
	"google.golang.org/protobuf/encoding/protowire"
)

// Initialisers returns the float and int8 tensors stored in an ONNX model by
// name (widened to float32, int8 without its scale), and its metadata. It reads what this package
// writes: raw little-endian data.
func Initialisers(model []byte) (tensors map[string][]float32, metadata map[string]string, err error) {
	tensors, metadata = map[string][]float32{}, map[string]string{}
	err = fields(model, func(num protowire.Number, b []byte) error {
		switch num {
		case 7: // graph
			return fields(b, func(num protowire.Number, b []byte) error {
				if num != 5 {
					return nil
				}
				return readTensor(b, tensors)
			})
		case 14: // metadata_props
			var kv [2]string
			err := fields(b, func(num protowire.Number, b []byte) error {
				if num == 1 || num == 2 {
					kv[num-1] = string(b)
				}
				return nil
			})
			metadata[kv[0]] = kv[1]
			return err
		}
		return nil
	})
	return tensors, metadata, err
}

func readTensor(b []byte, into map[string][]float32) error {
	var name string
	var raw []byte
	if err := fields(b, func(num protowire.Number, b []byte) error {
		switch num {
		case 8:
			name = string(b)
		case 9:
			raw = b
		}
		return nil
	}); err != nil {
		return err
	}
	switch DataType(varint(b, 2)) {
	case Float:
		x := make([]float32, len(raw)/4)
		for i := range x {
			x[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		}
		into[name] = x
	case Int8:
		x := make([]float32, len(raw))
		for i, v := range raw {
			x[i] = float32(int8(v))
		}
		into[name] = x
	case Float16:
		x := make([]float32, len(raw)/2)
		for i := range x {
			x[i] = float16.Frombits(binary.LittleEndian.Uint16(raw[2*i:])).Float32()
		}
		into[name] = x
	}
	return nil
}

// fields calls f for each length-delimited field of a message and skips others.
func fields(b []byte, f func(num protowire.Number, b []byte) error) error {
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return fmt.Errorf("not an ONNX file: %w", protowire.ParseError(n))
		}
		b = b[n:]
		if typ == protowire.BytesType {
			v, n := protowire.ConsumeBytes(b)
			if n < 0 {
				return fmt.Errorf("not an ONNX file: %w", protowire.ParseError(n))
			}
			if err := f(num, v); err != nil {
				return err
			}
			b = b[n:]
			continue
		}
		n = protowire.ConsumeFieldValue(num, typ, b)
		if n < 0 {
			return fmt.Errorf("not an ONNX file: %w", protowire.ParseError(n))
		}
		b = b[n:]
	}
	return nil
}

// varint returns the first varint field num of a message, 0 if there is none.
func varint(b []byte, num protowire.Number) uint64 {
	for len(b) > 0 {
		got, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return 0
		}
		b = b[n:]
		if got == num && typ == protowire.VarintType {
			v, _ := protowire.ConsumeVarint(b)
			return v
		}
		if n = protowire.ConsumeFieldValue(got, typ, b); n < 0 {
			return 0
		}
		b = b[n:]
	}
	return 0
}
