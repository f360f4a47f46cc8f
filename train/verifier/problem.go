package verifier

import (
	"math"
	"slices"
	"sync"

	"github.com/tphakala/simd/f32"
	"gonum.org/v1/gonum/optimize"
)

// shards is into how many parts the data are cut, each summed by itself in its own order: so the sums have
// the same bits on whatever number of processors.
const shards = 16

// block is how many embeddings' gradients are summed in single precision before they are added up in double.
const block = 128

// leastPull is the smallest difference between a probability and its target that moves the weights: what
// is below it cannot be seen in a sum of single precision.
const leastPull = 1e-7

// problem is the sum to be minimised, at one point at a time.
type problem struct {
	d     Data
	z     []float32 // (n, Dims) standardised
	decay float64
	total float64 // Σ s

	x         []float64 // the point that value and grad belong to: (Classes, Dims), (Classes)
	value     float64
	grad      []float64 // as x
	evaluated int

	stop <-chan struct{} // may be nil

	w32   []float32 // (Classes, Dims) the point's weights
	parts [shards]part
}

// part is one shard's working memory and sums.
type part struct {
	loss  float64
	grad  []float64 // (Classes, Dims), (Classes)
	sum   []float32 // (Classes, Dims) of a block
	logit []float64 // (Classes)
}

func newProblem(d Data, mean, deviation []float64, decay float64) *problem {
	n := d.Classes * (d.Dims + 1)
	p := &problem{d: d, z: make([]float32, len(d.X)), decay: decay, grad: make([]float64, n), w32: make([]float32, d.Classes*d.Dims)}
	for i := range d.Y {
		p.total += float64(d.weight(i))
		for k := range d.Dims {
			p.z[i*d.Dims+k] = float32((float64(d.X[i*d.Dims+k]) - mean[k]) / deviation[k])
		}
	}
	for s := range p.parts {
		p.parts[s] = part{grad: make([]float64, n), sum: make([]float32, d.Classes*d.Dims), logit: make([]float64, d.Classes)}
	}
	return p
}

func (p *problem) loss(x []float64) float64 {
	p.at(x)
	return p.value
}

func (p *problem) gradient(grad, x []float64) {
	p.at(x)
	copy(grad, p.grad)
}

// at computes value and gradient together, since the optimiser asks for both at each point.
func (p *problem) at(x []float64) {
	if p.x != nil && slices.Equal(p.x, x) {
		return
	}
	p.x = append(p.x[:0], x...)
	p.evaluated++
	for i := range p.w32 {
		p.w32[i] = float32(x[i])
	}
	bias := x[len(p.w32):]
	var wg sync.WaitGroup
	for s := range p.parts {
		wg.Go(func() {
			n := len(p.d.Y)
			p.shard(&p.parts[s], bias, s*n/shards, (s+1)*n/shards)
		})
	}
	wg.Wait()
	p.gather()
}

// gather adds up the shards, and the penalty.
func (p *problem) gather() {
	clear(p.grad)
	p.value = 0
	for s := range p.parts {
		p.value += p.parts[s].loss / p.total
		for i, g := range p.parts[s].grad {
			p.grad[i] += g / p.total
		}
	}
	for i := range p.w32 {
		p.value += p.decay / 2 * p.x[i] * p.x[i]
		p.grad[i] += p.decay * p.x[i]
	}
}

// shard sums the loss and gradient of embeddings lo to hi.
func (p *problem) shard(s *part, bias []float64, lo, hi int) {
	dims, weights := p.d.Dims, len(p.w32)
	clear(s.grad)
	s.loss = 0
	for from := lo; from < hi; from += block {
		clear(s.sum)
		for i := from; i < min(from+block, hi); i++ {
			w := float64(p.d.weight(i))
			if w == 0 {
				continue
			}
			z := p.z[i*dims : (i+1)*dims]
			for c := range s.logit {
				s.logit[c] = float64(f32.DotProduct(p.w32[c*dims:(c+1)*dims], z)) + bias[c]
				if p.d.Offset != nil {
					s.logit[c] += float64(p.d.Offset[i*len(s.logit)+c])
				}
			}
			s.loss -= w * logSoftmax(s.logit, p.d.Y[i])
			for c, prob := range s.logit {
				if c == p.d.Y[i] {
					prob--
				}
				if math.Abs(prob) < leastPull {
					continue
				}
				f32.AddScaled(s.sum[c*dims:(c+1)*dims], float32(w*prob), z)
				s.grad[weights+c] += w * prob
			}
		}
		for i, v := range s.sum {
			s.grad[i] += float64(v)
		}
	}
}

// logSoftmax turns logits into probabilities, in place, and returns the logarithm of class y's.
func logSoftmax(x []float64, y int) float64 {
	most, sum := slices.Max(x), 0.0
	log := x[y] - most
	for c, v := range x {
		x[c] = math.Exp(v - most)
		sum += x[c]
	}
	for c := range x {
		x[c] /= sum
	}
	return log - math.Log(sum)
}

// Init and Record make the problem the optimiser's recorder, which may end the search.
func (p *problem) Init() error { return nil }

func (p *problem) Record(*optimize.Location, optimize.Operation, *optimize.Stats) error {
	if p.stopped() {
		return ErrStopped
	}
	return nil
}

func (p *problem) stopped() bool {
	select {
	case <-p.stop:
		return true
	default:
		return false
	}
}
