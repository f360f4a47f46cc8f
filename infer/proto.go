package infer

import (
	"errors"
	"fmt"
	"io"

	"google.golang.org/protobuf/encoding/protowire"
)

// header is what the contract needs of an ONNX file. It is read from the
// protobuf wire format (field numbers of onnx.proto, which are stable), so a
// model is judged before the runtime loads it, with our words, and without
// trusting native code with a file that is not even a model.
type header struct {
	irVersion uint64
	nodes     int
	inputs    []valueInfo // without those that are only defaults for initialisers
	outputs   []valueInfo
	metadata  map[string]string
}

// valueInfo is a graph input or output.
type valueInfo struct {
	name  string
	elem  uint64 // TensorProto.DataType; 1 = float32; 0 when it is not a tensor
	shape []dim  // nil when the model gives none
}

// dim is one dimension: a number, or free (named or not).
type dim struct {
	size  int64
	fixed bool
	name  string
}

// Limits that no contract model comes near, so a hostile file cannot ask for memory.
const (
	maxValues   = 1024
	maxDims     = 64
	maxMetadata = 256
	maxJSON     = 4 << 20 // bytes of one metadata value
)

// errTruncated says that the bytes end inside a field.
var errTruncated = errors.New("the file ends in the middle (truncated?)")

// fields calls f for each field of a protobuf message. For a length-delimited
// field v holds its bytes, for a varint n its value; others are skipped.
func fields(b []byte, f func(num protowire.Number, v []byte, n uint64) error) error {
	for len(b) > 0 {
		num, typ, used := protowire.ConsumeTag(b)
		if used < 0 {
			return wireError(used)
		}
		b = b[used:]
		var v []byte
		var n uint64
		switch typ {
		case protowire.BytesType:
			v, used = protowire.ConsumeBytes(b)
		case protowire.VarintType:
			n, used = protowire.ConsumeVarint(b)
		default:
			used = protowire.ConsumeFieldValue(num, typ, b)
		}
		if used < 0 {
			return wireError(used)
		}
		b = b[used:]
		if err := f(num, v, n); err != nil {
			return err
		}
	}
	return nil
}

func wireError(code int) error {
	err := protowire.ParseError(code)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return errTruncated
	}
	return fmt.Errorf("not protobuf: %w", err)
}

// readHeader reads a ModelProto.
func readHeader(b []byte) (*header, error) {
	h := &header{metadata: map[string]string{}}
	graphs := 0
	err := fields(b, func(num protowire.Number, v []byte, n uint64) error {
		switch num {
		case 1: // ir_version
			h.irVersion = n
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
	return h, nil
}

// readGraph reads a GraphProto.
func (h *header) readGraph(b []byte) error {
	initialised := map[string]bool{}
	err := fields(b, func(num protowire.Number, v []byte, _ uint64) error {
		switch num {
		case 1: // node
			h.nodes++
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
				h.inputs = append(h.inputs, info)
			} else {
				h.outputs = append(h.outputs, info)
			}
			if len(h.inputs)+len(h.outputs) > maxValues {
				return fmt.Errorf("more than %d inputs and outputs", maxValues)
			}
		}
		return nil
	})
	kept := h.inputs[:0]
	for _, in := range h.inputs {
		if !initialised[in.name] {
			kept = append(kept, in)
		}
	}
	h.inputs = kept
	return err
}

// readValueInfo reads a ValueInfoProto {name 1, type 2 {tensor_type 1 {elem_type 1, shape 2 {dim 1}}}}.
func readValueInfo(b []byte) (valueInfo, error) {
	var info valueInfo
	tensor := func(num protowire.Number, v []byte, n uint64) error {
		switch num {
		case 1:
			info.elem = n
		case 2:
			info.shape = []dim{}
			return fields(v, func(num protowire.Number, v []byte, _ uint64) error {
				if num != 1 {
					return nil
				}
				if len(info.shape) == maxDims {
					return fmt.Errorf("a tensor of more than %d dimensions", maxDims)
				}
				d, err := readDim(v)
				info.shape = append(info.shape, d)
				return err
			})
		}
		return nil
	}
	err := fields(b, func(num protowire.Number, v []byte, _ uint64) error {
		switch num {
		case 1:
			info.name = string(v)
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
func readDim(b []byte) (dim, error) {
	var d dim
	err := fields(b, func(num protowire.Number, v []byte, n uint64) error {
		switch num {
		case 1:
			d.size, d.fixed = int64(n), true
		case 2:
			d.name = string(v)
		}
		return nil
	})
	return d, err
}

// readMetadata reads a StringStringEntryProto {key 1, value 2}.
func (h *header) readMetadata(b []byte) error {
	var key, value string
	err := fields(b, func(num protowire.Number, v []byte, _ uint64) error {
		switch num {
		case 1:
			key = string(v)
		case 2:
			value = string(v)
		}
		if len(v) > maxJSON {
			return fmt.Errorf("metadata entry of %d bytes, at most %d are read", len(v), maxJSON)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if _, twice := h.metadata[key]; twice {
		return fmt.Errorf("metadata %q is given twice", key)
	}
	if len(h.metadata) == maxMetadata {
		return fmt.Errorf("more than %d metadata entries", maxMetadata)
	}
	h.metadata[key] = value
	return nil
}
