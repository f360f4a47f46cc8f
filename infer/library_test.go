package infer

import (
	"debug/elf"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// runtimePath is the library the tests run with; make test and .ci/run set it up.
func runtimePath(t testing.TB) string {
	t.Helper()
	path, err := FindLibrary("")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestInitOnce(t *testing.T) {
	path := runtimePath(t)
	for _, p := range []string{"", path, ""} {
		if err := Init(p); err != nil {
			t.Fatalf("Init(%q): %v", p, err)
		}
	}
	if !sameFile(RuntimePath(), path) {
		t.Errorf("loaded %s, want %s", RuntimePath(), path)
	}
	if err := checkVersion(RuntimeVersion()); err != nil {
		t.Error(err)
	}
	// A name for the same file is the same library; another file is not.
	link := filepath.Join(t.TempDir(), "libonnxruntime.so")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	if err := Init(link); err != nil {
		t.Error(err)
	}
	other := copyLibrary(t, path, func(b []byte) []byte { return b })
	if err := Init(other); err == nil || !strings.Contains(err.Error(), "is loaded from") {
		t.Errorf("another library: %v", err)
	}
}

// copyLibrary writes a changed copy of the runtime to a folder of its own.
func copyLibrary(t *testing.T, path string, change func([]byte) []byte) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return write(t, t.TempDir(), "libonnxruntime.so", string(change(b)))
}

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// oldLibrary is the runtime with 1.30.0 in its symbol versions made 1.14.0.
func oldLibrary(t *testing.T) string {
	path := runtimePath(t)
	f, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	version := libraryVersion(f)
	f.Close()
	old := "1.14.0"
	if len(version) != len(old) {
		old = old + strings.Repeat("0", max(0, len(version)-len(old)))
	}
	return copyLibrary(t, path, func(b []byte) []byte {
		return []byte(strings.ReplaceAll(string(b), "VERS_"+version+"\x00", "VERS_"+old+"\x00"))
	})
}

func TestFindLibraryOrder(t *testing.T) {
	path := runtimePath(t)
	a, b := t.TempDir(), t.TempDir()
	link := func(dir, name string) string {
		to := filepath.Join(dir, name)
		if err := os.Symlink(path, to); err != nil {
			t.Fatal(err)
		}
		return to
	}
	plain, versioned := link(a, "libonnxruntime.so"), link(b, "libonnxruntime.so.1")
	old := oldLibrary(t)
	for _, c := range []struct {
		name, configured, env string
		folders               []string
		want                  string
	}{
		{"configuration first", plain, versioned, []string{b}, plain},
		{"then the environment", "", versioned, []string{a}, versioned},
		{"a folder will do", b, "", nil, versioned},
		{"then the folders in order", "", "", []string{t.TempDir(), b, a}, versioned},
		{"an old one is passed over", "", "", []string{filepath.Dir(old), a}, plain},
	} {
		got, err := findLibrary(c.configured, c.env, c.folders)
		if err != nil || got != c.want {
			t.Errorf("%s: %q, %v; want %q", c.name, got, err, c.want)
		}
	}
}

// fifo makes a named pipe, which nobody writes into.
func fifo(t *testing.T, dir, name string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFindLibraryErrors(t *testing.T) {
	empty, text := t.TempDir(), write(t, t.TempDir(), "libonnxruntime.so", "not a library at all")
	old := oldLibrary(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	foreign := copyLibrary(t, runtimePath(t), func(b []byte) []byte { b[18] = byte(elf.EM_MIPS); return b })
	for _, c := range []struct {
		name, configured, env string
		folders               []string
		want                  []string
	}{
		{"nowhere", "", "", []string{empty, "/nonexistent"}, []string{"looked for libonnxruntime.so (1.24 or newer, for linux/" + runtime.GOARCH, "none in " + empty + ", /nonexistent", "to get it:"}},
		{"configured and missing", "/nonexistent/x.so", "", nil, []string{"/nonexistent/x.so", "named by the configuration", "no such file", "to get it:"}},
		{"environment and missing", "", "/nonexistent/x.so", nil, []string{"named by $EARSHOT_ONNXRUNTIME", "no such file"}},
		{"no falling back", text, runtimePath(t), []string{empty}, []string{text, "not a shared library"}},
		{"empty folder", empty, "", nil, []string{"folder " + empty, "holds no libonnxruntime.so"}},
		{"too old", old, "", nil, []string{"ONNX Runtime 1.14.0", "is too old, earshot needs 1.24 or newer"}},
		{"only an old one", "", "", []string{filepath.Dir(old)}, []string{old, "is too old"}},
		{"a pipe", fifo(t, t.TempDir(), "x.so"), "", nil, []string{"it is a named pipe; want a file"}},
		{"a device", "", "/dev/zero", nil, []string{"it is a device; want a file"}},
		{"another library", self, "", nil, []string{self, "not "}},
		{"another processor", foreign, "", nil, []string{"made for EM_MIPS, and this binary is"}},
	} {
		_, err := findLibrary(c.configured, c.env, c.folders)
		if !errors.Is(err, ErrNoLibrary) {
			t.Errorf("%s: %v is not ErrNoLibrary", c.name, err)
			continue
		}
		for _, w := range c.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %q does not say %q", c.name, err, w)
			}
		}
	}
}

func TestCheckVersion(t *testing.T) {
	for version, ok := range map[string]bool{
		"1.24.0": true, "1.24.3": true, "1.30.0": true, "2.0.0": true, "1.24": true,
		"1.23.9": false, "0.99.0": false, "1": false, "": false, "x.y.z": false,
	} {
		if err := checkVersion(version); (err == nil) != ok {
			t.Errorf("%q: %v", version, err)
		}
	}
}

func TestSearchFolders(t *testing.T) {
	got := strings.Join(searchFolders("/opt/earshot/bin/earshot"), " ")
	for _, w := range []string{"/opt/earshot/bin /opt/earshot/bin/lib /opt/earshot/lib/earshot /opt/earshot/lib", "/usr/lib/earshot", "/usr/local/lib"} {
		if !strings.Contains(got, w) {
			t.Errorf("%s lacks %s", got, w)
		}
	}
	if n := strings.Count(strings.Join(searchFolders("/usr/bin/earshot"), " ")+" ", "/usr/lib/earshot "); n != 1 {
		t.Errorf("/usr/lib/earshot is there %d times", n)
	}
}
