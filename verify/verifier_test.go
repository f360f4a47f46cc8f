package verify

import (
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"earshot/internal/audio"
	"earshot/verify/logmel"
)

// copycat is a second network whose embedding is the patch's first values, so that a test sees what went in.
func copycat(patches []float32, n int, embedding, audioset []float32) error {
	for i := range n {
		copy(embedding[i*EmbeddingLen:][:EmbeddingLen], patches[i*logmel.PatchLen:][:EmbeddingLen])
		copy(audioset[i*EmbeddingLen:][:EmbeddingLen], patches[(i+1)*logmel.PatchLen-EmbeddingLen:])
	}
	return nil
}

func noise(seed uint64, n int) []float32 {
	rng := rand.New(rand.NewPCG(seed, 3))
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(rng.NormFloat64() * 0.1)
	}
	return x
}

// oracle gives the patches of one run of samples that starts at index at: all of it resampled at once from
// a whole second before, and its frames taken one by one.
func oracle(t *testing.T, at int64, x []float32) map[int64][]float32 {
	t.Helper()
	// The resampler's grid of outputs is that of absolute time: it must start at a multiple of 441.
	before := at%441 + 44100
	r, err := audio.NewResampler(SampleRate, logmel.SampleRate)
	if err != nil {
		t.Fatal(err)
	}
	start := at - before
	y := slices.Clone(r.Process(append(make([]float32, before), x...)))
	front, out := logmel.New(), map[int64][]float32{}
	for p := -floorDiv(-at, PatchHop); p*PatchHop+PatchSpan <= at+int64(len(x)); p++ {
		k := (p*PatchHop - start) / 441 * 160
		values := make([]float32, logmel.PatchLen)
		front.Fill(values, y[k:])
		out[p] = values
	}
	return out
}

// checkPatch holds a patch against the oracle's values, to the bit.
func checkPatch(t *testing.T, p Patch, want map[int64][]float32) {
	t.Helper()
	values, ok := want[p.At/PatchHop]
	if !ok || p.At%PatchHop != 0 || p.End != p.At+PatchSpan {
		t.Fatalf("a patch of samples %d to %d, which is none", p.At, p.End)
	}
	if !slices.Equal(p.Embedding, values[:EmbeddingLen]) || !slices.Equal(p.AudioSet, values[logmel.PatchLen-EmbeddingLen:]) {
		t.Fatalf("patch at %d differs from the oracle's", p.At)
	}
}

// FuzzPatches: whatever the pieces in which sound comes, the gaps in it and the moments and spans of the
// questions, every patch has the bits that the batch gives for its run, and those that must be there are.
func FuzzPatches(f *testing.F) {
	f.Add(uint64(1), uint32(0), []byte{200, 200, 200, 200, 200, 200})
	f.Add(uint64(2), uint32(21167), []byte{200, 201, 100, 200, 200, 203, 200, 200, 200, 255, 254, 254})
	f.Add(uint64(3), uint32(2_000_000_000), []byte{255, 255, 255, 254, 254, 254, 254, 254, 254, 254})
	f.Fuzz(func(t *testing.T, seed uint64, at32 uint32, plan []byte) {
		rng := rand.New(rand.NewPCG(seed, 4))
		sound := NewSound()
		v := New(sound, copycat, EmbeddingLen)
		at := int64(at32)
		runAt, run := at, []float32(nil)
		want := map[int64][]float32{}
		endRun := func() {
			for p, values := range oracle(t, runAt, run) {
				want[p] = values
			}
		}
		type answer struct {
			end, span int64
			patches   []Patch
		}
		var answers []answer
		for i, b := range plan[:min(len(plan), 24)] {
			x := noise(seed+uint64(i), int(b)*200)
			gap := b&1 == 1
			if gap {
				endRun()
				at += int64(b >> 3)
				runAt, run = at, nil
			}
			sound.Write(at, x, gap)
			run, at = append(run, x...), at+int64(len(x))
			end := at - int64(rng.IntN(20000))
			span := int64(rng.IntN(4 * SampleRate))
			patches, missing, err := v.Patches(end, span)
			if err != nil || missing != 0 {
				t.Fatalf("%d patches missing, %v", missing, err)
			}
			a := answer{end: end, span: span}
			for _, p := range patches {
				a.patches = append(a.patches, Patch{p.At, p.End, slices.Clone(p.Embedding), slices.Clone(p.AudioSet)})
			}
			answers = append(answers, a)
		}
		endRun()
		for _, a := range answers {
			n := 0
			for p := range want {
				if p*PatchHop >= a.end-a.span && p*PatchHop+PatchSpan <= a.end {
					n++
				}
			}
			if len(a.patches) != n { // a span of four seconds holds no more than MaxPatches
				t.Fatalf("%d patches, want %d", len(a.patches), n)
			}
			for _, p := range a.patches {
				checkPatch(t, p, want)
			}
		}
	})
}

