package head

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"earshot/gammatone"
	"earshot/train"
	"earshot/train/acrnn"
	"earshot/train/batches"
	"earshot/train/features"
	"earshot/train/recipe"
)

// Numbers of the head's training. The weights of the examples add up to what is
// said here, whatever their count; the values were found on ESC-50's fold 4
// with speech and a doorbell as new labels.
const (
	headSteps     = 1300
	headRate      = 0.01
	headPull      = 5e-3 // towards the weights at the start; 0 for new labels
	headBatch     = 64
	taughtWeight  = 10 // of each label that has clips
	quietWeight   = 13 // of the background
	memoryWeight  = 50 // of all remembered labels together
	taughtWindows = 1500
)

// Taught is a head that has learned.
type Taught struct {
	Weights acrnn.Weights
	Loss    []float64 // weighted mean a pass
	Memory  *Memory   // of the old labels and the new ones
	// Of the old labels' remembered windows, those that the head names right, at
	// the start and in the end; Remembered is 0 without a memory. They were
	// rehearsed: a warning when they fall, no proof when they do not.
	Before, After, Remembered int

	head       *head // before it learned
	background int
	arch       acrnn.Arch
	from       acrnn.Weights
	seed       uint64
}

// Teach learns the labels that have clips, and nothing else: everything below
// the last layer and the last layer's other columns stay as they are. It is for
// data that lacks recordings of labels which the network knows. Trained the
// usual way these labels rot: nothing holds the trunk, and every step pushes
// their scores down. But fixed columns are not enough either, as nothing tells
// the new ones to stay low on the old labels' sounds; the memory does.
//
// Columns are learned by Adam on the cross-entropy over all labels, from
// embeddings of varied windows of the clips, of background, and of memory.
func Teach(ctx context.Context, a acrnn.Arch, w acrnn.Weights, front gammatone.Config, d *train.Data, memory *Memory, r recipe.Recipe, seed uint64, threads int) (*Taught, error) {
	if len(d.Train) == 0 {
		return nil, train.ErrNoClips
	}
	e, err := newEmbedder(a, w, threads)
	if err != nil {
		return nil, err
	}
	defer e.Close()
	h := newHead(a, w)
	if err := h.taught(ctx, e, front, d, r, w, seed); err != nil {
		return nil, err
	}
	if err := h.quiet(e, front, d, seed); err != nil {
		return nil, err
	}
	out := &Taught{}
	h.remember(d.Labels, memory)
	out.Before, out.Remembered = h.rememberedRight()
	out.head, out.background, out.arch, out.from, out.seed = h.fresh(nil), d.Background, a, w, seed
	if out.Loss, err = h.learn(ctx, seed); err != nil {
		return nil, err
	}
	h.evenOdds(d.Background)
	out.After, _ = h.rememberedRight()
	out.Weights = h.weights(a, w)
	out.Memory, err = Remember(a, out.Weights, front, d, memory, seed, threads)
	return out, err
}

// LeaveOut are the weights as they were if some of the clips to learn from had not been there: seconds, as no window is
// embedded anew.
func (t *Taught) LeaveOut(ctx context.Context, left func(clip int) bool) (acrnn.Weights, error) {
	h := t.head.fresh(left)
	if _, err := h.learn(ctx, t.seed); err != nil {
		return acrnn.Weights{}, err
	}
	h.evenOdds(t.background)
	return h.weights(t.arch, t.from), nil
}

// fresh is the head before it learned, with the same examples but those of clips that are left out; nil leaves none.
func (h *head) fresh(left func(clip int) bool) *head {
	out := *h
	out.w, out.examples, out.firstOld = nil, nil, -1
	for _, column := range h.start {
		out.w = append(out.w, slices.Clone(column))
	}
	for i, x := range h.examples {
		if i == h.firstOld {
			out.firstOld = len(out.examples)
		}
		if left == nil || x.clip < 0 || !left(x.clip) {
			out.examples = append(out.examples, x)
		}
	}
	return &out
}

// weights are w with the columns that were learned.
func (h *head) weights(a acrnn.Arch, w acrnn.Weights) acrnn.Weights {
	w.Flat = slices.Clone(w.Flat)
	h.store(a.Named(w.Flat))
	return w
}

