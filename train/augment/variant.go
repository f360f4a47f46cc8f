package augment

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"sync"

	"earshot/train/dataset"
	"earshot/train/features"
)

// Ranges says how far waveforms are changed. Zero widths switch a change off.
type Ranges struct {
	StretchLo, StretchHi float64 // rate; both 0 or 1: no stretch
	Semitones            float64 // pitch shift is uniform in ±Semitones
}

// Paper is section 4.1 of the paper.
var Paper = Ranges{StretchLo: 0.8, StretchHi: 1.3, Semitones: 3.5}

// Check reports a range that a user must not ask for.
func (r Ranges) Check() error {
	if r.stretches() && !(r.StretchLo >= MinRate && r.StretchHi <= MaxRate && r.StretchLo <= r.StretchHi) {
		return fmt.Errorf("time stretch %g to %g; want two rates from %g to %g, the smaller first", r.StretchLo, r.StretchHi, MinRate, MaxRate)
	}
	if !(r.Semitones >= 0 && r.Semitones <= MaxSemitones) {
		return fmt.Errorf("pitch shift ±%g semitones; want 0 to %d", r.Semitones, MaxSemitones)
	}
	return nil
}

func (r Ranges) stretches() bool {
	return !(r.StretchLo == 0 && r.StretchHi == 0) && !(r.StretchLo == 1 && r.StretchHi == 1)
}

// Variant is copy number n of every clip, stretched and shifted by factors
// drawn from seed, n and the clip's own samples, so that a clip gets the same
// change in every set and on every run. Even copies are stretched and odd ones
// are shifted, as the paper has its augmentations one at a time; where only one
// is switched on, all get that. It panics on ranges that Check refuses.
func Variant(n int, seed uint64, r Ranges) *features.Variant {
	if err := r.Check(); err != nil {
		panic("augment: " + err.Error())
	}
	pool := sync.Pool{New: func() any { return NewStretcher() }} // one a worker
	return &features.Variant{
		Name: fmt.Sprintf("wsola 1, stretch %g–%g, pitch ±%g, copy %d, seed %d", r.StretchLo, r.StretchHi, r.Semitones, n, seed),
		Apply: func(_ dataset.Clip, x []float32) ([]float32, error) {
			s := pool.Get().(*Stretcher)
			defer pool.Put(s)
			return change(s, x, n, r, rand.New(rand.NewPCG(seed, contentSeed(x)+uint64(n)))), nil
		},
	}
}

func change(s *Stretcher, x []float32, n int, r Ranges, rng *rand.Rand) []float32 {
	stretch, shift := r.stretches(), r.Semitones > 0
	if stretch && shift {
		stretch, shift = n%2 == 0, n%2 == 1
	}
	u := rng.Float64()
	switch {
	case stretch:
		return s.Stretch(x, r.StretchLo+(r.StretchHi-r.StretchLo)*u)
	case shift:
		return s.Pitch(x, r.Semitones*(2*u-1))
	}
	return x
}

// contentSeed is a hash of every 64th sample.
func contentSeed(x []float32) uint64 {
	h := fnv.New64a()
	var b [4]byte
	for i := 0; i < len(x); i += 64 {
		v := math.Float32bits(x[i])
		b = [4]byte{byte(v), byte(v >> 8), byte(v >> 16), byte(v >> 24)}
		h.Write(b[:])
	}
	return h.Sum64()
}
