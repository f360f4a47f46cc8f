package acrnn

import (
	"fmt"
	"strings"
)

// Layer is one row of the table of costs.
type Layer struct {
	Name   string `json:"layer"`
	Output string `json:"output"` // channels×bands×frames, or steps×cells
	Params int    `json:"parameters"`
	MACs   int64  `json:"macs"` // multiply-accumulates of one window
}

// Complexity is what one window costs, and what the paper's Table 2 would say.
type Complexity struct {
	Layers []Layer `json:"layers"`
	Params int     `json:"parameters"` // learned; batch norm's running statistics are not
	MACs   int64   `json:"macs"`       // a window's forward pass

	PaperParams int   `json:"paper_convention_parameters"`
	PaperFLOPs  int64 `json:"paper_convention_flops"`
}

// PaperNote explains the last two figures of Complexity beside the paper's
// 3.81 M and 9.18 M.
const PaperNote = "Table 2 of the paper gives 3.81 M parameters and 9.18 M FLOPs for 10 classes. " +
	"Its parameters are met with 3 band rows instead of 4 before the GRU. " +
	"Its FLOPs are no forward pass: they are what a profiler counts in a graph of unknown batch size, the operations that initialise the weights " +
	"(2 a weight for a uniform or normal draw, 4 for the GRU's orthogonal recurrent weights). The true cost is the MACs."

// Table 2 of the paper is about ten classes; see paperConvention.
const paperClasses, paperBandRows = 10, 3

// Cost tabulates arch layer by layer.
func Cost(arch Arch) Complexity {
	var c Complexity
	params := paramsByLayer(arch)
	add := func(name, output string, macs int64) {
		c.Layers = append(c.Layers, Layer{Name: name, Output: output, Params: params[name], MACs: macs})
		c.Params += params[name]
		c.MACs += macs
	}
	h, w := arch.Bands, arch.Frames
	for i, l := range arch.Convs {
		macs := int64(h) * int64(w) * int64(l.Out*l.In*l.KH*l.KW)
		h, w = h/l.PoolH, w/l.PoolW
		add(fmt.Sprintf("l%d", i+1), fmt.Sprintf("%d×%d×%d", l.Out, h, w), macs)
		if arch.Attention.after(i + 1) {
			add("att", fmt.Sprintf("1×1×%d", w), arch.Attention.mapMACs(int64(h)*int64(w), int64(l.Out)))
		}
	}
	channels, bands, steps := arch.Steps()
	in, hidden, n := int64(channels*bands), int64(arch.Hidden), int64(steps)
	for _, name := range []string{"l9", "l10"} {
		add(name, fmt.Sprintf("%d×%d", steps, 2*arch.Hidden), n*2*3*hidden*(in+hidden))
		in = 2 * hidden
	}
	if arch.Attention.onSteps() {
		add("att", fmt.Sprintf("%d", 2*arch.Hidden), arch.Attention.stepMACs(n, in))
	}
	add("dense", fmt.Sprintf("%d", arch.Classes), in*int64(arch.Classes))
	c.PaperParams, c.PaperFLOPs = paperConvention(arch)
	return c
}

// paramsByLayer sums learned tensors by the part of their name before the dot.
func paramsByLayer(arch Arch) map[string]int {
	out := map[string]int{}
	for _, p := range arch.Params() {
		layer, _, _ := strings.Cut(p.Name, ".")
		out[layer] += p.Size()
	}
	return out
}

// paperConvention counts as Table 2 did: ten classes, three band rows before
// the GRU, and FLOPs of the initialisers alone.
func paperConvention(arch Arch) (params int, flops int64) {
	arch.Classes = paperClasses
	channels, bands, _ := arch.Steps()
	dropped := (bands - paperBandRows) * channels * 2 * 3 * arch.Hidden // l9's weights of the rows that are not there
	flops = -2 * int64(dropped)
	for _, p := range arch.Params() {
		switch {
		case strings.HasSuffix(p.Name, ".r"):
			flops += 4 * int64(p.Size())
		case p.Decay:
			flops += 2 * int64(p.Size())
		}
	}
	return arch.Size() - dropped, flops
}