// taught embeds varied windows of the clips to learn from.
func (h *head) taught(ctx context.Context, e *embedder, front gammatone.Config, d *train.Data, r recipe.Recipe, w acrnn.Weights, seed uint64) error {
	each := min(max(taughtWindows/len(d.Train), 8), 40)
	per := make([]int, len(d.Labels))
	for _, x := range d.Train {
		per[x.Label] += each
	}
	rng := rand.New(rand.NewPCG(seed, 0x7ea))
	win := batches.NewWindower(r.Augment, front)
	norm := train.Norm{Mean: w.Mean, Std: w.Std}
	v, err := e.embed(each*len(d.Train), func(i int, dst []float32) {
		drawSound(win, d.Train[i/each].Clip, rng)
		if len(d.Quiet) > 0 && rng.Float64() < r.Augment.Noise {
			win.AddNoise(d.Quiet[rng.IntN(len(d.Quiet))], r.Augment.NoiseMinSNR+(r.Augment.NoiseMaxSNR-r.Augment.NoiseMinSNR)*rng.Float64(), rng)
		}
		win.Finish(dst, rng, norm)
		norm.Undo(dst) // the embedding graph normalises by itself
	})
	if err != nil {
		return err
	}
	for i := range each * len(d.Train) {
		l := d.Train[i/each].Label
		h.learned[l] = true
		h.add(v[i*e.width:(i+1)*e.width], l, taughtWeight/float64(per[l]))
		h.examples[len(h.examples)-1].clip = i / each
	}
	return ctx.Err()
}

// drawSound draws a window that holds a fair part of a clip's sound: one with its last breath alone, in noise, would teach
// that noise is the sound.
func drawSound(win *batches.Windower, c *features.Clip, rng *rand.Rand) {
	const draws, fair = 12, 0.3
	most := 0.0
	for range draws {
		win.Draw(c, -1, rng, false)
		most = math.Max(most, win.Power())
	}
	for range draws {
		if win.Draw(c, -1, rng, true); win.Power() >= fair*most*win.Gain() {
			return
		}
	}
}

// quiet embeds background, where the network has a label for it.
func (h *head) quiet(e *embedder, front gammatone.Config, d *train.Data, seed uint64) error {
	if d.Background < 0 || len(d.Quiet) == 0 {
		return nil
	}
	if h.isNew(d.Background) {
		h.learned[d.Background] = true // the network had no such label
	}
	rng := rand.New(rand.NewPCG(seed, 0x91e))
	n := 2 * len(d.Quiet)
	v, err := e.embed(n, plain(front, func(i int) (train.Example, int) {
		c := d.Quiet[i/2]
		s := train.Starts(c, train.Frames/2)
		return train.Example{Clip: c}, s[rng.IntN(len(s))]
	}))
	for i := range len(v) / e.width {
		h.add(v[i*e.width:(i+1)*e.width], d.Background, quietWeight/float64(n))
	}
	return err
}

// remember adds the old labels' vectors; those that have clips now are left out.
func (h *head) remember(labels []string, m *Memory) {
	if m == nil || m.Width != h.width {
		return
	}
	var at, label []int
	count := map[int]int{}
	for i, id := range m.Labels {
		if l := slices.Index(labels, id); l >= 0 && !h.learned[l] {
			at, label = append(at, i), append(label, l)
			count[l]++
		}
	}
	h.firstOld = len(h.examples)
	for k, i := range at {
		v := make([]float32, h.width)
		m.vector(i, v)
		h.add(v, label[k], memoryWeight/float64(len(count)*count[label[k]]))
	}
}

// isNew tells whether the network did not have label k: its column started at zero.
func (h *head) isNew(k int) bool {
	return !slices.ContainsFunc(h.start[k][:h.width], func(x float64) bool { return x != 0 })
}

// evenOdds takes back from new labels what they owe to their share of the
// examples alone: each weighed taughtWeight beside an old label's part of
// memoryWeight, so its logit learned that much too high (Saerens et al. 2002).
// Measured with speech and a doorbell: old labels on fold 4 fall from 83.0 to
// 82.8 % instead of 81.2, of the new labels' held-out recordings 20 of 20 either way.
func (h *head) evenOdds(background int) {
	if h.firstOld < 0 {
		return
	}
	old := map[int]bool{}
	for _, x := range h.examples[h.firstOld:] {
		old[x.label] = true
	}
	for k, column := range h.w {
		if h.learned[k] && h.isNew(k) && k != background && len(old) > 0 {
			column[h.width] -= math.Log(taughtWeight * float64(len(old)) / memoryWeight)
		}
	}
}

// rememberedRight counts the memory's vectors that the head names right.
func (h *head) rememberedRight() (right, of int) {
	if h.firstOld < 0 {
		return 0, 0
	}
	z := make([]float64, h.classes)
	for _, x := range h.examples[h.firstOld:] {
		h.logits(x.v, z)
		top := 0
		for k := range z {
			if z[k] > z[top] {
				top = k
			}
		}
		of++
		if top == x.label {
			right++
		}
	}
	return right, of
}

// softmax turns logits into probabilities in place and returns −ln of one of them.
func softmax(z []float64, label int) (loss float64) {
	top := slices.Max(z)
	sum := 0.0
	for i, x := range z {
		z[i] = math.Exp(x - top)
		sum += z[i]
	}
	for i := range z {
		z[i] /= sum
	}
	return -math.Log(math.Max(z[label], 1e-30))
}
