package onnx

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/x448/float16"
	"google.golang.org/protobuf/encoding/protowire"
)

// Initialisers returns the float and int8 tensors stored in an ONNX model by
// name, widened to float32, int8 without its scale. It reads what this package
// writes: raw little-endian data.
func Initialisers(model []byte) (map[string][]float32, error) {
	tensors := map[string][]float32{}
	return tensors, eachTensor(model, func(t *tensor) {
		if x, ok := t.floats(); ok {
			tensors[t.name] = x
		}
	})
}

// Stored returns how an ONNX model keeps each initialiser, by name.
func Stored(model []byte) (map[string]DataType, error) {
	types := map[string]DataType{}
	return types, eachTensor(model, func(t *tensor) { types[t.name] = t.typ })
}

// eachTensor calls f for each initialiser of a model, without its shape.
func eachTensor(model []byte, f func(*tensor)) error {
	err := within(model, 7, func(num protowire.Number, v []byte, _ uint64) error { // graph
		if num != 5 { // initializer
			return nil
		}
		t := &tensor{}
		err := fields(v, func(num protowire.Number, v []byte, n uint64) error {
			switch num {
			case 2:
				t.typ = DataType(n)
			case 8:
				t.name = string(v)
			case 9:
				t.raw = v
			}
			return nil
		})
		f(t)
		return err
	})
	if err != nil {
		return fmt.Errorf("not an ONNX file: %w", err)
	}
	return nil
}

// floats widens the tensor's values; false for types that are not weights.
func (t *tensor) floats() ([]float32, bool) {
	var x []float32
	switch t.typ {
	case Float:
		x = make([]float32, len(t.raw)/4)
		for i := range x {
			x[i] = math.Float32frombits(binary.LittleEndian.Uint32(t.raw[4*i:]))
		}
	case Int8:
		x = make([]float32, len(t.raw))
		for i, v := range t.raw {
			x[i] = float32(int8(v))
		}
	case Float16:
		x = make([]float32, len(t.raw)/2)
		for i := range x {
			x[i] = float16.Frombits(binary.LittleEndian.Uint16(t.raw[2*i:])).Float32()
		}
	default:
		return nil, false
	}
	return x, true
}
