package names

import (
	"slices"
	"testing"

	"earshot/infer"
	"earshot/infer/builtin"
)

// TestEverySoundHasAName: every label of the shipped model, and the group that is watched by default, has a name of
// its own in every language.
func TestEverySoundHasAName(t *testing.T) {
	m, err := infer.ParseModel("built-in", builtin.Default())
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Labels) < 50 {
		t.Fatalf("the model knows %d labels", len(m.Labels))
	}
	for _, id := range append(slices.Clone(m.Labels), "alarm") {
		if id == m.Background {
			continue
		}
		for _, language := range Languages {
			if Of(language, id) == "" {
				t.Errorf("%s has no name in %s", id, language)
			}
		}
	}
	for i, language := range Languages {
		of := map[string]string{}
		for id, all := range table {
			if len(all) != len(Languages) {
				t.Fatalf("%s has %d names", id, len(all))
			}
			if other, taken := of[all[i]]; taken {
				t.Errorf("%s: %s and %s are both called %s", language, id, other, all[i])
			}
			of[all[i]] = id
		}
	}
	if Of("xx", "dog") != "" || Of("en", "unheard_of") != "" {
		t.Error("a name that nobody knows")
	}
}
