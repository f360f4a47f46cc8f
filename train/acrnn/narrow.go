package acrnn

import (
	"fmt"
	"math"
	"slices"
)

// Narrow starts a network of another width from a trained one: of each layer it keeps the filters and cells whose outputs weigh most
// in what reads them, and makes up for the inputs that are gone by a factor. It names hardly anything right until it has
// learned on, but its first filters need not be found again ("structured pruning" by weights: H. Li et al., ICLR 2017).
//
// Errors: a width that is no narrower network.
func Narrow(a Arch, w Weights, width float64) (Arch, Weights, error) {
	n, err := New(a.Classes, width, a.Attention)
	if err != nil {
		return a, w, err
	}
	for i, c := range n.Convs {
		if c.Out > a.Convs[i].Out || n.Hidden > a.Hidden {
			return a, w, fmt.Errorf("width %g is wider than the network to start from, which has %d filters in layer %d and %d cells; want a narrower one", width, a.Convs[i].Out, i+1, a.Hidden)
		}
	}
	c := &narrower{from: a, old: a.Named(w.Flat)}
	out := w
	out.Flat, out.Means, out.Vars = make([]float32, n.Size()), nil, nil
	c.new = n.Named(out.Flat)
	c.shapes = map[string][]int{}
	for _, p := range a.Params() {
		c.shapes[p.Name] = p.Shape
	}
	in, stat := all(a.Convs[0].In), 0
	for i, l := range n.Convs {
		name := fmt.Sprintf("l%d", i+1)
		keep := c.filters(i, l.Out)
		c.take(name+".w", keep, in, nil, nil)
		c.take(name+".gamma", keep)
		c.take(name+".beta", keep)
		if a.Attention.after(i + 1) {
			c.take("att.w", nil, keep, nil, nil)
			c.take("att.b", nil)
		}
		for _, k := range keep {
			out.Means, out.Vars = append(out.Means, w.Means[stat+k]), append(out.Vars, w.Vars[stat+k])
		}
		in, stat = keep, stat+a.Convs[i].Out
	}
	c.recurrent(in, n.Hidden)
	return n, out, nil
}

// narrower copies part of a network's tensors.
type narrower struct {
	from     Arch
	old, new map[string][]float32
	shapes   map[string][]int // of old
}

func all(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// filters are the n of layer i (from 0) that weigh most in the layer that reads them.
func (c *narrower) filters(i, n int) []int {
	gamma := c.old[fmt.Sprintf("l%d.gamma", i+1)]
	weight := make([]float64, len(gamma))
	read, rows, inner := fmt.Sprintf("l%d.w", i+2), 1, 1
	if i+1 < len(c.from.Convs) {
		s := c.shapes[read]
		rows, inner = s[0], s[2]*s[3]
	} else {
		read, rows, inner = "l9.w", 6*c.from.Hidden, c.shapes["l9.w"][2]/len(gamma)
	}
	for k := range weight {
		weight[k] = math.Abs(float64(gamma[k])) * math.Sqrt(columns(c.old[read], rows, len(gamma), inner, k))
	}
	return heaviest(weight, n)
}

// columns is the sum of squares of x (rows, n, inner) at [·, k, ·].
func columns(x []float32, rows, n, inner, k int) (sum float64) {
	for r := range rows {
		for _, v := range x[(r*n+k)*inner : (r*n+k+1)*inner] {
			sum += float64(v) * float64(v)
		}
	}
	return sum
}

// heaviest are the indices of the n largest, ascending.
func heaviest(weight []float64, n int) []int {
	order := all(len(weight))
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case weight[a] > weight[b]:
			return -1
		case weight[a] < weight[b]:
			return 1
		}
		return 0
	})
	return slices.Sorted(slices.Values(order[:n]))
}

// recurrent copies both GRU layers, attention on steps, and the dense layer.
func (c *narrower) recurrent(channels []int, hidden int) {
	_, bands, _ := c.from.Steps()
	var in []int
	for _, ch := range channels {
		for b := range bands {
			in = append(in, ch*bands+b)
		}
	}
	for n, layer := range []string{"l9", "l10"} {
		next := []string{"l10.w", ""}[n]
		var out []int
		for d := range 2 {
			cells := c.cells(layer, next, d, hidden)
			var gates []int
			for g := range 3 {
				for _, k := range cells {
					gates = append(gates, g*c.from.Hidden+k)
				}
			}
			c.direction(layer+".w", d, gates, in)
			c.direction(layer+".r", d, gates, cells)
			c.direction(layer+".wb", d, gates, nil)
			c.direction(layer+".rb", d, gates, nil)
			for _, k := range cells {
				out = append(out, d*c.from.Hidden+k)
			}
		}
		in = out
	}
	if c.from.Attention.onSteps() {
		c.take("att.w", in, nil)
	}
	c.take("dense.w", in, nil)
	c.take("dense.b", nil)
}

// cells are the n of a layer's direction whose outputs weigh most: in itself, and in the layer next or the dense one.
func (c *narrower) cells(layer, next string, d, n int) []int {
	h := c.from.Hidden
	weight := make([]float64, h)
	r := c.old[layer+".r"][d*3*h*h : (d+1)*3*h*h]
	for k := range weight {
		weight[k] = columns(r, 3*h, h, 1, k)
		if next != "" {
			weight[k] += columns(c.old[next], 6*h, 2*h, 1, d*h+k)
		} else {
			weight[k] += columns(c.old["dense.w"], 1, 2*h, c.from.Classes, d*h+k)
		}
	}
	return heaviest(weight, n)
}

// direction copies direction d of a GRU tensor (2, rows, columns) or (2, rows).
func (c *narrower) direction(name string, d int, rows, columns []int) {
	s := c.shapes[name]
	width := 1
	if len(s) == 3 {
		width = s[2]
	}
	size := s[1] * width
	part := c.new[name][d*len(c.new[name])/2 : (d+1)*len(c.new[name])/2]
	gather(part, c.old[name][d*size:(d+1)*size], []int{s[1], width}, [][]int{rows, columns})
}

// take copies what of a tensor lies at the indices keep, dimension by dimension; nil keeps all.
func (c *narrower) take(name string, keep ...[]int) {
	gather(c.new[name], c.old[name], c.shapes[name], keep)
}

// gather fills dst from src of a shape. Where the second dimension, which is what a tensor reads, loses entries, the rest are scaled
// so that their sum of magnitudes stays what it was.
func gather(dst, src []float32, shape []int, keep [][]int) {
	index := make([][]int, len(shape))
	stride := make([]int, len(shape))
	step := 1
	for d := len(shape) - 1; d >= 0; d-- {
		stride[d] = step
		step *= shape[d]
		if index[d] = keep[d]; keep[d] == nil {
			index[d] = all(shape[d])
		}
	}
	i := 0
	var walk func(d, at int)
	walk = func(d, at int) {
		if d == len(shape) {
			dst[i] = src[at]
			i++
			return
		}
		for _, k := range index[d] {
			walk(d+1, at+k*stride[d])
		}
	}
	walk(0, 0)
	if len(shape) < 2 || len(index[1]) == shape[1] {
		return
	}
	rows, was, is := len(dst)/len(index[0]), 0.0, 0.0
	per := len(src) / shape[0]
	for o, k := range index[0] {
		was, is = 0, 0
		for _, v := range src[k*per : (k+1)*per] {
			was += math.Abs(float64(v))
		}
		row := dst[o*rows : (o+1)*rows]
		for _, v := range row {
			is += math.Abs(float64(v))
		}
		if is > 0 {
			for j := range row {
				row[j] *= float32(was / is)
			}
		}
	}
}
