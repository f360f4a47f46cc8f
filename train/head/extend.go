package head

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"earshot/train/acrnn"
)

// Extend gives a trained network another label list: labels that it knows keep
// their weights, new ones start at zero, others go. The trunk is copied.
func Extend(a acrnn.Arch, w acrnn.Weights, from, to []string, seed uint64) (acrnn.Arch, acrnn.Weights, error) {
	if len(from) != a.Classes {
		return a, w, fmt.Errorf("the model has %d outputs and %d labels", a.Classes, len(from))
	}
	next := a
	next.Classes = len(to)
	out := w
	out.Flat = acrnn.InitWeights(next, acrnn.HeInit, rand.New(rand.NewPCG(seed, 0xf17e)))
	old, fresh := a.Named(w.Flat), next.Named(out.Flat)
	for _, p := range next.Params() {
		if !p.Head {
			copy(fresh[p.Name], old[p.Name])
		}
	}
	rows := len(old["dense.w"]) / a.Classes
	for j, label := range to {
		i := slices.Index(from, label)
		if i < 0 {
			fresh["dense.b"][j] = -2 // a new label starts out unlikely
			for r := range rows {
				fresh["dense.w"][r*next.Classes+j] = 0
			}
			continue
		}
		fresh["dense.b"][j] = old["dense.b"][i]
		for r := range rows {
			fresh["dense.w"][r*next.Classes+j] = old["dense.w"][r*a.Classes+i]
		}
	}
	return next, out, nil
}
