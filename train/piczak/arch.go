package piczak

import (
	"fmt"
	"math"
)

// Arch is everything that fixes the network's shapes.
type Arch struct {
	Bands, Frames           int // of a segment: 60×41
	KernelBands, KernelWide int // of the first filters, bands × frames: 57×6
	Pool                    int // frames: 3; of the bands all places are pooled
	Kernel2, Pool2          int // of the second layer, frames: 3 and 3
	Filters                 int // of each of both layers: 80
	Hidden                  int // of each dense layer: 5000
	Classes                 int
}

// New returns the article's network, filters and dense layers scaled by width.
//
// Errors: fewer than two classes, or a width that is none.
func New(classes int, width float64) (Arch, error) {
	if classes < 2 {
		return Arch{}, fmt.Errorf("the network needs at least 2 labels, got %d", classes)
	}
	if !(width > 0 && width <= 4) {
		return Arch{}, fmt.Errorf("width %g: want a factor over 0 and up to 4 (1 is the article's network)", width)
	}
	scaled := func(n int) int { return max(4, int(math.Round(float64(n)*width))) }
	return Arch{Bands: Bands, Frames: Frames, KernelBands: 57, KernelWide: 6, Pool: 3, Kernel2: 3, Pool2: 3,
		Filters: scaled(80), Hidden: scaled(5000), Classes: classes}, nil
}

// places is at how many bands the first filters fit: 4.
func (a Arch) places() int { return a.Bands - a.KernelBands + 1 }

// first is how many frames the first filters give, and what pooling leaves of them: 36 and 12.
func (a Arch) first() (conv, pooled int) {
	conv = a.Frames - a.KernelWide + 1
	return conv, ceil(conv, a.Pool)
}

// second is likewise of the second layer: 10 and 4.
func (a Arch) second() (conv, pooled int) {
	_, in := a.first()
	conv = in - a.Kernel2 + 1
	return conv, ceil(conv, a.Pool2)
}

// flat is how many values reach the first dense layer: 320.
func (a Arch) flat() int {
	_, frames := a.second()
	return frames * a.Filters
}

// ceil is n/k rounded up: a last pool that is not full counts.
func ceil(n, k int) int { return (n + k - 1) / k }

// Param is one learned tensor.
type Param struct {
	Name  string // layer.w or layer.b
	Shape []int
}

// Size is the number of elements.
func (p Param) Size() int {
	n := 1
	for _, d := range p.Shape {
		n *= d
	}
	return n
}

// decays tells whether L2 counts it: weights, not biases.
func (p Param) decays() bool { return len(p.Shape) > 1 }

// Params lists the learned tensors, layer by layer. Of the filters' weights the last axis is the filters: conv1.w is (frames, channels,
// bands, filters), conv2.w (frames, channels, filters).
func (a Arch) Params() []Param {
	var out []Param
	add := func(layer string, shape ...int) {
		out = append(out, Param{layer + ".w", shape}, Param{layer + ".b", shape[len(shape)-1:]})
	}
	add("conv1", a.KernelWide, 2, a.KernelBands, a.Filters)
	add("conv2", a.Kernel2, a.Filters, a.Filters)
	add("dense1", a.flat(), a.Hidden)
	add("dense2", a.Hidden, a.Hidden)
	add("out", a.Hidden, a.Classes)
	return out
}

// Size is the number of learned parameters.
func (a Arch) Size() int {
	n := 0
	for _, p := range a.Params() {
		n += p.Size()
	}
	return n
}
