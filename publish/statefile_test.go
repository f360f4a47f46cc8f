package publish

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestHalfWrittenState: what a kill in the middle of a write left beside our files is cleared at the next start, and
// nothing else is.
func TestHalfWrittenState(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{".discovery.json.123.tmp", ".unsent.json.9.tmp", ".other.json.1.tmp", "discovery.json.bak"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("{"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := testConfig("tcp://h")
	c.StateFile, c.StoreDir = filepath.Join(dir, "discovery.json"), dir
	p, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	p.Occurrence(onset("dog", 0))
	p.Occurrence(end("dog", 0, 1))
	if err := p.box.Save(); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if want := []string{".other.json.1.tmp", "discovery.json.bak", "unsent.json"}; !slices.Equal(names, want) {
		t.Errorf("there are %v, want %v", names, want)
	}
	if info, err := os.Stat(filepath.Join(dir, "unsent.json")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}
