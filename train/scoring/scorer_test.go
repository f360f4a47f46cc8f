package scoring

import (
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"earshot/internal/test/testruntime"
	"earshot/internal/test/tones"
	"earshot/train"
	"earshot/train/features"
)

// A clip's score is the mean over its windows, whatever the batches they went through, and
// accuracy counts the best label but for the background.
func TestScorerFollowsThePapersRule(t *testing.T) {
	a := tones.Arch(t, 3)
	s, err := New(a, tones.Weights(a, 3), tones.Front(), 1)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	rng := rand.New(rand.NewPCG(1, 1))
	clip := tones.Clip(1, 128+8*40, rng) // 41 windows at hop 8: two batches
	scores, attention, starts, err := s.Windows(clip, 8)
	if err != nil {
		t.Fatal(err)
	}
	if len(starts) != 41 || len(scores) != 41*3 || len(attention) != 41*s.Steps {
		t.Fatalf("%d windows, %d scores, %d attention weights", len(starts), len(scores), len(attention))
	}
	for _, i := range []int{0, 31, 32, 40} { // a window alone scores as in its batch
		cut := &features.Clip{Frames: 128, Energies: clip.Energies[starts[i]*train.Bands : (starts[i]+128)*train.Bands], Silent: make([]bool, 128)}
		one, _, err := s.Clip(cut, 64)
		if err != nil || tones.Apart(one, scores[3*i:3*i+3]) > 1e-6 {
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
		if got, _, err := s.Accuracy([]train.Example{{Clip: clip, Label: c.label}}, c.background, 8); err != nil || got != c.want {
			t.Errorf("scores %v, label %d, background %d: accuracy %g, %v; want %g", mean, c.label, c.background, got, err, c.want)
		}
	}
}

func TestMain(m *testing.M) {
	testruntime.MustLoad()
	os.Exit(m.Run())
}
