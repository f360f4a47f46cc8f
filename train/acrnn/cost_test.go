package acrnn

import (
	"math"
	"testing"
)

// TestCost holds the figures of the design, and of the paper.
func TestCost(t *testing.T) {
	for _, attention := range []string{"none", "l10", "l2-sigmoid", "l8-softmax"} {
		a, err := ParseAttention(attention)
		if err != nil {
			t.Fatal(err)
		}
		arch, err := New(50, 1, a)
		if err != nil {
			t.Fatal(err)
		}
		c := Cost(arch)
		if c.Params != arch.Size() || c.MACs != arch.MACs() {
			t.Errorf("%s: layers sum to %d parameters and %d MACs, the network says %d and %d", attention, c.Params, c.MACs, arch.Size(), arch.MACs())
		}
		if attention != "l10" {
			continue
		}
		if got := float64(c.Params) / 1e6; math.Abs(got-4.22) > .01 {
			t.Errorf("%.3f M parameters, the design says 4.22 M", got)
		}
		if got := float64(c.MACs) / 1e6; math.Abs(got-454.6) > .1 {
			t.Errorf("%.2f MMAC, the design says 454.6", got)
		}
		if got := float64(c.Layers[1].MACs) / float64(c.MACs); math.Abs(got-.55) > .01 {
			t.Errorf("l2 has %.3f of the MACs, the design says 55 %%", got)
		}
		if got := float64(c.PaperParams) / 1e6; math.Abs(got-3.81) > .005 {
			t.Errorf("%.4f M parameters by the paper's convention, Table 2 says 3.81 M", got)
		}
		if got := float64(c.PaperFLOPs) / 1e6; math.Abs(got-9.18) > .02 {
			t.Errorf("%.4f M FLOPs by the paper's convention, Table 2 says 9.18 M", got)
		}
	}
}

// MACs counts the multiply-accumulates of one window's forward pass (convolutions, GRU, attention, dense).
func (a Arch) MACs() int64 {
	var n int64
	h, w := int64(a.Bands), int64(a.Frames)
	for i, c := range a.Convs {
		n += h * w * int64(c.Out*c.In*c.KH*c.KW)
		h, w = h/int64(c.PoolH), w/int64(c.PoolW)
		if a.Attention.Layer == i+1 {
			n += h * w * int64(c.Out*9)
		}
	}
	channels, bands, steps := a.Steps()
	in, hid := int64(channels*bands), int64(a.Hidden)
	for range 2 {
		n += int64(steps) * 2 * 3 * hid * (in + hid)
		in = 2 * hid
	}
	if a.Attention.Layer == 10 {
		n += int64(steps) * in * 2
	}
	return n + in*int64(a.Classes)
}
