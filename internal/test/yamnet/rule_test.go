package main

import (
	"slices"
	"testing"

	"earshot/infer"
	"earshot/infer/builtin"
)

func TestThresholdFor(t *testing.T) {
	best := []float64{0.1, 0.9, 0.5, 0.7}
	for recall, want := range map[float64]float64{0.01: 0.9, 0.25: 0.9, 0.26: 0.7, 0.5: 0.7, 0.75: 0.5, 0.9: 0.1, 1: 0.1} {
		if got := thresholdFor(best, recall); got != want {
			t.Errorf("recall %g: %g, want %g", recall, got, want)
		}
	}
}

func TestSwitches(t *testing.T) {
	for _, c := range []struct {
		scores []float64
		want   int
	}{
		{nil, 0},
		{[]float64{0.4, 0.4}, 0},
		{[]float64{0.5}, 1},
		{[]float64{0, 0.9, 0.9, 0, 0, 0, 0.9}, 1},    // again after 1.92 s
		{[]float64{0, 0.9, 0.9, 0, 0, 0, 0, 0.9}, 2}, // after 2.4 s
	} {
		if got := switches(c.scores, 0.5); got != c.want {
			t.Errorf("%v: %d, want %d", c.scores, got, c.want)
		}
	}
}

// TestMapped: YAMNet knows every sound that stands for a label.
func TestMapped(t *testing.T) {
	m, err := infer.ParseEmbedder("yamnet.onnx", builtin.Embedder())
	if err != nil {
		t.Fatal(err)
	}
	for label, sounds := range mapped {
		for _, s := range sounds {
			if !slices.Contains(m.AudioSet, s) {
				t.Errorf("%s: there is no %q", label, s)
			}
		}
	}
	for _, label := range useless {
		if mapped[label] == nil {
			t.Errorf("%s is no label", label)
		}
	}
}
