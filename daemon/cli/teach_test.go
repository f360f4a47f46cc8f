package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"earshot/daemon/config"
	"earshot/daemon/models"
	"earshot/internal/test/testmodel"
	"earshot/internal/test/tinysounds"
)

// TestTeachRefuses: what cannot be taught is told before anything is computed; models are listed and taken back.
func TestTeachRefuses(t *testing.T) {
	dir := t.TempDir()
	path := configOf(t, "state_dir: "+filepath.Join(dir, "state"))
	f, err := config.Load(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	shelf, err := models.Open(&f.Config)
	if err != nil {
		t.Fatal(err)
	}
	run := func(want int, says string, args ...string) {
		t.Helper()
		code, text := learnCommand(t, append([]string{"teach", "--config", path}, args...)...)
		if code != want || !strings.Contains(text, says) {
			t.Errorf("%q: exit %d, want %d:\n%s\nwithout %q", args, code, want, text, says)
		}
	}
	tinysounds.Folder(t, filepath.Join(dir, "mine"), 2, "dog")
	tinysounds.Folder(t, filepath.Join(dir, "bell"), 2, "bell")
	run(exitUsage, "earshot record")
	run(exitUsage, "the model knows dog already", filepath.Join(dir, "mine"))
	run(exitUsage, "no such file", filepath.Join(dir, "none"))
	run(exitOK, "* the model in the binary", "--list")
	run(exitFailure, "no model before", "--rollback")
	if _, err := shelf.Put(testmodel.New("dog", "bell").Bytes(), []byte("card"), nil, time.Now()); err != nil {
		t.Fatal(err)
	}
	run(exitOK, "taught-", "--list")
	run(exitOK, "back to the model in the binary", "--rollback")
	run(exitOK, "* the model in the binary", "--list")
	if err := os.WriteFile(path, []byte("model: {path: x.onnx}\nstate_dir: "+filepath.Join(dir, "state")), 0o600); err != nil {
		t.Fatal(err)
	}
	run(exitConfig, "listened with only where this is empty", filepath.Join(dir, "bell"))
}
