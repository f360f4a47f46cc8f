// Package batches makes what a training step is fed: windows cut from clips, mixed,
// deformed and normalised, with their soft labels. Read the sampler first (what is
// drawn), then the windower (what becomes of it).
package batches

import (
	"math"
	"math/rand/v2"

	"earshot/gammatone"
	"earshot/train"
	"earshot/train/features"
	"earshot/train/recipe"
	"earshot/train/stepgraph"
)

// Sampler fills batches. What it draws for a step is a function of the seed
// and the step alone, so that a resumed training continues the same curve.
type Sampler struct {
	recipe     recipe.Recipe
	front      gammatone.Config
	seed       uint64
	examples   []train.Example
	background []*features.Clip // of the background label, may be empty
	label      int              // the background label's index, −1 for none
	hard       []Negative       // of the background, what the network was wrong about when it was last asked
	classes    int
	Norm       train.Norm // what windows are normalised by
	units      []unit     // what an epoch walks through
	perm       []int
	permEpoch  int
}

// unit is one thing to draw in an epoch: a clip, or a fixed window of one.
type unit struct {
	item  int
	start int // −1: anywhere
}

// New draws from what d has to learn from. Before the first batch, set Norm.
func New(r recipe.Recipe, front gammatone.Config, seed uint64, d *train.Data) *Sampler {
	s := &Sampler{recipe: r, front: front, seed: seed, examples: d.Train, background: byLength(d.Quiet), label: d.Background, classes: len(d.Labels), permEpoch: -1}
	for i, e := range d.Train {
		if !r.AllWindows {
			s.units = append(s.units, unit{i, -1})
			continue
		}
		for _, start := range train.Starts(e.Clip, train.Frames/2) {
			s.units = append(s.units, unit{i, start})
		}
	}
	if r.Balance {
		s.units = balanced(s.units, d.Train)
	}
	return s
}

// byLength lists each clip once for every five seconds that it lasts, so that an hour of speech in one file is drawn as
// often as in a thousand.
func byLength(clips []*features.Clip) []*features.Clip {
	const fiveSeconds = 429 // frames
	var out []*features.Clip
	for _, c := range clips {
		for range max(1, c.Frames/fiveSeconds) {
			out = append(out, c)
		}
	}
	return out
}

// balanced repeats the units of rare labels (up to 16 times) towards the most frequent one's count.
func balanced(units []unit, examples []train.Example) []unit {
	count := map[int]int{}
	most := 0
	for _, u := range units {
		l := examples[u.item].Label
		count[l]++
		most = max(most, count[l])
	}
	var out []unit
	for _, u := range units {
		n := count[examples[u.item].Label]
		for range min(16, max(1, (most+n/2)/n)) {
			out = append(out, u)
		}
	}
	return out
}

// With is s with another recipe, safe to use beside it: what an epoch walks through stays.
func (s *Sampler) With(r recipe.Recipe) *Sampler {
	return &Sampler{recipe: r, front: s.front, seed: s.seed, examples: s.examples, background: s.background, label: s.label,
		classes: s.classes, Norm: s.Norm, units: s.units, permEpoch: -1}
}

// StepsPerEpoch is how many batches walk once through everything; the last one
// is filled from the next epoch's beginning.
func (s *Sampler) StepsPerEpoch() int {
	per := s.recipe.Batch - s.backgroundRows()
	return max(1, (len(s.units)+per-1)/per)
}

func (s *Sampler) backgroundRows() int {
	if s.label < 0 || len(s.background) == 0 {
		return 0
	}
	return max(1, int(math.Round(s.recipe.Background*float64(s.recipe.Batch))))
}

// at returns the i-th unit of the endless sequence of shuffled epochs.
func (s *Sampler) at(i int) unit {
	epoch := i / len(s.units)
	if epoch != s.permEpoch {
		s.permEpoch = epoch
		s.perm = rand.New(rand.NewPCG(s.seed, 0x9e3779b97f4a7c15^uint64(epoch))).Perm(len(s.units))
	}
	return s.units[s.perm[i%len(s.units)]]
}

// Batch is one step's input; the caller gives the slices their sizes.
type Batch struct {
	Window, Target []float32 // (N,2,128,128) normalised, (N,K)
	Mask9, Mask10  []float32 // dropout of both GRU layers (T,N,2H)
}