func TestPatchesAreComputedOnce(t *testing.T) {
	sound := NewSound()
	v := New(sound, copycat, EmbeddingLen)
	sound.Write(0, noise(1, 5*SampleRate), false)
	for range 3 {
		patches, _, err := v.Patches(5*SampleRate, 3*SampleRate)
		if err != nil || len(patches) != 4 {
			t.Fatalf("%d patches, %v", len(patches), err)
		}
	}
	if st := v.Stats(); st != (Stats{Questions: 3, Computed: 4, Reused: 8}) {
		t.Errorf("%+v", st)
	}
}

func TestPatchesOfForgottenSound(t *testing.T) {
	sound := NewSound()
	v := New(sound, copycat, EmbeddingLen)
	sound.Write(0, noise(1, 2*SampleRate), false)
	for at := int64(2 * SampleRate); at < 20*SampleRate; at += SampleRate {
		sound.Write(at, noise(2, SampleRate), false)
	}
	patches, missing, err := v.Patches(2*SampleRate, 2*SampleRate)
	if err != nil || len(patches) != 0 || missing != 3 {
		t.Errorf("%d patches, %d missing, %v; want none, 3", len(patches), missing, err)
	}
	if _, missing, _ = v.Patches(30*SampleRate, SampleRate*3/2); missing != 1 {
		t.Errorf("%d patches of sound that has not come are missing, want 1", missing)
	}
}

// TestIndexGoesBack: a source that starts afresh gets nothing of what was before.
func TestIndexGoesBack(t *testing.T) {
	sound := NewSound()
	v := New(sound, copycat, EmbeddingLen)
	for _, seed := range []uint64{1, 2} {
		x := noise(seed, 3*SampleRate)
		sound.Write(0, x, false)
		patches, _, err := v.Patches(3*SampleRate, 3*SampleRate)
		if err != nil || len(patches) != 5 {
			t.Fatalf("%d patches, %v", len(patches), err)
		}
		want := oracle(t, 0, x)
		for _, p := range patches {
			checkPatch(t, p, want)
		}
	}
}

// TestEmbedFails: the error comes out, and the next question asks again.
func TestEmbedFails(t *testing.T) {
	broken := errors.New("device lost")
	fail := true
	sound := NewSound()
	v := New(sound, func(x []float32, n int, e, a []float32) error {
		if fail {
			return broken
		}
		return copycat(x, n, e, a)
	}, EmbeddingLen)
	sound.Write(0, noise(1, 3*SampleRate), false)
	if patches, _, err := v.Patches(3*SampleRate, SampleRate*3/2); !errors.Is(err, broken) || patches != nil {
		t.Errorf("%d patches, %v", len(patches), err)
	}
	fail = false
	if patches, _, err := v.Patches(3*SampleRate, SampleRate*3/2); err != nil || len(patches) == 0 {
		t.Errorf("%d patches, %v", len(patches), err)
	}
	if st := v.Stats(); st.Failed != 1 {
		t.Errorf("%+v", st)
	}
}

// TestWriterAndReader: for the race detector.
func TestWriterAndReader(t *testing.T) {
	sound := NewSound()
	v := New(sound, copycat, EmbeddingLen)
	x := noise(1, 512)
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range int64(600) {
			sound.Write(i*512, x, i%100 == 0)
		}
	})
	for i := range int64(30) {
		if _, _, err := v.Patches(i*5000, 2*SampleRate); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
}

func TestNoAllocation(t *testing.T) {
	sound := NewSound()
	v := New(sound, copycat, EmbeddingLen)
	x := noise(1, 32768)
	at := int64(0)
	step := func() {
		sound.Write(at, x, false)
		at += int64(len(x))
		if _, _, err := v.Patches(at, 2*SampleRate); err != nil {
			t.Error(err)
		}
	}
	for range 5 {
		step()
	}
	if n := testing.AllocsPerRun(20, step); n != 0 {
		t.Errorf("%v allocations a question, want 0", n)
	}
}

// BenchmarkPatch is what a new patch costs besides the second network.
func BenchmarkPatch(b *testing.B) {
	sound := NewSound()
	g, dst := newGridder(), make([]float32, blockLen)
	sound.Write(0, noise(1, 2*SampleRate), false)
	b.ReportAllocs()
	for b.Loop() {
		g.block(dst, sound, 1)
	}
}
