package onnx

import "fmt"

// DataType is a TensorProto.DataType.
type DataType int64

// Element types used by earshot (onnx.proto, TensorProto.DataType).
const (
	Undefined DataType = 0 // what is no tensor
	Float     DataType = 1
	Uint8     DataType = 2
	Int8      DataType = 3
	Int32     DataType = 6
	Int64     DataType = 7
	Bool      DataType = 9
	Float16   DataType = 10
)

var typeNames = []string{"undefined", "float32", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool",
	"float16", "float64", "uint32", "uint64", "complex64", "complex128", "bfloat16"}

func (t DataType) String() string {
	if t >= 0 && int(t) < len(typeNames) {
		return typeNames[t]
	}
	return fmt.Sprintf("type %d", uint64(t))
}

// ValueInfo declares a graph's input or output.
type ValueInfo struct {
	Name  string
	Type  DataType // Undefined when it is no tensor
	Shape []Dim    // nil when none is declared
}

// Dim is one dimension: a number, or free (named or not).
type Dim struct {
	Size  int64
	Fixed bool
	Name  string
}

// Shape is a shape of the given dimensions; −1 is free and called N with its axis' number.
func Shape(dims ...int) []Dim {
	out := make([]Dim, len(dims))
	for i, d := range dims {
		if out[i] = (Dim{Size: int64(d), Fixed: true}); d < 0 {
			out[i] = Dim{Name: fmt.Sprintf("N%d", i)}
		}
	}
	return out
}

// Sizes are the dimensions, −1 for a free one.
func (v ValueInfo) Sizes() []int {
	out := make([]int, len(v.Shape))
	for i, d := range v.Shape {
		if out[i] = int(d.Size); !d.Fixed {
			out[i] = -1
		}
	}
	return out
}
