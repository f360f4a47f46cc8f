// Package head learns a trained network's last layer alone, for labels that it
// does not know: seconds instead of hours, and beside a memory of the old labels.
package head

import (
	"context"
	"math"
	"math/rand/v2"

	"earshot/train/acrnn"
)

// head is the last layer, scores = softmax(v·W + b), and what it learns from.
type head struct {
	width, classes int
	w              [][]float64 // (classes, width + 1): a column of W and its b
	start          [][]float64 // w before learning
	learned        []bool      // columns that change
	examples       []embedded
	firstOld       int // index of the first remembered example; −1 without memory
}

// embedded is one window as the head sees it.
type embedded struct {
	v      []float32 // (width)
	label  int
	weight float64
	clip   int // that it is a window of, in the order of the training's; −1: of none
}

func newHead(a acrnn.Arch, w acrnn.Weights) *head {
	h := &head{width: 2 * a.Hidden, classes: a.Classes, learned: make([]bool, a.Classes), firstOld: -1}
	named := a.Named(w.Flat)
	for k := range h.classes {
		column := make([]float64, h.width+1)
		for i := range h.width {
			column[i] = float64(named["dense.w"][i*h.classes+k])
		}
		column[h.width] = float64(named["dense.b"][k])
		h.w = append(h.w, column)
		h.start = append(h.start, append([]float64{}, column...))
	}
	return h
}

func (h *head) add(v []float32, label int, weight float64) {
	h.examples = append(h.examples, embedded{v, label, weight, -1})
}

// store writes the columns back.
func (h *head) store(named map[string][]float32) {
	for k, column := range h.w {
		if !h.learned[k] {
			continue
		}
		for i := range h.width {
			named["dense.w"][i*h.classes+k] = float32(column[i])
		}
		named["dense.b"][k] = float32(column[h.width])
	}
}

// logits writes v·W + b of every label to z (classes).
func (h *head) logits(v []float32, z []float64) {
	for k := range z {
		z[k] = h.logit(v, k)
	}
}

func (h *head) logit(v []float32, k int) float64 {
	column := h.w[k]
	sum := column[h.width]
	for i, x := range v {
		sum += column[i] * float64(x)
	}
	return sum
}

// learn runs Adam over the learned columns and returns the loss of each pass.
// The other columns' logits never change: they are computed once.
func (h *head) learn(ctx context.Context, seed uint64) ([]float64, error) {
	var columns []int
	for k, yes := range h.learned {
		if yes {
			columns = append(columns, k)
		}
	}
	fixed := make([][]float64, len(h.examples))
	for i, x := range h.examples {
		fixed[i] = make([]float64, h.classes)
		h.logits(x.v, fixed[i])
	}
	adam := newAdam(len(columns), h.width+1)
	rng := rand.New(rand.NewPCG(seed, 0x4ead))
	var losses []float64
	perPass := (len(h.examples) + headBatch - 1) / headBatch
	for range (headSteps + perPass - 1) / perPass {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		loss, total := 0.0, 0.0
		perm := rng.Perm(len(h.examples))
		for from := 0; from < len(perm); from += headBatch {
			batch := perm[from:min(from+headBatch, len(perm))]
			l, weight := h.gradient(batch, fixed, columns, adam.gradient)
			adam.step(h, columns, weight)
			loss, total = loss+l, total+weight
		}
		losses = append(losses, loss/total)
	}
	return losses, nil
}

// gradient sums the loss and its gradient over a batch; it returns the loss and the batch's weight.
func (h *head) gradient(batch []int, fixed [][]float64, columns []int, into [][]float64) (loss, weight float64) {
	for _, g := range into {
		clear(g)
	}
	z := make([]float64, h.classes)
	for _, i := range batch {
		x := h.examples[i]
		copy(z, fixed[i])
		for _, k := range columns {
			z[k] = h.logit(x.v, k)
		}
		loss += x.weight * softmax(z, x.label)
		weight += x.weight
		for c, k := range columns {
			d := z[k]
			if k == x.label {
				d--
			}
			d *= x.weight
			g := into[c]
			for r, f := range x.v {
				g[r] += d * float64(f)
			}
			g[h.width] += d
		}
	}
	return loss, weight
}

// adam is the optimiser's state for some columns (Kingma and Ba 2015).
type adam struct {
	gradient, m, v [][]float64
	steps          int
}

func newAdam(columns, size int) *adam {
	a := &adam{}
	for range columns {
		a.gradient, a.m, a.v = append(a.gradient, make([]float64, size)), append(a.m, make([]float64, size)), append(a.v, make([]float64, size))
	}
	return a
}

// step moves the columns against the gradient, per unit of weight, and towards where they started.
func (a *adam) step(h *head, columns []int, weight float64) {
	const beta1, beta2 = 0.9, 0.999
	a.steps++
	c1, c2 := 1-math.Pow(beta1, float64(a.steps)), 1-math.Pow(beta2, float64(a.steps))
	for c, k := range columns {
		w, start := h.w[k], h.start[k]
		for i, g := range a.gradient[c] {
			g /= weight
			if i < h.width {
				g += headPull * (w[i] - start[i])
			}
			a.m[c][i] = beta1*a.m[c][i] + (1-beta1)*g
			a.v[c][i] = beta2*a.v[c][i] + (1-beta2)*g*g
			w[i] -= headRate * (a.m[c][i] / c1) / (math.Sqrt(a.v[c][i]/c2) + 1e-8)
		}
	}
}
