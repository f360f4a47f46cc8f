package train

import (
	"math"
	"math/rand/v2"

	"earshot/gammatone"
	"earshot/train/features"
)

// item is one clip that can be drawn.
type item struct {
	clip  *features.Clip
	label int
}

// sampler fills batches. What it draws for a step is a function of the seed
// and the step alone, so that a resumed training continues the same curve.
type sampler struct {
	recipe     Recipe
	front      gammatone.Config
	seed       uint64
	items      []item
	background []*features.Clip // of the background label, may be empty
	label      int              // the background label's index, −1 for none
	classes    int
	norm       Norm
	units      []unit // what an epoch walks through
	perm       []int
	permEpoch  int
}

// unit is one thing to draw in an epoch: a clip, or a fixed window of one.
type unit struct {
	item  int
	start int // −1: anywhere
}

const windowFrames = 128

func newSampler(r Recipe, front gammatone.Config, seed uint64, items []item, background []*features.Clip, label, classes int) *sampler {
	s := &sampler{recipe: r, front: front, seed: seed, items: items, background: background, label: label, classes: classes, permEpoch: -1}
	for i, it := range items {
		if !r.AllWindows {
			s.units = append(s.units, unit{i, -1})
			continue
		}
		for _, start := range windowStarts(it.clip, windowFrames/2) {
			s.units = append(s.units, unit{i, start})
		}
	}
	if r.Balance {
		s.units = balanced(s.units, items)
	}
	return s
}

// balanced repeats the units of rare labels (up to 16 times) towards the most frequent one's count.
func balanced(units []unit, items []item) []unit {
	count := map[int]int{}
	most := 0
	for _, u := range units {
		l := items[u.item].label
		count[l]++
		most = max(most, count[l])
	}
	var out []unit
	for _, u := range units {
		n := count[items[u.item].label]
		for range min(16, max(1, (most+n/2)/n)) {
			out = append(out, u)
		}
	}
	return out
}

// windowStarts lists the windows of a clip at a hop, without those that are
// mostly digital silence (all of them where nothing else is left).
func windowStarts(c *features.Clip, hop int) []int {
	var all, sounding []int
	for start := 0; ; start += hop {
		all = append(all, start)
		if c.SilentShare(start, windowFrames) < 0.9 {
			sounding = append(sounding, start)
		}
		if start+hop+windowFrames > c.Frames {
			break
		}
	}
	if len(sounding) == 0 {
		return all
	}
	return sounding
}

// with is s with another recipe, safe to use beside it: what an epoch walks through stays.
func (s *sampler) with(r Recipe) *sampler {
	return &sampler{recipe: r, front: s.front, seed: s.seed, items: s.items, background: s.background, label: s.label,
		classes: s.classes, norm: s.norm, units: s.units, permEpoch: -1}
}

// stepsPerEpoch is how many batches walk once through everything; the last one
// is filled from the next epoch's beginning.
func (s *sampler) stepsPerEpoch() int {
	per := s.recipe.Batch - s.backgroundRows()
	return max(1, (len(s.units)+per-1)/per)
}

func (s *sampler) backgroundRows() int {
	if s.label < 0 || len(s.background) == 0 {
		return 0
	}
	return max(1, int(math.Round(s.recipe.Background*float64(s.recipe.Batch))))
}

// at returns the i-th unit of the endless sequence of shuffled epochs.
func (s *sampler) at(i int) unit {
	epoch := i / len(s.units)
	if epoch != s.permEpoch {
		s.permEpoch = epoch
		s.perm = rand.New(rand.NewPCG(s.seed, 0x9e3779b97f4a7c15^uint64(epoch))).Perm(len(s.units))
	}
	return s.units[s.perm[i%len(s.units)]]
}

// batch is one step's input.
type batch struct {
	window, target []float32 // (N,2,128,128) normalised, (N,K)
	mask9, mask10  []float32
}

