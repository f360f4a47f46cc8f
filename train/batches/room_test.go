package batches

import (
	"math"
	"math/rand/v2"
	"testing"

	"earshot/internal/test/tones"
	"earshot/train"
)

// A click is followed by a tail that falls by the same factor every frame, by
// 60 dB within the longest room's time, and faster the higher the band.
func TestRoomsDecayExponentially(t *testing.T) {
	front := tones.Front()
	for seed := range uint64(20) {
		e := make([]float32, train.Frames*bands)
		for k := range bands {
			e[10*bands+k] = 1
		}
		reverberate(e, front, rand.New(rand.NewPCG(seed, 1)))
		at := func(frame, band int) float64 { return float64(e[frame*bands+band]) }
		if at(9, 0) != 0 || at(10, 0) != 1 {
			t.Errorf("seed %d: before the click %g, at it %g; want 0 and 1", seed, at(9, 0), at(10, 0))
		}
		low, high := at(12, 0)/at(11, 0), at(12, 127)/at(11, 127)
		if again := at(40, 0) / at(39, 0); math.Abs(again-low) > 1e-3*low {
			t.Errorf("seed %d: the tail falls by %g, later by %g", seed, low, again)
		}
		seconds := -6 / math.Log10(low) * float64(front.HopSamples) / float64(front.SampleRate)
		if seconds < 0.99*roomShortest || seconds > 1.01*roomLongest || high >= low {
			t.Errorf("seed %d: 60 dB in %.2f s, a frame's factor %.3f low and %.3f high", seed, seconds, low, high)
		}
		tail := 0.0
		for f := 11; f < train.Frames; f++ {
			tail += at(f, 127)
		}
		if ratio := -10 * math.Log10(tail); ratio < roomFarthest-0.1 || ratio > roomClosest+0.5 {
			t.Errorf("seed %d: direct sound %.1f dB over its reverberation", seed, ratio)
		}
	}
}

// A steady sound stays steady: only its level rises, alike in every frame.
func TestRoomsKeepSteadySoundSteady(t *testing.T) {
	e := make([]float32, train.Frames*bands)
	for i := range e {
		e[i] = 2
	}
	reverberate(e, tones.Front(), rand.New(rand.NewPCG(3, 1)))
	for i, v := range e {
		if math.Abs(float64(v-e[0])) > 1e-3*float64(e[0]) || v <= 2 {
			t.Fatalf("frame %d, band %d: %g, at the start %g", i/bands, i%bands, v, e[0])
		}
	}
}
