package onnx

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// Header is what an ONNX file says about itself, weights and operators aside. It is
// read from the wire format, so that a model can be judged, in our words, before the
// runtime loads it: native code is not trusted with a file that is not even a model.
type Header struct {
	Nodes    int         // of the graph
	Inputs   []ValueInfo // without those that are only defaults for initialisers
	Outputs  []ValueInfo
	Metadata map[string]string
}

// Limits that no model of ours comes near, so a hostile file cannot ask for memory.
const (
	maxValues   = 1024
	maxDims     = 64
	maxMetadata = 256
	maxText     = 4 << 20 // bytes of one metadata value
)

// ReadHeader reads the header of an ONNX file (ModelProto) in memory. It is an error too when the file's weights are in
// another one, or say to be larger than the file.
func ReadHeader(model []byte) (*Header, error) {
	h := &Header{Metadata: map[string]string{}}
	graphs := 0
	err := fields(model, func(num protowire.Number, v []byte, _ uint64) error {
		switch num {
		case 7: // graph
			graphs++
			return h.readGraph(v)
		case 14: // metadata_props
			return h.readMetadata(v)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if graphs == 0 {
		return nil, errors.New("no graph in it: not an ONNX model, or a truncated one")
	}
	return h, checkTensors(model)
}

// readGraph reads a GraphProto.
func (h *Header) readGraph(b []byte) error {
	initialised := map[string]bool{}
	err := fields(b, func(num protowire.Number, v []byte, _ uint64) error {
		switch num {
		case 1: // node
			h.Nodes++
		case 5: // initializer
			return fields(v, func(num protowire.Number, v []byte, _ uint64) error {
				if num == 8 { // TensorProto.name
					initialised[string(v)] = true
				}
				return nil
			})
		case 11, 12: // input, output
			info, err := readValueInfo(v)
			if err != nil {
				return err
			}
			if num == 11 {
				h.Inputs = append(h.Inputs, info)
			} else {
				h.Outputs = append(h.Outputs, info)
			}
			if len(h.Inputs)+len(h.Outputs) > maxValues {
				return fmt.Errorf("more than %d inputs and outputs", maxValues)
			}
		}
		return nil
	})
	kept := h.Inputs[:0]
	for _, in := range h.Inputs {
		if !initialised[in.Name] {
			kept = append(kept, in)
		}
	}
	h.Inputs = kept
	return err
}

// readValueInfo reads a ValueInfoProto {name 1, type 2 {tensor_type 1 {elem_type 1, shape 2 {dim 1}}}}.
func readValueInfo(b []byte) (ValueInfo, error) {
	var info ValueInfo
	tensor := func(num protowire.Number, v []byte, n uint64) error {
		switch num {
		case 1:
			info.Type = DataType(n)
		case 2:
			info.Shape = []Dim{}
			return fields(v, func(num protowire.Number, v []byte, _ uint64) error {
				if num != 1 {
					return nil
				}
				if len(info.Shape) == maxDims {
					return fmt.Errorf("a tensor of more than %d dimensions", maxDims)
				}
				d, err := readDim(v)
				info.Shape = append(info.Shape, d)
				return err
			})
		}
		return nil
	}
	err := fields(b, func(num protowire.Number, v []byte, _ uint64) error {
		switch num {
		case 1:
			info.Name = string(v)
		case 2: // type
			return fields(v, func(num protowire.Number, v []byte, _ uint64) error {
				if num == 1 { // tensor_type
					return fields(v, tensor)
				}
				return nil
			})
		}
		return nil
	})
	return info, err
}

// readDim reads a TensorShapeProto.Dimension {dim_value 1, dim_param 2}.
func readDim(b []byte) (Dim, error) {
	var d Dim
	err := fields(b, func(num protowire.Number, v []byte, n uint64) error {
		switch num {
		case 1:
			d.Size, d.Fixed = int64(n), true
		case 2:
			d.Name = string(v)
		}
		return nil
	})
	return d, err
}

// readMetadata reads a StringStringEntryProto {key 1, value 2}.
func (h *Header) readMetadata(b []byte) error {
	var key, value string
	err := fields(b, func(num protowire.Number, v []byte, _ uint64) error {
		switch num {
		case 1:
			key = string(v)
		case 2:
			value = string(v)
		}
		if len(v) > maxText {
			return fmt.Errorf("metadata entry of %d bytes, at most %d are read", len(v), maxText)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if _, twice := h.Metadata[key]; twice {
		return fmt.Errorf("metadata %q is given twice", key)
	}
	if len(h.Metadata) == maxMetadata {
		return fmt.Errorf("more than %d metadata entries", maxMetadata)
	}
	h.Metadata[key] = value
	return nil
}
