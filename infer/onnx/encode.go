package onnx

import (
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

func opset(domain string, version int) []byte {
	return appendInt(appendString(nil, 1, domain), 2, version)
}

func (n *node) marshal(renamed map[string]string) []byte {
	var b []byte
	for i, list := range [][]string{n.in, n.out} {
		for _, s := range list {
			if to, ok := renamed[s]; ok {
				s = to
			}
			b = appendString(b, protowire.Number(i+1), s)
		}
	}
	b = appendString(b, 3, n.name)
	b = appendString(b, 4, n.op)
	for i := range n.attrs {
		b = appendBytes(b, 5, n.attrs[i].marshal())
	}
	if n.domain != "" {
		b = appendString(b, 7, n.domain)
	}
	return b
}

// AttributeProto types.
const (
	attrFloat   = 1
	attrInt     = 2
	attrString  = 3
	attrInts    = 7
	attrStrings = 8
)

func (a *Attr) marshal() []byte {
	b := appendString(nil, 1, a.Name)
	typ := 0
	switch v := a.Value.(type) {
	case float32:
		typ = attrFloat
		b = protowire.AppendTag(b, 2, protowire.Fixed32Type)
		b = protowire.AppendFixed32(b, math.Float32bits(v))
	case int:
		typ = attrInt
		b = appendInt(b, 3, v)
	case string:
		typ = attrString
		b = appendString(b, 4, v)
	case []int:
		typ = attrInts
		for _, i := range v {
			b = appendInt(b, 8, i)
		}
	case []string:
		typ = attrStrings
		for _, s := range v {
			b = appendString(b, 9, s)
		}
	default:
		panic(fmt.Sprintf("onnx: attribute %q has unsupported type %T", a.Name, a.Value))
	}
	return appendInt(b, 20, typ)
}

func (t *tensor) marshal() []byte {
	var b []byte
	for _, d := range t.dims {
		b = appendInt(b, 1, d)
	}
	b = appendInt(b, 2, int(t.typ))
	b = appendString(b, 8, t.name)
	return appendBytes(b, 9, t.raw)
}

func (v *ValueInfo) marshal() []byte {
	var shape []byte
	for _, d := range v.Shape {
		dim := appendString(nil, 2, d.Name)
		if d.Fixed {
			dim = appendInt(nil, 1, int(d.Size))
		}
		shape = appendBytes(shape, 1, dim)
	}
	tensorType := appendBytes(appendInt(nil, 1, int(v.Type)), 2, shape)
	return appendBytes(appendString(nil, 1, v.Name), 2, appendBytes(nil, 1, tensorType))
}
