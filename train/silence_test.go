package train

import (
	"math"
	"math/rand/v2"
	"testing"
)

// A window of digital silence teaches the background, not its clip's label.
func TestSilenceTeachesBackground(t *testing.T) {
	r := Default()
	r.Batch, r.Background = 4, 0.25
	for _, c := range []struct{ label, want int }{{3, 3}, {-1, 1}} {
		s := newSampler(r, testFront(), 1, []item{{silentClip(300), 1}}, nil, c.label, 4)
		s.norm = Norm{Std: [2]float32{1, 1}}
		x, target := make([]float32, 2*bands*windowFrames), make([]float32, 4)
		s.one(s.at(0), x, target, rand.New(rand.NewPCG(1, 1)), false, newWindower(r.Augment, s.front))
		if target[c.want] != 1 {
			t.Errorf("background label %d: a silent window of label 1 teaches %v", c.label, target)
		}
	}
	// Where a clip sounds somewhere, windows are drawn there.
	half := noiseClip(430, 1, rand.New(rand.NewPCG(1, 1)))
	for i := 200; i < 430; i++ {
		half.Silent[i] = true
	}
	w, rng, silent := newWindower(r.Augment, testFront()), rand.New(rand.NewPCG(1, 1)), 0
	for range 100 {
		w.draw(half, -1, rng, true)
		if w.silent() {
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
	clip := toneClip(2, 150, rand.New(rand.NewPCG(1, 5)))
	norm := Norm{Mean: [2]float32{-20, 0.5}, Std: [2]float32{9, 3}}
	for _, start := range []int{0, 16, 64} { // the last runs past the clip's end
		w := newWindower(Augment{}, testFront())
		w.draw(clip, start, rand.New(rand.NewPCG(1, 1)), false)
		got, want := make([]float32, 2*bands*windowFrames), make([]float32, 2*bands*windowFrames)
		w.finish(got, rand.New(rand.NewPCG(1, 1)), norm)
		cutWindow(want, make([]float32, bands*windowFrames), clip, start, testFront())
		norm.Apply(want)
		for i := range got {
			if math.Abs(float64(got[i]-want[i])) > 1e-4 {
				t.Fatalf("start %d: %g at %d, the scorer has %g", start, got[i], i, want[i])
			}
		}
	}
}
