package train

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"earshot/train/acrnn"
	"earshot/train/features"
)

func randomWeights(a acrnn.Arch, seed uint64) acrnn.Weights {
	w := acrnn.Weights{Flat: acrnn.InitWeights(a, acrnn.HeInit, rand.New(rand.NewPCG(seed, 1))), Means: make([]float32, a.StatSize()),
		Vars: make([]float32, a.StatSize()), Mean: [2]float32{-30, 0}, Std: [2]float32{15, 2}}
	for i := range w.Vars {
		w.Vars[i] = 1
	}
	return w
}

// A clip's score is the mean over its windows, whatever the batches they went through, and
// accuracy counts the best label but for the background.
func TestScorerFollowsThePapersRule(t *testing.T) {
	a := tinyArch(t, 3)
	s, err := NewScorer(a, randomWeights(a, 3), testFront(), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	rng := rand.New(rand.NewPCG(1, 1))
	clip := toneClip(1, 128+8*40, rng) // 41 windows at hop 8: two batches
	scores, attention, starts, err := s.Windows(clip, 8)
	if err != nil {
		t.Fatal(err)
	}
	if len(starts) != 41 || len(scores) != 41*3 || len(attention) != 41*s.Steps {
		t.Fatalf("%d windows, %d scores, %d attention weights", len(starts), len(scores), len(attention))
	}
	for _, i := range []int{0, 31, 32, 40} { // a window alone scores as in its batch
		cut := &features.Clip{Frames: 128, Energies: clip.Energies[starts[i]*bands : (starts[i]+128)*bands], Silent: make([]bool, 128)}
		one, _, err := s.Clip(cut, 64)
		if err != nil || largestDifference(one, scores[3*i:3*i+3]) > 1e-6 {
			t.Errorf("window %d alone scores %v, among others %v (%v)", i, one, scores[3*i:3*i+3], err)
		}
	}
	mean, windows, err := s.Clip(clip, 8)
	if err != nil || !slices.Equal(windows, scores) {
		t.Fatal("windows differ between two calls", err)
	}
	for k := range 3 {
		sum := float32(0)
		for i := range 41 {
			sum += scores[3*i+k]
		}
		if math.Abs(float64(mean[k]-sum/41)) > 1e-6 {
			t.Errorf("label %d: clip's score %g, mean of its windows %g", k, mean[k], sum/41)
		}
	}
	top := best(mean, -1)
	second := best(mean, top)
	for _, c := range []struct {
		label, background int
		want              float64
	}{{top, -1, 1}, {second, -1, 0}, {second, top, 1}} {
		if got, _, err := s.Accuracy([]Example{{Clip: clip, Label: c.label}}, c.background, 8); err != nil || got != c.want {
			t.Errorf("scores %v, label %d, background %d: accuracy %g, %v; want %g", mean, c.label, c.background, got, err, c.want)
		}
	}
}

func largestDifference(a, b []float32) (d float64) {
	for i := range a {
		d = math.Max(d, math.Abs(float64(a[i]-b[i])))
	}
	return d
}

// The norm is the mean and deviation of what the network is shown.
func TestFitNorm(t *testing.T) {
	d := toneData(3, 4, 9)
	n := fitNorm(d.items(), testFront())
	x, log := make([]float32, 2*bands*windowFrames), make([]float32, bands*windowFrames)
	var mean, square [2]float64
	for _, e := range d.Train {
		cutWindow(x, log, e.Clip, 0, testFront())
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