// Fill makes the batch of step (from 0) of steps.
func (s *Sampler) Fill(b *Batch, step, steps int, w *Windower) {
	r := s.recipe
	rng := rand.New(rand.NewPCG(s.seed^0x5ea, uint64(step)))
	calm := float64(step) > (1-r.Augment.Calm)*float64(steps)
	quiet := s.backgroundRows()
	rows := r.Batch - quiet
	clear(b.Target)
	size := train.WindowLen
	for i := range r.Batch {
		x, t := b.Window[i*size:(i+1)*size], b.Target[i*s.classes:(i+1)*s.classes]
		if i >= rows {
			c, start := s.negative(rng)
			w.Draw(c, start, rng, true)
			t[s.label] = 1
			w.Finish(x, rng, s.Norm)
			continue
		}
		s.one(s.at(step*rows+i), x, t, rng, calm, w)
	}
	if r.Augment.MixupAlpha > 0 {
		mixup(b, r.Batch, size, s.classes, r.Augment.MixupAlpha, rng)
	}
	if e := float32(r.Smoothing); e > 0 {
		for i := range b.Target {
			b.Target[i] = b.Target[i]*(1-e) + e/float32(s.classes)
		}
	}
	stepgraph.Dropout(b.Mask9, rng)
	stepgraph.Dropout(b.Mask10, rng)
}

// one fills the window x and soft label t of one unit.
func (s *Sampler) one(u unit, x, t []float32, rng *rand.Rand, calm bool, w *Windower) {
	a := s.recipe.Augment
	e := s.examples[u.item]
	start := u.start
	if a.RandomWindow {
		start = -1
	}
	w.Draw(e.Clip, start, rng, true)
	mix, splice := a.Mix, a.Splice
	if calm {
		mix, splice = mix/3, splice/3
	}
	how := rng.Float64()
	switch {
	case w.Silent():
		t[s.quietLabel(e.Label)] = 1
	case how < mix:
		s.blend(t, e, w, w.mix, rng)
	case how < mix+(1-mix)*splice:
		s.blend(t, e, w, w.splice, rng)
	default:
		mark(t, e, w.drawn, 1)
	}
	if rng.Float64() < a.Room {
		reverberate(w.energy, s.front, rng)
	}
	if len(s.background) > 0 && rng.Float64() < a.Noise {
		snr := a.NoiseMinSNR + (a.NoiseMaxSNR-a.NoiseMinSNR)*rng.Float64()
		w.AddNoise(s.background[rng.IntN(len(s.background))], snr, rng)
	}
	w.Finish(x, rng, s.Norm)
}

// blend brings a sound of another class into e's window, and shares the soft label t between the two.
func (s *Sampler) blend(t []float32, e train.Example, w *Windower, bring func(*features.Clip, *rand.Rand) float64, rng *rand.Rand) {
	other := s.examples[rng.IntN(len(s.examples))]
	for range 8 {
		if other.Label != e.Label {
			break
		}
		other = s.examples[rng.IntN(len(s.examples))]
	}
	share := float32(bring(other.Clip, rng))
	mark(t, e, w.drawn, share)
	mark(t, other, w.mixed, 1-share)
}

// mark adds what a stretch of e teaches to the soft label t.
func mark(t []float32, e train.Example, at stretch, share float32) {
	if e.Soft != nil {
		e.Soft.Add(t, at.from, at.span, share)
		return
	}
	t[e.Label] += share
}

// quietLabel is what a window of digital silence teaches: background where
// that is learned; otherwise there is nothing better than its clip's label.
func (s *Sampler) quietLabel(label int) int {
	if s.label >= 0 {
		return s.label
	}
	return label
}

// mixup blends each row with another: λ ~ Beta(α,α) (Zhang et al. 2018).
func mixup(b *Batch, rows, size, classes int, alpha float64, rng *rand.Rand) {
	window, target := append([]float32{}, b.Window...), append([]float32{}, b.Target...)
	perm := rng.Perm(rows)
	for i, j := range perm {
		l := float32(betaSample(alpha, rng))
		for k := range size {
			b.Window[i*size+k] = l*window[i*size+k] + (1-l)*window[j*size+k]
		}
		for k := range classes {
			b.Target[i*classes+k] = l*target[i*classes+k] + (1-l)*target[j*classes+k]
		}
	}
}

// betaSample draws from Beta(α,α) by Jöhnk's method, good for α ≤ 1.
func betaSample(alpha float64, rng *rand.Rand) float64 {
	for {
		x, y := math.Pow(rng.Float64(), 1/alpha), math.Pow(rng.Float64(), 1/alpha)
		if s := x + y; s > 0 && s <= 1 {
			return x / s
		}
	}
}

// StepsPerEpoch is how many steps a training by r takes to walk once through d.
func StepsPerEpoch(r recipe.Recipe, d *train.Data) int {
	return New(r, gammatone.Default(), 0, d).StepsPerEpoch()
}
