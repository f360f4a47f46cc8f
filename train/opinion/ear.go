package opinion

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/x448/float16"

	"earshot/infer"
	"earshot/internal/audio"
	"earshot/verify"
)

// Recording is what the second network makes of one recording, whose first sample lies on the grid: patch i
// starts at sample i·verify.PatchHop (44.1 kHz). Sound that is over has silence behind it; a patch counts when half of it is
// sound, and the shortest recording has one.
type Recording struct {
	Samples   int       // at 44.1 kHz, as far as it was heard
	Cut       bool      // more follows, which was not heard
	Embedding []float32 // (patches, 1024), rounded to float16
	AudioSet  []float32 // (patches, K') scores of the second network's own sounds, rounded to float16
	Silent    []bool    // (patches) nothing to learn from
}

// Patches is how many there are.
func (r *Recording) Patches() int { return len(r.Silent) }

// head is the recording's first n samples: the patches that lie in them whole.
func (r *Recording) head(n int) *Recording {
	k := min(r.Patches(), max(0, (n-verify.PatchSpan)/verify.PatchHop+1))
	return &Recording{Samples: n, Cut: true, Embedding: r.Embedding[:k*verify.EmbeddingLen], AudioSet: r.AudioSet[:k*r.sounds()], Silent: r.Silent[:k]}
}

// sounds is K'.
func (r *Recording) sounds() int {
	if r.Patches() == 0 {
		return 0
	}
	return len(r.AudioSet) / r.Patches()
}

// Scores are AudioSet's of patch i.
func (r *Recording) Scores(i int) []float32 { return r.AudioSet[i*r.sounds():][:r.sounds()] }

// Patch is the embedding (1024) of patch i.
func (r *Recording) Patch(i int) []float32 {
	return r.Embedding[i*verify.EmbeddingLen:][:verify.EmbeddingLen]
}

// Sounding lists the patches that are not silent; all, where no other is left.
func (r *Recording) Sounding() []int {
	var all, sounding []int
	for i, silent := range r.Silent {
		all = append(all, i)
		if !silent {
			sounding = append(sounding, i)
		}
	}
	if len(sounding) == 0 {
		return all
	}
	return sounding
}

// SilentAs takes over what is silent from the recording that r is a change of; what follows its end is silent.
func (r *Recording) SilentAs(o *Recording) {
	for i := range r.Silent {
		r.Silent[i] = i >= o.Patches() || o.Silent[i]
	}
}

// Patches are silent below a level of sound, and where the second network itself says so: most of ESC's clips
// are padded, and what follows a bark is no bark.
const (
	silentLevel = 1e-6 // mean square, −60 dBFS
	silentScore = 0.88 // of AudioSet's "Silence"
)

// Ear hears recordings through the second network. Not safe for concurrent use.
type Ear struct {
	embedder *infer.Embedder
	silence  int // index of AudioSet's "Silence"; −1 for none
}

// NewEar loads the second network on one processor thread.
func NewEar(m *infer.EmbedderModel) (*Ear, error) {
	e, err := infer.NewEmbedder(m, infer.Options{Provider: "cpu", Threads: 1})
	if err != nil {
		return nil, err
	}
	return &Ear{e, slices.Index(m.AudioSet, "Silence")}, nil
}

// Close frees the network.
func (e *Ear) Close() { e.embedder.Close() }

// File hears a sound file, the first limit samples of it (0: all). It returns within a second of sound once ctx ends.
func (e *Ear) File(ctx context.Context, path string, limit int) (*Recording, error) {
	read, done, err := open(path)
	if err != nil {
		return nil, err
	}
	defer done()
	return e.hear(ctx, read, limit)
}

// open reads a sound file as mono at 44.1 kHz, until done is called.
func open(path string) (read func([]float32) (int, error), done func(), err error) {
	r, err := audio.Open(path)
	if err != nil {
		return nil, nil, err
	}
	m, err := audio.Mono(r, verify.SampleRate, audio.Mix)
	if err != nil {
		r.Close()
		return nil, nil, err
	}
	return m.Read, func() { r.Close() }, nil
}

