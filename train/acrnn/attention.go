package acrnn

import "fmt"

// A new variant of attention is its name and parameters here, its forward and
// backward pass and its inference in attentiongraph.go, and what holds them to it:
// a name in the gradient test and plain loops in the oracle. Nothing else asks
// which variant there is.

// Attention names where the network weighs frames (Zhang et al. 2020, section 3.3).
type Attention struct {
	// Layer is 0 (none), 2, 4, 6 or 8 (CNN attention after that layer's pooling)
	// or 10 (frame attention over the last GRU layer's steps).
	Layer int
	// Softmax normalises a CNN attention over frames (scaled to mean 1); otherwise sigmoid. Ignored at 10.
	Softmax bool
}

// ParseAttention reads "none", "l10", "l2", "l4-softmax", "l8-sigmoid", ….
func ParseAttention(s string) (Attention, error) {
	switch s {
	case "none":
		return Attention{}, nil
	case "l10", "":
		return Attention{Layer: 10}, nil
	}
	for _, layer := range []int{2, 4, 6, 8} {
		for _, a := range []Attention{{Layer: layer}, {Layer: layer, Softmax: true}} {
			if s == a.String() || !a.Softmax && s == fmt.Sprintf("l%d", layer) {
				return a, nil
			}
		}
	}
	return Attention{}, fmt.Errorf("attention %q: want %s (as in l4-softmax)", s, Attentions)
}

// String is the inverse of ParseAttention.
func (a Attention) String() string {
	switch {
	case a.Layer == 0:
		return "none"
	case a.Layer == 10:
		return "l10"
	case a.Softmax:
		return fmt.Sprintf("l%d-softmax", a.Layer)
	}
	return fmt.Sprintf("l%d-sigmoid", a.Layer)
}

// Attentions says what ParseAttention takes.
const Attentions = "none, l10, or l2, l4, l6, l8 with -sigmoid or -softmax"

// check holds that there is such a variant; what comes out of a file may be anything.
func (a Attention) check() error {
	switch a.Layer {
	case 0, 2, 4, 6, 8, 10:
		return nil
	}
	return fmt.Errorf("attention at layer %d, want 0 (none), 2, 4, 6, 8 or 10", a.Layer)
}

// after tells whether attention weighs the feature map that convolution layer (from 1) hands on.
func (a Attention) after(layer int) bool { return a.Layer == layer && a.onMap() }

// onMap tells whether attention weighs a feature map.
func (a Attention) onMap() bool { return a.Layer > 0 && a.Layer < 10 }

// onSteps tells whether attention weighs the steps of the last GRU layer.
func (a Attention) onSteps() bool { return a.Layer == 10 }

// mapParams are the learned tensors of attention on a map of channels: those that decay, and the rest.
func (a Attention) mapParams(channels int) (weights, rest []Param) {
	return []Param{{Name: "att.w", Shape: []int{1, channels, 3, 3}, Decay: true}}, []Param{{Name: "att.b", Shape: []int{1}}}
}

// stepParams are those of attention on steps of width numbers, none where there is no such attention.
func (a Attention) stepParams(width int) (weights, rest []Param) {
	if !a.onSteps() {
		return nil, nil
	}
	return []Param{{Name: "att.w", Shape: []int{width, 1}, Decay: true}}, nil
}

// mapMACs are the multiply-accumulates of attention on a map of cells bands × frames.
func (a Attention) mapMACs(cells, channels int64) int64 { return 9 * cells * channels }

// stepMACs are those of attention on steps: the weights, and the weighted sum.
func (a Attention) stepMACs(steps, width int64) int64 {
	if !a.onSteps() {
		return 0
	}
	return 2 * steps * width
}

// AttentionSteps is the length T of the attention output.
func (a Arch) AttentionSteps() int {
	if a.Attention.onMap() {
		w := a.Frames
		for _, c := range a.Convs[:a.Attention.Layer] {
			w /= c.PoolW
		}
		return w
	}
	_, _, steps := a.Steps()
	return steps
}
