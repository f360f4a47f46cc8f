package infer

import (
	"fmt"
	"strings"
)

// graph checks names, types and shapes of what goes in and comes out.
func (c *contract) graph() {
	if c.h.nodes == 0 {
		c.fault("the graph has no nodes")
	}
	c.only("window")
	if in, ok := c.find("input", c.h.inputs, "window", "float32 [N,2,128,128]"); ok {
		c.shape("input", in, "float32 [N,2,128,128]", -1, Channels, Bands, Frames)
	}
	if out, ok := c.find("output", c.h.outputs, "scores", "float32 [N,K]"); ok {
		c.shape("output", out, "float32 [N,K] with K a number", -1, 0)
	}
	if out, ok := c.find("output", c.h.outputs, "attention", "float32 [N,T]"); ok {
		c.shape("output", out, "float32 [N,T] with T a number", -1, 0)
		if t := c.outputSize("attention"); t > Frames {
			c.fault("output \"attention\" has %d steps, want at most %d, one a frame", t, Frames)
		} else if t > 0 {
			c.m.Steps = int(t)
		}
	}
}

// only faults inputs that the contract does not know: they would never be fed.
// Further outputs are left alone.
func (c *contract) only(input string) {
	for _, v := range c.h.inputs {
		if v.name != input {
			c.fault("input %s is not in the contract, want only %q", v, input)
		}
	}
}

// find looks an input or output up by name.
func (c *contract) find(kind string, all []valueInfo, name, wish string) (valueInfo, bool) {
	names := make([]string, len(all))
	for i, v := range all {
		if v.name == name {
			return v, true
		}
		names[i] = v.String()
	}
	found := "none"
	if len(names) > 0 {
		found = strings.Join(names[:min(len(names), 8)], ", ")
	}
	c.fault("%s %q: missing, want %s, found %s", kind, name, wish, found)
	return valueInfo{}, false
}

// shape holds v to a shape: −1 asks for a free dimension, 0 for any number
// ≥ 1, others for that number.
func (c *contract) shape(kind string, v valueInfo, wish string, want ...int64) {
	ok := v.elem == elemFloat && len(v.shape) == len(want)
	for i := 0; ok && i < len(want); i++ {
		d := v.shape[i]
		switch want[i] {
		case -1:
			ok = !d.fixed
		case 0:
			ok = d.fixed && d.size >= 1
		default:
			ok = d.fixed && d.size == want[i]
		}
	}
	if !ok {
		c.fault("%s %q: want %s (N free), found %s", kind, v.name, wish, v.kind())
	}
}

// outputSize is the second dimension of an output, −1 when it is no number.
func (c *contract) outputSize(name string) int64 {
	for _, v := range c.h.outputs {
		if v.name == name && len(v.shape) == 2 && v.shape[1].fixed {
			return v.shape[1].size
		}
	}
	return -1
}

func (v valueInfo) String() string { return fmt.Sprintf("%s %s", excerpt(v.name), v.kind()) }

// kind spells the type: "float32 [N,2,128,128]".
func (v valueInfo) kind() string {
	if v.elem == 0 {
		return "no tensor"
	}
	if v.shape == nil {
		return elemName(v.elem) + " of no declared shape"
	}
	dims := make([]string, len(v.shape))
	for i, d := range v.shape {
		switch {
		case d.fixed:
			dims[i] = fmt.Sprint(d.size)
		case d.name != "":
			dims[i] = strings.Trim(excerpt(d.name), `"`)
		default:
			dims[i] = "?"
		}
	}
	return elemName(v.elem) + " [" + strings.Join(dims, ",") + "]"
}

// elemNames are those of TensorProto.DataType.
var elemNames = []string{"undefined", "float32", "uint8", "int8", "uint16", "int16", "int32", "int64", "string", "bool",
	"float16", "float64", "uint32", "uint64", "complex64", "complex128", "bfloat16"}

func elemName(e uint64) string {
	if e < uint64(len(elemNames)) {
		return elemNames[e]
	}
	return fmt.Sprintf("type %d", e)
}
