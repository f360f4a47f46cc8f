package infer

import (
	"fmt"
	"strings"

	"earshot/infer/onnx"
)

// graph checks names, types and shapes of what goes in and comes out.
func (c *contract) graph() {
	if c.h.Nodes == 0 {
		c.fault("the graph has no nodes")
	}
	c.only("window")
	if in, ok := c.find("input", c.h.Inputs, "window", "float32 [N,2,128,128]"); ok {
		c.shape("input", in, "float32 [N,2,128,128]", -1, Channels, Bands, Frames)
	}
	if out, ok := c.find("output", c.h.Outputs, "scores", "float32 [N,K]"); ok {
		c.shape("output", out, "float32 [N,K] with K a number", -1, 0)
	}
	if out, ok := c.find("output", c.h.Outputs, "attention", "float32 [N,T]"); ok {
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
	for _, v := range c.h.Inputs {
		if v.Name != input {
			c.fault("input %s is not in the contract, want only %q", spell(v), input)
		}
	}
}

// find looks an input or output up by name.
func (c *contract) find(kind string, all []onnx.ValueInfo, name, wish string) (onnx.ValueInfo, bool) {
	names := make([]string, len(all))
	for i, v := range all {
		if v.Name == name {
			return v, true
		}
		names[i] = spell(v)
	}
	found := "none"
	if len(names) > 0 {
		found = strings.Join(names[:min(len(names), 8)], ", ")
	}
	c.fault("%s %q: missing, want %s, found %s", kind, name, wish, found)
	return onnx.ValueInfo{}, false
}

// shape holds v to a shape: −1 asks for a free dimension, 0 for any number
// ≥ 1, others for that number.
func (c *contract) shape(kind string, v onnx.ValueInfo, wish string, want ...int64) {
	ok := v.Type == onnx.Float && len(v.Shape) == len(want)
	for i := 0; ok && i < len(want); i++ {
		d := v.Shape[i]
		switch want[i] {
		case -1:
			ok = !d.Fixed
		case 0:
			ok = d.Fixed && d.Size >= 1
		default:
			ok = d.Fixed && d.Size == want[i]
		}
	}
	if !ok {
		c.fault("%s %q: want %s (N free), found %s", kind, v.Name, wish, spellType(v))
	}
}

// outputSize is the second dimension of an output, −1 when it is no number.
func (c *contract) outputSize(name string) int64 {
	for _, v := range c.h.Outputs {
		if v.Name == name && len(v.Shape) == 2 && v.Shape[1].Fixed {
			return v.Shape[1].Size
		}
	}
	return -1
}

// spell names an input or output with its type.
func spell(v onnx.ValueInfo) string { return fmt.Sprintf("%s %s", excerpt(v.Name), spellType(v)) }

// spellType spells the type: "float32 [N,2,128,128]".
func spellType(v onnx.ValueInfo) string {
	if v.Type == onnx.Undefined {
		return "no tensor"
	}
	if v.Shape == nil {
		return v.Type.String() + " of no declared shape"
	}
	dims := make([]string, len(v.Shape))
	for i, d := range v.Shape {
		switch {
		case d.Fixed:
			dims[i] = fmt.Sprint(d.Size)
		case d.Name != "":
			dims[i] = strings.Trim(excerpt(d.Name), `"`)
		default:
			dims[i] = "?"
		}
	}
	return v.Type.String() + " [" + strings.Join(dims, ",") + "]"
}
