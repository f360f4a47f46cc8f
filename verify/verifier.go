package verify

import (
	"fmt"

	"earshot/verify/logmel"
)

// EmbeddingLen is the number of values in an embedding.
const EmbeddingLen = 1024

// MaxPatches is the most patches that one question returns; a longer span gives its last ones.
const MaxPatches = 8

// slots is how many blocks and patches are kept: a question's, and those of the windows before it.
const slots = 2 * MaxPatches

// Embed is the second network: patches (n, 96, 64), n ≤ MaxPatches, to embedding (n, 1024) and to the
// probabilities of its own sounds, audioset (n, K).
type Embed func(patches []float32, n int, embedding, audioset []float32) error

// Patch is 0.975 s of sound as the second network understands it.
type Patch struct {
	At, End   int64     // samples [At, End) of the source, the filter's look-ahead included
	Embedding []float32 // (1024)
	AudioSet  []float32 // (K)
}

// Stats are counts since the start.
type Stats struct {
	Questions uint64 // calls of Patches
	Computed  uint64 // patches embedded
	Reused    uint64 // patches that were there already
	Missing   uint64 // patches whose samples were gone before they were asked for, or had not come
	Failed    uint64 // questions that the second network failed
}

// Verifier answers questions about one source's sound. It belongs to one goroutine, and allocates nothing
// after New.
type Verifier struct {
	sound  *Sound
	embed  Embed
	grid   *gridder
	epoch  uint64
	blocks [slots]slot // by block index mod slots: (48, 64) log-mel frames
	kept   [slots]slot // by patch index mod slots: (1024 + K)
	batch  []int64     // patches to embed
	in     []float32   // (MaxPatches, 96, 64)
	embs   []float32   // (MaxPatches, 1024)
	probs  []float32   // (MaxPatches, K)
	out    []Patch
	stats  Stats
}

// slot holds what was computed for an index.
type slot struct {
	index int64 // −1 when empty
	x     []float32
}

// New makes a Verifier for a source; sounds is K, the number of sounds that the second network tells apart
// by itself.
func New(s *Sound, embed Embed, sounds int) *Verifier {
	v := &Verifier{
		sound: s, embed: embed, grid: newGridder(),
		batch: make([]int64, 0, MaxPatches),
		in:    make([]float32, MaxPatches*logmel.PatchLen),
		embs:  make([]float32, MaxPatches*EmbeddingLen),
		probs: make([]float32, MaxPatches*sounds),
		out:   make([]Patch, 0, MaxPatches),
	}
	for i := range slots {
		v.blocks[i] = slot{-1, make([]float32, blockLen)}
		v.kept[i] = slot{-1, make([]float32, EmbeddingLen+sounds)}
	}
	return v
}

// Patches returns the grid's patches that start at or after sample end−span and are complete before end, in
// order, at most the last MaxPatches of them; only those not asked for before are computed. Patches that
// would span a gap do not exist; missing is how many others could not be computed, since the source no
// longer holds their samples, or not yet. They stay valid until the next call. An error is the second
// network's.
func (v *Verifier) Patches(end, span int64) (patches []Patch, missing int, err error) {
	v.stats.Questions++
	v.out, v.batch = v.out[:0], v.batch[:0]
	v.follow(v.sound.currentEpoch())
	first, last := PatchRange(end, span)
	for p := first; p <= last; p++ {
		if v.has(p) {
			v.stats.Reused++
			continue
		}
		switch v.prepare(p) {
		case whole:
			v.batch = append(v.batch, p)
		case lost, early:
			missing++
			v.stats.Missing++
		}
	}
	if err := v.run(); err != nil {
		v.stats.Failed++
		return nil, missing, err
	}
	for p := first; p <= last; p++ {
		if v.has(p) {
			k := v.kept[p%slots].x
			v.out = append(v.out, Patch{At: p * PatchHop, End: p*PatchHop + PatchSpan, Embedding: k[:EmbeddingLen], AudioSet: k[EmbeddingLen:]})
		}
	}
	return v.out, missing, nil
}

// Stats returns the counts so far; it is for the goroutine that asks.
func (v *Verifier) Stats() Stats { return v.stats }

// has says whether patch p is kept.
func (v *Verifier) has(p int64) bool { return v.kept[p%slots].index == p }

// prepare puts patch p's frames behind those that are to be embedded, if its sound is whole.
func (v *Verifier) prepare(p int64) state {
	dst := v.in[len(v.batch)*logmel.PatchLen:][:logmel.PatchLen]
	for i := range int64(2) {
		b := &v.blocks[(p+i)%slots]
		if b.index != p+i {
			b.index = -1
			st, epoch := v.grid.block(b.x, v.sound, p+i)
			v.follow(epoch)
			if st != whole {
				return st
			}
			b.index = p + i
		}
		copy(dst[i*blockLen:], b.x)
	}
	return whole // both blocks reach beyond the seam between them, so no gap lies there
}

// follow forgets all that was computed when the source's index has gone back.
func (v *Verifier) follow(epoch uint64) {
	if epoch == v.epoch {
		return
	}
	v.epoch, v.batch = epoch, v.batch[:0]
	for i := range slots {
		v.blocks[i].index, v.kept[i].index = -1, -1
	}
}

// run embeds the batch and keeps what comes of it.
func (v *Verifier) run() error {
	n := len(v.batch)
	if n == 0 {
		return nil
	}
	sounds := len(v.probs) / MaxPatches
	embs, probs := v.embs[:n*EmbeddingLen], v.probs[:n*sounds]
	if err := v.embed(v.in[:n*logmel.PatchLen], n, embs, probs); err != nil {
		return fmt.Errorf("second opinion on %d patches from sample %d on: %w", n, v.batch[0]*PatchHop, err)
	}
	for i, p := range v.batch {
		k := &v.kept[p%slots]
		k.index = p
		copy(k.x, embs[i*EmbeddingLen:][:EmbeddingLen])
		copy(k.x[EmbeddingLen:], probs[i*sounds:][:sounds])
	}
	v.stats.Computed += uint64(n)
	return nil
}

// floorDiv is ⌊a/b⌋ for b > 0.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
