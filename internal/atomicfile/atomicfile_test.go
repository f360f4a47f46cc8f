package atomicfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

func TestWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.txt")
	for _, want := range []string{"first", "second, longer"} {
		if err := Write(path, 0o644, text(want)); err != nil {
			t.Fatal(err)
		}
		if got, _ := os.ReadFile(path); string(got) != want {
			t.Errorf("holds %q, want %q", got, want)
		}
	}
	if st, _ := os.Stat(path); st.Mode().Perm() != 0o644 {
		t.Errorf("mode %v, want 0644", st.Mode())
	}
}

// TestWriteFails checks that a failure leaves the old content, no litter, and
// an error with the file's name.
func TestWriteFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.txt")
	if err := Write(path, 0o644, text("old")); err != nil {
		t.Fatal(err)
	}
	full := &os.PathError{Op: "write", Path: "x.tmp", Err: syscall.ENOSPC}
	for name, fill := range map[string]func(io.Writer) error{
		"error": func(w io.Writer) error { io.WriteString(w, "new"); return errors.New("broken") },
		"full":  func(w io.Writer) error { return full },
	} {
		err := Write(path, 0o644, fill)
		if err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v, want an error that names %q", name, err, path)
		}
		if name == "full" && (!errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "want free space")) {
			t.Errorf("full disk: %v", err)
		}
	}
	if got, _ := os.ReadFile(path); string(got) != "old" {
		t.Errorf("holds %q after failures, want %q", got, "old")
	}
	if all, _ := os.ReadDir(dir); len(all) != 1 {
		t.Errorf("%d files left, want 1", len(all))
	}
}

func TestWriteBadPlaces(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{dir, filepath.Join(dir, "none", "a.txt"), "/dev/full"} {
		if err := Write(path, 0o644, text("x")); err == nil || !strings.Contains(err.Error(), "want ") {
			t.Errorf("%s: %v, want an error with advice", path, err)
		}
	}
}

// A cache's file is there whole, in a folder that was not there before; where it cannot be, nothing is left behind.
func TestCache(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ab", "abcd.x")
	for _, want := range []string{"first", "second"} {
		if err := Cache(path, []byte(want)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
	}
	if err := Cache(filepath.Join(path, "below a file"), nil); err == nil || !strings.Contains(err.Error(), "abcd.x") {
		t.Errorf("below a file: %v", err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o755); err != nil { // a folder cannot be replaced
		t.Fatal(err)
	}
	if err := Cache(path, nil); err == nil {
		t.Error("a folder was replaced")
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// What is kept at a second path stays when the first goes; what stands there is left alone.
func TestKeep(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	if err := os.WriteFile(from, []byte("one"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Keep(from, to, 0o600, 10); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(from); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(from, []byte("two"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Keep(from, to, 0o600, 10); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(to); err != nil || string(b) != "one" {
		t.Errorf("%q, %v; want what was kept first", b, err)
	}
	other := t.TempDir()
	if st, err := os.Stat("/dev/shm"); err == nil && st.IsDir() { // another disk, where there is one: it is copied
		if other, err = os.MkdirTemp("/dev/shm", "earshot"); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.RemoveAll(other) })
	}
	there := filepath.Join(other, "c")
	if err := Keep(to, there, 0o600, 10); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(there); err != nil || string(b) != "one" {
		t.Errorf("%q, %v", b, err)
	}
	if err := Keep(filepath.Join(dir, "none"), filepath.Join(dir, "d"), 0o600, 10); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nothing there: %v", err)
	}
}