// Sound hears samples, mono at 44.1 kHz.
func (e *Ear) Sound(ctx context.Context, x []float32) (*Recording, error) {
	return e.hear(ctx, func(dst []float32) (int, error) {
		if len(x) == 0 {
			return 0, io.EOF
		}
		n := copy(dst, x)
		x = x[n:]
		return n, nil
	}, 0)
}

var errEmpty = errors.New("no sound in it")

// hear plays read's sound into a Verifier, a second at a time, as a source does.
func (e *Ear) hear(ctx context.Context, read func([]float32) (int, error), limit int) (*Recording, error) {
	h := &hearing{ear: e, sound: verify.NewSound(), out: &Recording{}}
	h.verifier = verify.New(h.sound, e.embedder.Embed, e.embedder.Sounds)
	piece := make([]float32, verify.SampleRate)
	for {
		n, err := fill(piece, read)
		h.out.Samples += n
		if n > 0 {
			if err := h.write(ctx, piece[:n]); err != nil {
				return nil, err
			}
		}
		if err == io.EOF {
			break
		}
		if limit > 0 && h.out.Samples >= limit {
			h.out.Cut = true
			return h.out.head(limit), nil
		}
		if err != nil {
			return nil, err
		}
	}
	if h.out.Samples == 0 {
		return nil, errEmpty
	}
	for range 2 { // silence behind the end, for the last patches
		clear(piece)
		if err := h.write(ctx, piece); err != nil {
			return nil, err
		}
	}
	return h.out, nil
}

// fill reads until dst is full or there is no more.
func fill(dst []float32, read func([]float32) (int, error)) (n int, err error) {
	for n < len(dst) && err == nil {
		var k int
		k, err = read(dst[n:])
		n += k
	}
	return n, err
}

// hearing is one recording on its way.
type hearing struct {
	ear      *Ear
	sound    *verify.Sound
	verifier *verify.Verifier
	at       int64
	energy   []float64 // sums of squares of the patch hops so far
	partial  int       // samples in the last of them
	out      *Recording
}

// write adds samples and takes the patches that they complete.
func (h *hearing) write(ctx context.Context, x []float32) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	h.sound.Write(h.at, x, false)
	h.at += int64(len(x))
	h.measure(x)
	patches, missing, err := h.verifier.Patches(h.at, 3*verify.SampleRate)
	if err != nil {
		return err
	}
	if missing > 0 {
		return fmt.Errorf("%d patches before sample %d are missing", missing, h.at)
	}
	for _, p := range patches {
		if p.At == int64(h.out.Patches())*verify.PatchHop {
			h.take(p)
		}
	}
	return nil
}

// measure sums up squares, hop by hop.
func (h *hearing) measure(x []float32) {
	for _, v := range x {
		if h.partial == 0 {
			h.energy = append(h.energy, 0)
		}
		h.energy[len(h.energy)-1] += float64(v) * float64(v)
		h.partial = (h.partial + 1) % verify.PatchHop
	}
}

// take keeps a patch if half of it is sound.
func (h *hearing) take(p verify.Patch) {
	if h.out.Patches() > 0 && int(p.At)+verify.PatchHop > h.out.Samples {
		return
	}
	h.out.Embedding = rounded(h.out.Embedding, p.Embedding)
	h.out.AudioSet = rounded(h.out.AudioSet, p.AudioSet)
	i := h.out.Patches()
	sounding := min(2*verify.PatchHop, h.out.Samples-int(p.At))
	level := (h.energy[i] + h.energy[i+1]) / math.Max(1, float64(sounding))
	s := h.ear.silence
	h.out.Silent = append(h.out.Silent, level < silentLevel || s >= 0 && p.AudioSet[s] >= silentScore)
}

// rounded appends values as a cache file keeps them.
func rounded(dst, values []float32) []float32 {
	for _, v := range values {
		dst = append(dst, float16.Fromfloat32(v).Float32())
	}
	return dst
}
