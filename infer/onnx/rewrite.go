package onnx

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// rewrite is a copy of a message in which each length-delimited field holds what change makes of it; with keep false it is
// left out. A field that change returns as it was is copied byte for byte.
func rewrite(b []byte, change func(num protowire.Number, v []byte) (to []byte, keep bool, err error)) ([]byte, error) {
	out := make([]byte, 0, len(b))
	for len(b) > 0 {
		num, typ, used := protowire.ConsumeField(b)
		if used < 0 {
			return nil, wireError(used)
		}
		field := b[:used]
		b = b[used:]
		if typ != protowire.BytesType {
			out = append(out, field...)
			continue
		}
		_, _, tag := protowire.ConsumeTag(field)
		v, _ := protowire.ConsumeBytes(field[tag:])
		to, keep, err := change(num, v)
		switch {
		case err != nil:
			return nil, err
		case !keep:
		case len(to) == len(v) && (len(v) == 0 || &to[0] == &v[0]):
			out = append(out, field...)
		default:
			out = appendBytes(out, num, to)
		}
	}
	return out, nil
}

// WithHalfInput is a copy of an ONNX file that takes the float32 input called name as 16-bit floats: its first node makes 32
// bits of them. All else stays as it is.
func WithHalfInput(model []byte, name string) ([]byte, error) {
	h, err := ReadHeader(model)
	if err != nil {
		return nil, err
	}
	var declared *ValueInfo
	for i := range h.Inputs {
		if h.Inputs[i].Name == name {
			declared = &h.Inputs[i]
		}
	}
	if declared == nil || declared.Type != Float {
		return nil, fmt.Errorf("no float32 input %q to make 16 bits of", name)
	}
	half := *declared
	half.Type = Float16
	wide := name + "_float32"
	cast := node{name: "/" + wide, op: "Cast", in: []string{name}, out: []string{wide}, attrs: []Attr{{"to", int(Float)}}}
	return rewrite(model, func(num protowire.Number, v []byte) ([]byte, bool, error) {
		if num != 7 { // graph
			return v, true, nil
		}
		graph, err := renameInput(v, name, wide)
		if err != nil {
			return nil, false, err
		}
		graph, err = rewrite(graph, func(num protowire.Number, v []byte) ([]byte, bool, error) {
			if num != 11 { // input
				return v, true, nil
			}
			if info, err := readValueInfo(v); err != nil || info.Name != name {
				return v, true, err
			}
			return half.marshal(), true, nil
		})
		return append(appendBytes(nil, 1, cast.marshal(nil)), graph...), true, err
	})
}

// renameInput lets the nodes of a GraphProto, and of the graphs in their attributes, read the value called from by the name to.
func renameInput(graph []byte, from, to string) ([]byte, error) {
	return rewrite(graph, func(num protowire.Number, v []byte) ([]byte, bool, error) {
		if num != 1 { // node
			return v, true, nil
		}
		n, err := rewrite(v, func(num protowire.Number, v []byte) ([]byte, bool, error) {
			switch {
			case num == 1 && string(v) == from: // input
				return []byte(to), true, nil
			case num != 5: // attribute
				return v, true, nil
			}
			a, err := rewrite(v, func(num protowire.Number, v []byte) ([]byte, bool, error) {
				if num != 6 && num != 11 { // g, graphs
					return v, true, nil
				}
				g, err := renameInput(v, from, to)
				return g, true, err
			})
			return a, true, err
		})
		return n, true, err
	})
}
