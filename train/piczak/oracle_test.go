package piczak

import (
	"math"

	"math/rand/v2"
)

// oracle is the cost of a batch written a second time, slowly, in float64 and as the article tells the network: what the graph's loss and
// gradients are held against.
type oracle struct {
	a      Arch
	p      map[string][]float64
	decay  float64
	batch  problem
	masked bool
}

// problem is a batch: segments (N, Frames, 2·Bands), targets (N,K) with rows of 0 where there is no segment, masks.
type problem struct {
	n, rows         int
	segment, target []float32
	mask            map[string][]float32
}

// tiny is the network in small: four places in the bands, pools that leave a remainder in both layers.
func tiny() Arch {
	return Arch{Bands: 7, Frames: 17, KernelBands: 4, KernelWide: 4, Pool: 3, Kernel2: 2, Pool2: 3, Filters: 3, Hidden: 5, Classes: 3}
}

// newProblem draws a batch whose last row is empty, and whose first segment ends in digital silence.
func newProblem(a Arch, n int, seed uint64) problem {
	rng := rand.New(rand.NewPCG(seed, 3))
	p := problem{n: n, rows: n - 1, segment: make([]float32, n*a.Frames*2*a.Bands), target: make([]float32, n*a.Classes), mask: map[string][]float32{}}
	for i := range p.segment {
		p.segment[i] = float32(rng.NormFloat64())
		if frame := i / (2 * a.Bands); frame > a.Frames/2 && frame < a.Frames {
			p.segment[i] = []float32{-2, 0}[i/a.Bands%2]
		}
	}
	for i := range p.rows {
		p.target[i*a.Classes+i%a.Classes] = 1
	}
	for name, width := range masks(a) {
		p.mask[name] = make([]float32, n*width)
		for i := range p.mask[name] {
			p.mask[name][i] = float32(2 * rng.IntN(2))
		}
	}
	return p
}

// scores runs segment i up to the logits.
func (o *oracle) logits(i int) []float64 {
	a := o.a
	x := func(channel, band, frame int) float64 {
		return float64(o.batch.segment[((i*a.Frames+frame)*2+channel)*a.Bands+band])
	}
	drop := func(name string, h []float64) []float64 {
		if o.masked {
			for k := range h {
				h[k] *= float64(o.batch.mask[name][i*len(h)+k])
			}
		}
		return h
	}
	frames, pooled := a.first()
	h := slowPool(a.Filters, frames, a.Pool, pooled, a.places(), func(f, t, place int) float64 {
		y := o.p["conv1.b"][f]
		for k := range a.KernelWide {
			for c := range 2 {
				for b := range a.KernelBands {
					y += o.p["conv1.w"][((k*2+c)*a.KernelBands+b)*a.Filters+f] * x(c, place+b, t+k)
				}
			}
		}
		return y
	})
	h = drop("mask1", h)
	frames, pooled = a.second()
	h = slowPool(a.Filters, frames, a.Pool2, pooled, 1, func(f, t, _ int) float64 {
		y := o.p["conv2.b"][f]
		for k := range a.Kernel2 {
			for c := range a.Filters {
				y += o.p["conv2.w"][(k*a.Filters+c)*a.Filters+f] * h[(t+k)*a.Filters+c]
			}
		}
		return y
	})
	h = drop("mask2", slowDense(h, o.p["dense1.w"], o.p["dense1.b"], true))
	h = drop("mask3", slowDense(h, o.p["dense2.w"], o.p["dense2.b"], true))
	return slowDense(h, o.p["out.w"], o.p["out.b"], false)
}

// slowPool is (pooled, filters): the largest of ReLU(at(filter, frame, place)) over the places and each pool frames.
func slowPool(filters, frames, pool, pooled, places int, at func(f, t, place int) float64) []float64 {
	out := make([]float64, pooled*filters)
	for t := range frames {
		for f := range filters {
			for place := range places {
				v := &out[t/pool*filters+f]
				*v = math.Max(*v, at(f, t, place))
			}
		}
	}
	return out
}

func slowDense(x, w, b []float64, relu bool) []float64 {
	out := append([]float64{}, b...)
	for j := range out {
		for i, v := range x {
			out[j] += v * w[i*len(b)+j]
		}
		if relu {
			out[j] = math.Max(0, out[j])
		}
	}
	return out
}

// probabilities are the softmax of segment i's logits.
func (o *oracle) probabilities(i int) []float64 {
	p, sum := o.logits(i), 0.0
	for k := range p {
		p[k] = math.Exp(p[k])
		sum += p[k]
	}
	for k := range p {
		p[k] /= sum
	}
	return p
}

// loss is the mean cross-entropy of the rows there are; cost adds that of the weights' squares.
func (o *oracle) loss() float64 {
	sum := 0.0
	for i := range o.batch.rows {
		p := o.probabilities(i)
		for k := range p {
			sum -= float64(o.batch.target[i*o.a.Classes+k]) * math.Log(p[k]) / float64(o.batch.rows)
		}
	}
	return sum
}

func (o *oracle) cost() float64 {
	cost := o.loss()
	for _, p := range o.a.Params() {
		if p.decays() {
			for _, w := range o.p[p.Name] {
				cost += o.decay * w * w
			}
		}
	}
	return cost
}
