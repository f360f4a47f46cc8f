package piczak

import (
	"math"
	"math/rand/v2"

	"earshot/train/stepgraph"
)

// Norm is what decibels are normalised by: of all segments to learn from, delayed copies included.
type Norm struct{ Mean, Std float64 }

// fitNorm measures clips.
func fitNorm(clips []Clip) Norm {
	var sum, squares, n float64
	for i := range clips {
		for _, v := range clips[i].Segments {
			sum, squares, n = sum+float64(v), squares+float64(v)*float64(v), n+1
		}
	}
	mean := sum / n
	return Norm{mean, math.Sqrt(math.Max(squares/n-mean*mean, 1e-6))}
}

// listener turns segments into what the network reads.
type listener struct {
	norm    Norm
	scratch []float32 // (Frames, Bands)
}

func newListener(n Norm) *listener { return &listener{n, make([]float32, SegmentLen)} }

// hear writes db (Frames, Bands) normalised, and its deltas, to dst (Frames, 2·Bands).
func (l *listener) hear(dst, db []float32) {
	for i, v := range db {
		l.scratch[i] = float32((float64(v) - l.norm.Mean) / l.norm.Std)
	}
	for t := range Frames {
		copy(dst[t*2*Bands:], l.scratch[t*Bands:(t+1)*Bands])
	}
	deltas(dst[Bands:], l.scratch, 2*Bands)
}

// inputLen is the length of a segment as the network reads it.
const inputLen = 2 * SegmentLen

// sampler deals the segments to learn from into batches. What a step is given follows from the seed and its number alone.
type sampler struct {
	seed     uint64
	clips    []Clip
	rows     []row // all segments
	batches  int   // an epoch
	order    []int // of the epoch that is dealt
	epoch    int   // −1: none yet
	listener *listener
}

// row is a segment of a clip.
type row struct{ clip, segment int }

func newSampler(clips []Clip, batch int, n Norm, seed uint64) *sampler {
	s := &sampler{seed: seed, clips: clips, epoch: -1, listener: newListener(n)}
	for i := range clips {
		for k := range clips[i].count() {
			s.rows = append(s.rows, row{i, k})
		}
	}
	s.batches = ceil(len(s.rows), batch)
	return s
}

// Steps is how many segments there are to learn from, and how many batches an epoch of them has.
func (d *Data) Steps(r Recipe) (segments, batches int) {
	for i := range d.Learn {
		segments += d.Learn[i].count()
	}
	return segments, ceil(segments, r.Batch)
}

// largest is how many segments the largest batch has: they are as even as can be.
func (s *sampler) largest() int { return ceil(len(s.rows), s.batches) }

// fill gives e the segments, labels and masks of step, from 0.
func (s *sampler) fill(e *Engine, step int) {
	if epoch := step / s.batches; epoch != s.epoch {
		s.order = rand.New(rand.NewPCG(s.seed, uint64(epoch)<<1)).Perm(len(s.rows))
		s.epoch = epoch
	}
	b := step % s.batches
	dealt := s.order[b*len(s.rows)/s.batches : (b+1)*len(s.rows)/s.batches]
	segments, target := e.Input("segment"), e.Input("target")
	clear(segments)
	clear(target)
	for i, r := range dealt {
		c := &s.clips[s.rows[r].clip]
		s.listener.hear(segments[i*inputLen:(i+1)*inputLen], c.segment(s.rows[r].segment))
		target[i*e.Arch.Classes+c.Label] = 1
	}
	e.Input("share")[0] = 1 / float32(len(dealt))
	rng := rand.New(rand.NewPCG(s.seed, uint64(step)<<1|1))
	for _, name := range []string{"mask1", "mask2", "mask3"} {
		stepgraph.Dropout(e.Input(name), rng)
	}
}
