package verify

import (
	"slices"
	"testing"

	"earshot/infer"
	"earshot/infer/builtin"
)

// TestSoundsOf: the names are AudioSet's, as the second network lists them.
func TestSoundsOf(t *testing.T) {
	m, err := infer.ParseEmbedder("built-in", builtin.Embedder())
	if err != nil {
		t.Fatal(err)
	}
	for label, names := range audioSet {
		for _, n := range names {
			if !slices.Contains(m.AudioSet, n) {
				t.Errorf("%s: AudioSet has no %q", label, n)
			}
		}
	}
	if got := SoundsOf([]string{"own", "cat"}, m.AudioSet); got[0] != nil || len(got[1]) != 5 {
		t.Errorf("sounds %v", got)
	}
}