// fill makes the batch of step (from 0) of steps.
func (s *sampler) fill(b *batch, step, steps int, w *windower) {
	r := s.recipe
	rng := rand.New(rand.NewPCG(s.seed^0x5ea, uint64(step)))
	calm := float64(step) > (1-r.Augment.Calm)*float64(steps)
	quiet := s.backgroundRows()
	rows := r.Batch - quiet
	clear(b.target)
	size := 2 * 128 * windowFrames
	for i := range r.Batch {
		x, t := b.window[i*size:(i+1)*size], b.target[i*s.classes:(i+1)*s.classes]
		if i >= rows {
			c := s.background[rng.IntN(len(s.background))]
			w.draw(c, -1, rng, false)
			t[s.label] = 1
			w.finish(x, rng, s.norm)
			continue
		}
		s.one(s.at(step*rows+i), x, t, rng, calm, w)
	}
	if r.Augment.MixupAlpha > 0 {
		mixup(b, r.Batch, size, s.classes, r.Augment.MixupAlpha, rng)
	}
	if e := float32(r.Smoothing); e > 0 {
		for i := range b.target {
			b.target[i] = b.target[i]*(1-e) + e/float32(s.classes)
		}
	}
	dropoutMask(b.mask9, rng)
	dropoutMask(b.mask10, rng)
}

// one fills the window x and soft label t of one unit.
func (s *sampler) one(u unit, x, t []float32, rng *rand.Rand, calm bool, w *windower) {
	a := s.recipe.Augment
	it := s.items[u.item]
	w.draw(it.clip, u.start, rng, true)
	mix, splice := a.Mix, a.Splice
	if calm {
		mix, splice = mix/3, splice/3
	}
	how := rng.Float64()
	switch {
	case w.silent():
		t[s.quietLabel(it.label)] = 1
	case how < mix:
		s.blend(t, it.label, w.mix, rng)
	case how < mix+(1-mix)*splice:
		s.blend(t, it.label, w.splice, rng)
	default:
		t[it.label] = 1
	}
	if rng.Float64() < a.Room {
		reverberate(w.energy, s.front, rng)
	}
	if len(s.background) > 0 && rng.Float64() < a.Noise {
		snr := a.NoiseMinSNR + (a.NoiseMaxSNR-a.NoiseMinSNR)*rng.Float64()
		w.addNoise(s.background[rng.IntN(len(s.background))], snr, rng)
	}
	w.finish(x, rng, s.norm)
}

// blend brings a sound of another class into the window of label, and shares the soft label t between the two.
func (s *sampler) blend(t []float32, label int, bring func(*features.Clip, *rand.Rand) float64, rng *rand.Rand) {
	other := s.items[rng.IntN(len(s.items))]
	for range 8 {
		if other.label != label {
			break
		}
		other = s.items[rng.IntN(len(s.items))]
	}
	share := float32(bring(other.clip, rng))
	t[label] = share
	t[other.label] += 1 - share
}

// quietLabel is what a window of digital silence teaches: background where
// that is learned; otherwise there is nothing better than its clip's label.
func (s *sampler) quietLabel(label int) int {
	if s.label >= 0 {
		return s.label
	}
	return label
}

// dropoutMask is dropout of one half, as in the paper: it fills m with 0 or 2, each as likely.
func dropoutMask(m []float32, rng *rand.Rand) {
	for i := 0; i < len(m); i += 64 {
		bits := rng.Uint64()
		for j := i; j < min(i+64, len(m)); j++ {
			m[j] = float32(bits & 1 * 2)
			bits >>= 1
		}
	}
}

// mixup blends each row with another: λ ~ Beta(α,α) (Zhang et al. 2018).
func mixup(b *batch, rows, size, classes int, alpha float64, rng *rand.Rand) {
	window, target := append([]float32{}, b.window...), append([]float32{}, b.target...)
	perm := rng.Perm(rows)
	for i, j := range perm {
		l := float32(betaSample(alpha, rng))
		for k := range size {
			b.window[i*size+k] = l*window[i*size+k] + (1-l)*window[j*size+k]
		}
		for k := range classes {
			b.target[i*classes+k] = l*target[i*classes+k] + (1-l)*target[j*classes+k]
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
func (r Recipe) StepsPerEpoch(d *Data) int {
	return newSampler(r, gammatone.Default(), 0, d.items(), d.Quiet, d.Background, len(d.Labels)).stepsPerEpoch()
}

// items are the clips to learn from.
func (d *Data) items() []item {
	out := make([]item, len(d.Train))
	for i, e := range d.Train {
		out[i] = item{e.Clip, e.Label}
	}
	return out
}
