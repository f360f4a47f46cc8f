package piczak

import (
	"fmt"
	"strings"
)

// Layer is one row of the table of costs.
type Layer struct {
	Name   string
	Output string // channels×bands×frames, or values
	Params int
	MACs   int64 // multiply-accumulates of one segment, as the layer is defined
}

// Complexity is what a segment of 0.93 s costs, and what the paper's Table 2 would say of parameters.
type Complexity struct {
	Layers      []Layer
	Params      int
	MACs        int64
	PaperParams int
}

// PaperNote explains the last figure of Complexity beside the paper's 31.5 M.
const PaperNote = "Table 2 of the paper gives 31.5 M parameters to Piczak's network. They are met, with 10 classes, where 4 bands × 4 frames of the 80 filters " +
	"reach the first dense layer: as if the first pooling kept the bands apart. It pools 4 of them, which are all, so 1 × 4 remain, as in the author's own program."

// Table 2 of the paper is about ten classes; see PaperNote.
const paperClasses, paperBands = 10, 4

// Cost tabulates a layer by layer.
func Cost(a Arch) Complexity {
	var c Complexity
	params := map[string]int{}
	for _, p := range a.Params() {
		layer, _, _ := strings.Cut(p.Name, ".")
		params[layer] += p.Size()
	}
	add := func(name, output string, macs int) {
		c.Layers = append(c.Layers, Layer{name, output, params[name], int64(macs)})
		c.Params += params[name]
		c.MACs += int64(macs)
	}
	frames, pooled := a.first()
	add("conv1", fmt.Sprintf("%d×1×%d", a.Filters, pooled), a.places()*frames*a.Filters*2*a.KernelBands*a.KernelWide)
	frames, pooled = a.second()
	add("conv2", fmt.Sprintf("%d×1×%d", a.Filters, pooled), frames*a.Filters*a.Filters*a.Kernel2)
	add("dense1", fmt.Sprint(a.Hidden), a.flat()*a.Hidden)
	add("dense2", fmt.Sprint(a.Hidden), a.Hidden*a.Hidden)
	add("out", fmt.Sprint(a.Classes), a.Hidden*a.Classes)
	c.PaperParams = c.Params + (paperBands-1)*a.flat()*a.Hidden + (paperClasses-a.Classes)*(a.Hidden+1)
	return c
}
