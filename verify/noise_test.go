package verify

import (
	"slices"
	"testing"

	"earshot/infer"
	"earshot/infer/builtin"
)

// TestNoiseOf: every name is one of AudioSet's, as the second network lists them.
func TestNoiseOf(t *testing.T) {
	m, err := infer.ParseEmbedder("built-in", builtin.Embedder())
	if err != nil {
		t.Fatal(err)
	}
	got := NoiseOf(m.AudioSet)
	if len(got) != len(noises) || !slices.IsSorted(got) {
		t.Errorf("%d of %d names are AudioSet's: %v", len(got), len(noises), got)
	}
	if NoiseOf([]string{"Speech", "Dog"}) != nil {
		t.Error("speech is no noise")
	}
}

// TestNoiseIn: noise is what AudioSet calls so, but for a label's own sounds; more than all of it is all of it.
func TestNoiseIn(t *testing.T) {
	h := &Head{Labels: []string{"rain", "dog"}, Sounds: [][]int{{1}, {3}}, Noise: []int{0, 1, 9}}
	q, scratch := make([]float32, 3), make([]float32, 3)
	for _, c := range []struct{ audioset, want []float32 }{
		{[]float32{0, 0, 0.9, 0.9}, []float32{0, 0, 0}},
		{[]float32{0.25, 0.5, 0, 0.9}, []float32{0.25, 0.75, 0.75}},
		{[]float32{0.75, 0.75, 0, 0}, []float32{0.75, 1, 1}},
		{nil, []float32{0, 0, 0}},
	} {
		if h.NoiseIn(q, c.audioset); !slices.Equal(q, c.want) {
			t.Errorf("%v: %v, want %v", c.audioset, q, c.want)
		}
	}
	patches := []Patch{{AudioSet: []float32{0.5, 0, 0, 0}}, {AudioSet: []float32{0, 0.25, 0, 0}}}
	if h.MeanNoise(q, scratch, patches); !slices.Equal(q, []float32{0.25, 0.375, 0.375}) {
		t.Errorf("the mean is %v", q)
	}
	if n := testing.AllocsPerRun(10, func() { h.MeanNoise(q, scratch, patches) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	for _, none := range []*Head{{Labels: h.Labels, Sounds: h.Sounds}, h} {
		of := patches
		if none == h {
			of = nil
		}
		if none.MeanNoise(q, scratch, of); !slices.Equal(q, []float32{0, 0, 0}) {
			t.Errorf("without names of noise, or without a patch: %v", q)
		}
	}
}
