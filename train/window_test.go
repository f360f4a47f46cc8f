package train_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"earshot/internal/test/tones"
	"earshot/train"
)

// All windows: half-overlapping ones, without those of digital silence.
func TestWindowStartsLeaveSilenceOut(t *testing.T) {
	clip := tones.Noise(430, 1, rand.New(rand.NewPCG(1, 1)))
	if got := train.Starts(clip, 64); !slices.Equal(got, []int{0, 64, 128, 192, 256}) {
		t.Errorf("a sounding clip: %v", got)
	}
	for i := 150; i < 430; i++ {
		clip.Silent[i] = true
	}
	if got := train.Starts(clip, 64); !slices.Equal(got, []int{0, 64, 128}) {
		t.Errorf("a clip silent from frame 150: %v", got)
	}
	if got := train.Starts(tones.Silent(300), 64); !slices.Equal(got, []int{0, 64, 128}) {
		t.Errorf("a silent clip: %v, want all, there is nothing better", got)
	}
	if got := train.Starts(tones.Noise(40, 1, rand.New(rand.NewPCG(1, 1))), 64); !slices.Equal(got, []int{0}) {
		t.Errorf("a clip shorter than a window: %v", got)
	}
}

// The norm is the mean and deviation of what the network is shown.
func TestFitNorm(t *testing.T) {
	d := tones.Data(3, 4, 9)
	n := train.FitNorm(d.Train, tones.Front())
	x, log := make([]float32, train.WindowLen), make([]float32, train.Bands*train.Frames)
	var mean, square [2]float64
	for _, e := range d.Train {
		train.Cut(x, log, e.Clip, 0, tones.Front())
		n.Apply(x)
		for i, v := range x {
			c := i / (len(x) / 2)
			mean[c] += float64(v) / float64(len(d.Train)*len(x)/2)
			square[c] += float64(v) * float64(v) / float64(len(d.Train)*len(x)/2)
		}
	}
	for c := range 2 {
		if math.Abs(mean[c]) > 1e-3 || math.Abs(square[c]-1) > 1e-3 {
			t.Errorf("channel %d: mean %g, mean square %g after normalising, want 0 and 1", c, mean[c], square[c])
		}
	}
}

// A window that begins behind the end of a short clip is digital silence.
func TestCutBehindTheEnd(t *testing.T) {
	clip, front := tones.Noise(20, 1, rand.New(rand.NewPCG(1, 1))), tones.Front()
	behind, silent, log := make([]float32, train.WindowLen), make([]float32, train.WindowLen), make([]float32, train.Frames*train.Bands)
	train.Cut(behind, log, clip, 32, front)
	train.Cut(silent, log, tones.Silent(300), 0, front)
	if !slices.Equal(behind, silent) {
		t.Error("a window behind the end of a clip is not silent")
	}
}
