package corpus

import (
	"slices"

	"earshot/train"
)

// Adopt puts the labels of a model before those of the data that it does not
// know, so that fine-tuning adds labels and loses none.
func (p *Prepared) Adopt(labels []string, names map[string]string, background string) {
	merged := slices.Clone(labels)
	to := make([]int, len(p.Labels))
	for i, l := range p.Labels {
		if to[i] = slices.Index(merged, l); to[i] < 0 {
			to[i] = len(merged)
			merged = append(merged, l)
		}
	}
	for _, examples := range [][]train.Example{p.Train, p.Test} {
		for i := range examples {
			examples[i].Label = to[examples[i].Label]
		}
	}
	for l, n := range names {
		if p.Names[l] == "" {
			p.Names[l] = n
		}
	}
	if background == "" && p.Background >= 0 { // the model had none: the data's is a new label
		background = p.Labels[p.Background]
	}
	p.Labels = merged
	p.Background = slices.Index(merged, background)
}
