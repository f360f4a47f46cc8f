package acrnn

import (
	"fmt"
	"math"
	"strings"
)

// oracle is the training network's forward pass written a second time, slowly,
// in float64 and from the paper's and ONNX's equations: what the graph's
// gradients and scores are measured against.
type oracle struct {
	a      Arch
	batch  int
	target []float64 // (N,K)
	masks  [2][]float64
	params map[string][]float64
	stages []stage
	inputs []array // of each stage, at the unperturbed parameters
	means  []float64
	vars   []float64
}

// array is a dense float64 tensor, row-major.
type array struct {
	x    []float64
	dims []int
}

func newArray(dims ...int) array {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return array{make([]float64, n), dims}
}

// stage is a part of the network with the prefixes of the parameters it reads.
type stage struct {
	prefixes []string
	run      func(in array, param func(string) []float64) array
}

// newOracle runs the network once on window (N,2,H,W) and remembers what each stage read.
func newOracle(a Arch, flat, window, target []float32, masks [2][]float32) *oracle {
	o := &oracle{a: a, batch: len(target) / a.Classes, target: wide(target), params: split64(a, flat)}
	for i := range masks {
		o.masks[i] = wide(masks[i])
	}
	o.plan()
	h := array{wide(window), []int{o.batch, 2, a.Bands, a.Frames}}
	for _, s := range o.stages {
		o.inputs = append(o.inputs, h)
		h = s.run(h, o.param)
	}
	return o
}

func (o *oracle) param(name string) []float64 {
	p, ok := o.params[name]
	if !ok {
		panic("oracle: no parameter " + name)
	}
	return p
}

// plan lists the stages; the last one returns the loss.
func (o *oracle) plan() {
	for i, c := range o.a.Convs {
		layer := fmt.Sprintf("l%d", i+1)
		o.stages = append(o.stages, stage{[]string{layer + "."}, func(x array, param func(string) []float64) array {
			return o.convBlock(x, c, param(layer+".w"), param(layer+".gamma"), param(layer+".beta"))
		}})
		if o.a.Attention.Layer == i+1 {
			o.stages = append(o.stages, stage{[]string{"att."}, func(x array, param func(string) []float64) array {
				return slowCNNAttention(x, param("att.w"), param("att.b")[0], o.a.Attention.Softmax)
			}})
		}
	}
	for i, layer := range []string{"l9", "l10"} {
		o.stages = append(o.stages, stage{[]string{layer + "."}, func(x array, param func(string) []float64) array {
			if i == 0 {
				x = slowSequence(x)
			}
			y := slowBiGRU(x, o.a.Hidden, param(layer+".w"), param(layer+".r"), param(layer+".wb"), param(layer+".rb"))
			for k := range y.x {
				y.x[k] *= o.masks[i][k]
			}
			return y
		}})
	}
	o.stages = append(o.stages, stage{[]string{"att.", "dense."}, o.head})
}

// head is frame attention or mean, dense, and the cross-entropy with soft targets.
func (o *oracle) head(h array, param func(string) []float64) array {
	steps, n, d := h.dims[0], h.dims[1], h.dims[2]
	beta := newArray(steps, n)
	for i := range beta.x {
		beta.x[i] = 1 / float64(steps)
	}
	if o.a.Attention.Layer == 10 {
		beta = slowFrameAttention(h, param("att.w"))
	}
	w, b := param("dense.w"), param("dense.b")
	loss := newArray(1)
	for i := range n {
		logits := append([]float64{}, b...)
		for t := range steps {
			for j := range d {
				v := beta.x[t*n+i] * h.x[(t*n+i)*d+j]
				for k := range logits {
					logits[k] += v * w[j*o.a.Classes+k]
				}
			}
		}
		for k, p := range softmax64(logits) {
			if t := o.target[i*o.a.Classes+k]; t > 0 {
				loss.x[0] -= t * math.Log(p) / float64(n)
			}
		}
	}
	return loss
}

// loss recomputes what depends on parameter name when it holds value instead.
func (o *oracle) loss(name string, value []float64) float64 {
	param := func(n string) []float64 {
		if n == name {
			return value
		}
		return o.param(n)
	}
	for i, s := range o.stages {
		if !s.reads(name, o.a) {
			continue
		}
		h := o.inputs[i]
		for _, later := range o.stages[i:] {
			h = later.run(h, param)
		}
		return h.x[0]
	}
	panic("oracle: nothing reads " + name)
}

func (s stage) reads(name string, a Arch) bool {
	for _, p := range s.prefixes {
		if strings.HasPrefix(name, p) && (p != "att." || len(s.prefixes) == 1 || a.Attention.Layer == 10) {
			return true
		}
	}
	return false
}

func wide(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

func split64(a Arch, flat []float32) map[string][]float64 {
	out, pos := map[string][]float64{}, 0
	for _, p := range a.Params() {
		out[p.Name] = wide(flat[pos : pos+p.Size()])
		pos += p.Size()
	}
	return out
}

func softmax64(x []float64) []float64 {
	top := math.Inf(-1)
	for _, v := range x {
		top = math.Max(top, v)
	}
	sum, y := 0.0, make([]float64, len(x))
	for i, v := range x {
		y[i] = math.Exp(v - top)
		sum += y[i]
	}
	for i := range y {
		y[i] /= sum
	}
	return y
}
