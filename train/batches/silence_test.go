package batches

import (
	"math"
	"math/rand/v2"
	"testing"

	"earshot/internal/test/tones"
	"earshot/train"
	"earshot/train/recipe"
)

// A window of digital silence teaches the background, not its clip's label.
func TestSilenceTeachesBackground(t *testing.T) {
	r := recipe.Default()
	r.Batch, r.Background = 4, 0.25
	for _, c := range []struct{ label, want int }{{3, 3}, {-1, 1}} {
		s := New(r, tones.Front(), 1, &train.Data{Labels: make([]string, 4), Background: c.label, Train: []train.Example{{Clip: tones.Silent(300), Label: 1}}})
		s.Norm = train.Norm{Std: [2]float32{1, 1}}
		x, target := make([]float32, 2*bands*train.Frames), make([]float32, 4)
		s.one(s.at(0), x, target, rand.New(rand.NewPCG(1, 1)), false, NewWindower(r.Augment, s.front))
		if target[c.want] != 1 {
			t.Errorf("background label %d: a silent window of label 1 teaches %v", c.label, target)
		}
	}
	// Where a clip sounds somewhere, windows are drawn there.
	half := tones.Noise(430, 1, rand.New(rand.NewPCG(1, 1)))
	for i := 200; i < 430; i++ {
		half.Silent[i] = true
	}
	w, rng, silent := NewWindower(r.Augment, tones.Front()), rand.New(rand.NewPCG(1, 1)), 0
	for range 100 {
		w.Draw(half, -1, rng, true)
		if w.Silent() {
			silent++
		}
	}
	if silent > 0 {
		t.Errorf("%d of 100 windows silent in a clip that sounds for 200 frames", silent)
	}
}

// The network's input is what the live front end would make of the same sound: the training
// window and the scorer's, without any variation, are one, but for the normalisation.
func TestPlainWindowIsTheScorersWindow(t *testing.T) {
	clip := tones.Clip(2, 150, rand.New(rand.NewPCG(1, 5)))
	norm := train.Norm{Mean: [2]float32{-20, 0.5}, Std: [2]float32{9, 3}}
	for _, start := range []int{0, 16, 64} { // the last runs past the clip's end
		w := NewWindower(recipe.Augment{}, tones.Front())
		w.Draw(clip, start, rand.New(rand.NewPCG(1, 1)), false)
		got, want := make([]float32, 2*bands*train.Frames), make([]float32, 2*bands*train.Frames)
		w.Finish(got, rand.New(rand.NewPCG(1, 1)), norm)
		train.Cut(want, make([]float32, bands*train.Frames), clip, start, tones.Front())
		norm.Apply(want)
		for i := range got {
			if math.Abs(float64(got[i]-want[i])) > 1e-4 {
				t.Fatalf("start %d: %g at %d, the scorer has %g", start, got[i], i, want[i])
			}
		}
	}
}
