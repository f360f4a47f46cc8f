package config

import (
	"os"
	"path/filepath"
	"testing"
)

// TestKeptNodeID: the id that is there stays; one is made where there is none, or nothing that is one.
func TestKeptNodeID(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "node_id")
	made, err := KeptNodeID(dir)
	if err != nil || made == "" {
		t.Fatal(made, err)
	}
	for _, c := range []struct{ content, want string }{{made + "\n", made}, {"of_an_older_machine\n", "of_an_older_machine"}, {"../+/#", made}} {
		if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := KeptNodeID(dir); err != nil || got != c.want {
			t.Errorf("with %q there: %q (%v), want %q", c.content, got, err, c.want)
		}
	}
	if got, err := KeptNodeID(filepath.Join(dir, "nowhere")); err == nil || got != made {
		t.Errorf("without a folder: %q, %v", got, err)
	}
}
