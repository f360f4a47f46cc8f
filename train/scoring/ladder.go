package scoring

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"

	"earshot/gammatone"
	"earshot/internal/audio"
	"earshot/train/augment"
	"earshot/train/dataset"
	"earshot/train/features"
)

// RealNoise names the noise that is made of other recordings.
const RealNoise = "real"

// Rung is one step of the noise ladder: the test set with noise at one SNR.
type Rung struct {
	Noise string  // "white", "pink", "brown" or "real"
	SNR   float64 // dB, both powers over the whole clip, zero padding included
}

// Rungs lists every noise at every SNR.
func Rungs(noises []string, snrs []float64) []Rung {
	var out []Rung
	for _, n := range noises {
		for _, s := range snrs {
			out = append(out, Rung{n, s})
		}
	}
	return out
}

// Variant makes the rung a change of waveforms that [features.LoadContext]
// applies: load the test clips with it, without a cache (a ladder of 400 clips
// would fill 2 GB), score and evaluate them as ever. The noise of a clip
// follows from seed and the clip's name. RealNoise draws from
// backgrounds (never of the clip's own label or recording) and needs some.
func (r Rung) Variant(seed uint64, backgrounds []dataset.Clip) (*features.Variant, error) {
	if math.IsNaN(r.SNR) || math.Abs(r.SNR) > 120 {
		return nil, fmt.Errorf("noise at %g dB; want a SNR from −120 to 120 dB", r.SNR)
	}
	v := &features.Variant{Name: fmt.Sprintf("%s at %g dB, seed %d", r.Noise, r.SNR, seed)}
	if r.Noise == RealNoise {
		if len(backgrounds) == 0 {
			return nil, fmt.Errorf("real background noise: no clip to take it from")
		}
		h := fnv.New64a()
		for _, b := range backgrounds {
			fmt.Fprintf(h, "%q %d ", b.Name, b.Label)
		}
		v.Name += fmt.Sprintf(", of %x", h.Sum64())
		v.Apply = func(c dataset.Clip, x []float32) ([]float32, error) {
			noise, err := drawBackground(c, backgrounds, clipRand(seed, c.Name))
			if err != nil {
				return nil, err
			}
			return augment.MixAtSNR(x, noise, r.SNR), nil
		}
		return v, nil
	}
	colour, err := augment.ParseColour(r.Noise)
	if err != nil {
		return nil, err
	}
	v.Apply = func(c dataset.Clip, x []float32) ([]float32, error) {
		return augment.AddNoise(x, colour, r.SNR, clipRand(seed, c.Name)), nil
	}
	return v, nil
}

// clipRand depends on the clip's name, so that every SNR mixes the same noise.
func clipRand(seed uint64, name string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(name))
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// drawBackground reads a background of another label and recording than c's,
// from a random point on; silent and unreadable ones are passed over.
func drawBackground(c dataset.Clip, from []dataset.Clip, rng *rand.Rand) ([]float32, error) {
	const tries = 16
	for range tries {
		b := from[rng.IntN(len(from))]
		if b.Label == c.Label || b.Source == c.Source {
			continue
		}
		x, err := audio.ReadMono(b.Path, gammatone.Default().SampleRate)
		if err != nil {
			continue
		}
		if x = withoutPadding(x); len(x) == 0 || augment.RMS(x) < 1e-4 {
			continue
		}
		at := rng.IntN(len(x))
		return append(slices.Clone(x[at:]), x[:at]...), nil
	}
	return nil, fmt.Errorf("real background noise: %d draws from %d clips found none of another label that can be heard", tries, len(from))
}

// withoutPadding drops stretches of digital silence (46 ms or more below one
// step of 16 bits), wherever they are: ESC's clips are zero padded, and noise
// with holes would be less noise than its SNR says.
func withoutPadding(x []float32) []float32 {
	const least = 2048
	out := x[:0:0]
	quiet := 0
	for i, v := range x {
		if math.Abs(float64(v)) < 1.0/32768 {
			quiet++
			continue
		}
		if quiet < least {
			out = append(out, x[i-quiet:i]...)
		}
		quiet = 0
		out = append(out, v)
	}
	return out
}

// ambientLabels are the ESC labels that last and fill a room: what other
// sounds are heard against.
var ambientLabels = []string{
	"rain", "sea_waves", "crackling_fire", "crickets", "wind", "washing_machine", "vacuum_cleaner",
	"engine", "train", "airplane", "helicopter", "insects", "chirping_birds", "pouring_water",
}

// Ambient picks the clips that serve as real backgrounds: lasting ESC sounds
// of the given folds, which should not be the test folds.
func Ambient(s *dataset.Set, folds ...int) []dataset.Clip {
	var out []dataset.Clip
	for _, c := range s.Folds(folds...) {
		if slices.Contains(ambientLabels, s.Labels[c.Label]) {
			out = append(out, c)
		}
	}
	return out
}
