package acrnn

import (
	"fmt"
	"math"
)

// Conv is one convolution layer: 'same' padding, batch norm, ReLU, and, where
// PoolH·PoolW > 1, max-pooling with stride equal to its size.
type Conv struct {
	In, Out      int
	KH, KW       int // bands × frames, odd
	PoolH, PoolW int
}

// Pooled tells whether the layer ends in a max-pool.
func (c Conv) Pooled() bool { return c.PoolH*c.PoolW > 1 }

// Arch is everything that fixes the network's shapes.
type Arch struct {
	Bands, Frames int // of the window: 128×128
	Convs         []Conv
	Hidden        int // GRU cells a direction
	Classes       int
	Attention     Attention
}

// New returns the paper's network with its widths (filters and cells) scaled.
//
// Errors: fewer than two classes, or a width that leaves a layer without filters.
func New(classes int, width float64, attention Attention) (Arch, error) {
	if classes < 2 {
		return Arch{}, fmt.Errorf("the network needs at least 2 labels, got %d", classes)
	}
	if !(width > 0 && width <= 4) {
		return Arch{}, fmt.Errorf("width %g: want a factor over 0 and up to 4 (1 is the paper's network)", width)
	}
	w := func(n int) int { return max(4, 4*int(math.Round(float64(n)*width/4))) }
	a := Arch{Bands: 128, Frames: 128, Hidden: w(256), Classes: classes, Attention: attention}
	in := 2
	for _, c := range []Conv{
		{Out: 32, KH: 3, KW: 5, PoolH: 1, PoolW: 1}, {Out: 32, KH: 3, KW: 5, PoolH: 4, PoolW: 3},
		{Out: 64, KH: 3, KW: 1, PoolH: 1, PoolW: 1}, {Out: 64, KH: 3, KW: 1, PoolH: 4, PoolW: 1},
		{Out: 128, KH: 1, KW: 5, PoolH: 1, PoolW: 1}, {Out: 128, KH: 1, KW: 5, PoolH: 1, PoolW: 3},
		{Out: 256, KH: 3, KW: 3, PoolH: 1, PoolW: 1}, {Out: 256, KH: 3, KW: 3, PoolH: 2, PoolW: 2},
	} {
		c.In, c.Out = in, w(c.Out)
		in = c.Out
		a.Convs = append(a.Convs, c)
	}
	return a, nil
}

// Steps returns the shape (channels, bands, steps) of what the GRU layers read.
func (a Arch) Steps() (channels, bands, steps int) {
	bands, steps = a.Bands, a.Frames
	for _, c := range a.Convs {
		bands, steps = bands/c.PoolH, steps/c.PoolW
	}
	return a.Convs[len(a.Convs)-1].Out, bands, steps
}

// Param is one learned tensor.
type Param struct {
	Name  string
	Shape []int
	Decay bool // weight decay applies (weights, not biases or batch norm)
	Head  bool // depends on the labels: the dense layer
}

// Size is the number of elements.
func (p Param) Size() int {
	n := 1
	for _, d := range p.Shape {
		n *= d
	}
	return n
}

// Params lists the learned tensors in the order of the flat parameter vector:
// all that decay first, then the rest.
func (a Arch) Params() []Param {
	var weights, rest []Param
	for i, c := range a.Convs {
		l := fmt.Sprintf("l%d", i+1)
		weights = append(weights, Param{Name: l + ".w", Shape: []int{c.Out, c.In, c.KH, c.KW}, Decay: true})
		rest = append(rest, Param{Name: l + ".gamma", Shape: []int{c.Out}}, Param{Name: l + ".beta", Shape: []int{c.Out}})
		if a.Attention.after(i + 1) {
			w, b := a.Attention.mapParams(c.Out)
			weights, rest = append(weights, w...), append(rest, b...)
		}
	}
	channels, bands, _ := a.Steps()
	in := channels * bands
	for _, l := range []string{"l9", "l10"} {
		weights = append(weights, Param{Name: l + ".w", Shape: []int{2, 3 * a.Hidden, in}, Decay: true},
			Param{Name: l + ".r", Shape: []int{2, 3 * a.Hidden, a.Hidden}, Decay: true})
		rest = append(rest, Param{Name: l + ".wb", Shape: []int{2, 3 * a.Hidden}}, Param{Name: l + ".rb", Shape: []int{2, 3 * a.Hidden}})
		in = 2 * a.Hidden
	}
	w, b := a.Attention.stepParams(in)
	weights, rest = append(weights, w...), append(rest, b...)
	weights = append(weights, Param{Name: "dense.w", Shape: []int{in, a.Classes}, Decay: true, Head: true})
	rest = append(rest, Param{Name: "dense.b", Shape: []int{a.Classes}, Head: true})
	return append(weights, rest...)
}

// Size is the number of learned parameters.
func (a Arch) Size() int {
	n := 0
	for _, p := range a.Params() {
		n += p.Size()
	}
	return n
}

// StatSize is the number of batch-norm channels: the length of the mean and variance vectors.
func (a Arch) StatSize() int {
	n := 0
	for _, c := range a.Convs {
		n += c.Out
	}
	return n
}
