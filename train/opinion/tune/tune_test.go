package tune

import (
	"math"
	"testing"

	"earshot/verify"
)

const (
	window = 66048
	hop    = 32768
)

// headOf is a head of labels, whose probabilities the tests write themselves.
func headOf(labels ...string) *verify.Head {
	n := verify.EmbeddingLen
	ones := make([]float64, n)
	for i := range ones {
		ones[i] = 1
	}
	k := len(labels) + 1
	return verify.NewHead("test", labels, make([]float64, k*n), make([]float64, k), make([]float64, n), ones)
}

// played is a stream of windows whose first label has these scores of the first network, and of the second in the patches
// that lie in the window.
func played(first, second []float32) *Stream {
	s := &Stream{Samples: len(first)*hop + window}
	for w, p := range first {
		s.Ends = append(s.Ends, int64(w*hop+window))
		s.Scores = append(s.Scores, p, 1-p)
	}
	_, last := verify.PatchRange(s.Ends[len(s.Ends)-1], verify.WindowSpan)
	for p := range last + 1 {
		w := min(len(second)-1, int(p*verify.PatchHop)/hop)
		s.Second = append(s.Second, second[w], 1-second[w])
	}
	return s
}

func TestFused(t *testing.T) {
	h := headOf("dog")
	rows := Rows(h, []string{"dog", "background"})
	s := played([]float32{0.005, 0.5, 0.5}, []float32{0.9, 0.9, 0.9})
	got := s.Fused(h, rows)
	if got[0] != 0.005 || got[1] != 0.995 {
		t.Errorf("below the candidate, and without a row: %g, %g; want the first network's", got[0], got[1])
	}
	if want := verify.DefaultFusion.Fuse(0.5, float64(float32(0.9)), 0); math.Abs(float64(got[2])-want) > 1e-6 {
		t.Errorf("fused %g, want %g", got[2], want)
	}
	s.Noise = make([]float32, len(s.Second))
	for i := range s.Noise {
		s.Noise[i] = 0.5
	}
	if got, want := s.Fused(h, rows), verify.DefaultFusion.Fuse(0.5, float64(float32(0.9)), 0.5); math.Abs(float64(got[2])-want) > 1e-6 {
		t.Errorf("half in noise %g, want %g", got[2], want)
	}
	s.Second = nil
	if got := s.Fused(h, rows); got[2] != 0.5 {
		t.Errorf("without a patch %g, want the first network's 0.5", got[2])
	}
}

func TestCounter(t *testing.T) {
	h := headOf("dog")
	c := NewCounter(h, []string{"dog", "background"}, Settings{Average: 1, Hold: 1, WindowSamples: window, Background: "background"})
	// Both sure twice, a pause between; once the second is not.
	first, second := make([]float32, 24), make([]float32, 24)
	for w := range second {
		second[w] = 0.9
		if w >= 16 {
			second[w] = 0.05
		}
	}
	first[4], first[12], first[20] = 0.9, 0.9, 0.9
	c.Negative(played(first, second))
	c.HeldOut(played([]float32{0.9, 0.9}, []float32{0.9, 0.9}), 0)
	c.HeldOut(played([]float32{0.3, 0.3}, []float32{0.02, 0.02}), 0)
	c.HeldOut(played([]float32{0.6, 0.6}, []float32{0.6, 0.6}), 1)
	curve := c.Curve()
	d := curve.Labels["dog"]
	at := func(on float64) int {
		for i, s := range Steps {
			if math.Abs(s-on) < 1e-9 {
				return i
			}
		}
		t.Fatalf("no step %g", on)
		return 0
	}
	if d.Events[at(0.85)] != 2 || d.Events[at(0.95)] != 0 || d.Events[at(0.2)] != 3 {
		t.Errorf("events %v at %v; want 3 at 0.2, 2 at 0.85, 0 at 0.95", d.Events, Steps)
	}
	if d.Clips != 2 || d.Heard[at(0.85)] != 1 || d.Others != 1 || d.Wrong[at(0.5)] != 1 || d.Wrong[at(0.7)] != 0 {
		t.Errorf("held out: %+v", d)
	}
	if _, known := curve.Labels["background"]; known {
		t.Error("a curve of a label that the head does not know")
	}
	if want := float64(24*hop+window) / 44100 / 3600; math.Abs(d.Hours-want) > 1e-9 {
		t.Errorf("%g h, want %g", d.Hours, want)
	}
	if _, err := curve.Marshal(); err != nil {
		t.Error(err)
	}
}
