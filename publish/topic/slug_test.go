package topic

import (
	"strings"
	"testing"
)

func TestSlug(t *testing.T) {
	for name, want := range map[string]string{
		"dog":              "dog",
		"Crying Baby":      "crying_baby",
		"door-wood--knock": "door_wood_knock",
		"Türklingel":       "turklingel",
		"Straße":           "strasse",
		"__x__":            "x",
		"+/#":              "6b0a65",
		"犬":                "c6fb9e",
		"a/../b":           "a_b",
	} {
		got := Slug(name)
		if want == got {
			continue
		}
		if len(want) == 6 && strings.Trim(want, "0123456789abcdef") == "" && IsID(got) && len(got) == 6 {
			continue // a hash
		}
		t.Errorf("Slug(%q) = %q, want %q", name, got, want)
	}
	if Slug("犬") == Slug("猫") {
		t.Error("different names share an id")
	}
	if Slug("a犬") == Slug("a猫") {
		t.Error("different names share an id")
	}
}

func FuzzSlug(f *testing.F) {
	for _, s := range []string{"dog", "", "+/#", "\x00", "Ünï cödé", strings.Repeat("x", 1000), "\xff\xfe"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		s := Slug(name)
		if !IsID(s) {
			t.Fatalf("Slug(%q) = %q is no topic level", name, s)
		}
		if Slug(s) != s {
			t.Fatalf("Slug(%q) = %q is not stable: %q", name, s, Slug(s))
		}
	})
}

func TestDefaultNodeID(t *testing.T) {
	id := DefaultNodeID()
	if !IsID(id) || len(id) != 6 || id != DefaultNodeID() {
		t.Errorf("node id %q", id)
	}
}
