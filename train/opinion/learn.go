package opinion

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"earshot/train/verifier"
	"earshot/verify"
)

// penalty is the regression's C: decay is 1/(C·n). Found on ESC-50's fold 4 from folds 1 to 3, 1 028 CC0 and CC-BY
// clips and speech and music as none of these: 86.5 % of the clips are named, and the values around it are no better.
const penalty = 0.02

// iterations are enough: with this penalty the sum has long come to rest.
const iterations = 80

// Sample is a recording of a label.
type Sample struct {
	*Recording
	Label string
}

// Learned is a head and what it was learned from.
type Learned struct {
	Head       *verify.Head
	Labels     []string // that have rows of their own from these recordings
	Patches    int      // of labels
	None       int      // of none of them
	Iterations int
	Gradient   float64 // that was left
}

// errNoNone is about a head that could only choose among its labels.
var errNoNone = errors.New("the second opinion wants recordings of what is none of the labels")

// Learn makes a head of the labels that samples carry, in the order of labels; none are recordings of what is none of
// them. Of samples the patches that sound count, of none [MostNone] at most, spread over its recordings so that long ones
// do not drown short ones, and weighed so that they count as much as the samples together: much sound says better where
// a label ends, and does not make labels rarer than they are. The same recordings and seed give the same head.
func Learn(ctx context.Context, embedder string, labels []string, samples []Sample, none []*Recording, seed uint64) (*Learned, error) {
	var known []string
	for _, l := range labels {
		if slices.ContainsFunc(samples, func(s Sample) bool { return s.Label == l }) {
			known = append(known, l)
		}
	}
	if len(known) == 0 {
		return nil, errors.New("the second opinion has no recordings of any label")
	}
	d := &data{classes: len(known) + 1}
	for _, s := range samples {
		if y := slices.Index(known, s.Label); y >= 0 {
			d.sounding(s.Recording, y)
		}
	}
	patches := len(d.y)
	d.none(none, len(known), seed)
	if len(d.y) == patches {
		return nil, errNoNone
	}
	s, err := d.fit(ctx, nil)
	if err != nil {
		return nil, err
	}
	return &Learned{Head: verify.NewHead(embedder, known, s.Weights, s.Bias, s.Mean, s.Deviation), Labels: known,
		Patches: patches, None: len(d.y) - patches, Iterations: s.Iterations, Gradient: s.Gradient}, nil
}

// MostNone is how many patches of what is none of the labels are learned from, five hours' or 170 MB.
const MostNone = 40_000

// data are labelled patches.
type data struct {
	x       []float32 // (n, 1024)
	y       []int     // (n)
	weight  []float32 // (n)
	classes int
}

func (d *data) add(patch []float32, y int) {
	d.x, d.y, d.weight = append(d.x, patch...), append(d.y, y), append(d.weight, 1)
}

// sounding adds the patches of a recording that are not silent.
func (d *data) sounding(r *Recording, y int) {
	for _, i := range r.Sounding() {
		d.add(r.Patch(i), y)
	}
}

// none draws patches of class y, MostNone in all, which together weigh no more than what is there already.
func (d *data) none(recordings []*Recording, y int, seed uint64) {
	patches := len(d.y)
	var sizes []int
	var sounding [][]int
	for _, r := range recordings {
		s := r.Sounding()
		sounding, sizes = append(sounding, s), append(sizes, len(s))
	}
	quota := share(sizes, MostNone)
	rng := rand.New(rand.NewPCG(seed, 0x090e))
	for i, s := range sounding {
		drawn := s
		if len(s) > quota {
			rng.Shuffle(len(s), func(a, b int) { s[a], s[b] = s[b], s[a] })
			drawn = s[:quota]
			slices.Sort(drawn)
		}
		for _, p := range drawn {
			d.add(recordings[i].Patch(p), y)
		}
	}
	if n := len(d.y) - patches; n > patches {
		for i := range n {
			d.weight[patches+i] = float32(patches) / float32(n)
		}
	}
}

// share is the largest quota with which Σ min(size, quota) ≤ most, at least 1.
func share(sizes []int, most int) int {
	sorted := slices.Sorted(slices.Values(sizes))
	left := most
	for i, n := range sorted {
		if q := left / (len(sorted) - i); n >= q {
			return max(1, q)
		}
		left -= n
	}
	return max(1, most)
}

// fit runs the regression; it ends within seconds of ctx.
func (d *data) fit(ctx context.Context, offset []float32) (*verifier.Solution, error) {
	total := 0.0
	for _, w := range d.weight {
		total += float64(w)
	}
	s, err := verifier.Fit(verifier.Data{X: d.x, Y: d.y, Weight: d.weight, Offset: offset, Dims: verify.EmbeddingLen, Classes: d.classes},
		verifier.Options{Decay: 1 / (penalty * total), Iterations: iterations, Stop: ctx.Done()})
	if errors.Is(err, verifier.ErrStopped) {
		return nil, context.Cause(ctx)
	}
	return s, err
}

// String says what was learned, in a line.
func (l *Learned) String() string {
	return fmt.Sprintf("%d labels from %d patches of 0.96 s, none of them from %d; %d iterations", len(l.Labels), l.Patches, l.None, l.Iterations)
}
