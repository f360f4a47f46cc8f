package readfile

import (
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestSpecialFiles: nothing but a regular file is opened, and none is waited for.
func TestSpecialFiles(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := unix.Mkfifo(at("pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	socket, err := net.Listen("unix", at("socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	if err := os.WriteFile(at("long"), make([]byte, 101), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(at("pipe"), at("link")); err != nil {
		t.Fatal(err)
	}
	for path, says := range map[string]string{
		at("pipe"):             "it is a named pipe; want a file",
		at("link"):             "it is a named pipe; want a file",
		at("socket"):           "it is a socket",
		at("long"):             "it has 101 bytes or more; want at most 100",
		at("none"):             "no such file",
		at("evil\x1b[31m"):     `"` + at(`evil\x1b[31m`) + `"`,
		dir:                    "it is a folder",
		"/dev/zero":            "it is a device",
		"/proc/self/cmdline/x": "not a directory",
	} {
		for what, try := range map[string]func() error{
			"Open":  func() error { _, err := Open(path, 100); return err },
			"Bytes": func() error { _, err := Bytes(path, 100); return err },
		} {
			err := try()
			var pe *fs.PathError
			if !errors.As(err, &pe) || !strings.Contains(err.Error(), says) {
				t.Errorf("%s(%q): %v, want a path's error that says %q", what, path, err, says)
			}
		}
	}
	if _, err := Bytes(at("none"), 1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what is not there: %v", err)
	}
}

// TestBounded: a file whose size nobody knows beforehand is not read to its end either.
func TestBounded(t *testing.T) {
	if b, err := Bytes("/proc/self/status", 100); err == nil || !strings.Contains(err.Error(), "at most 100") {
		t.Errorf("%d bytes, %v; want an error", len(b), err)
	}
	if b, err := Bytes("/proc/self/status", 1<<20); err != nil || !strings.HasPrefix(string(b), "Name:") {
		t.Errorf("%.20q, %v", b, err)
	}
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("0123456789"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, limit := range []int64{AnySize, 10} {
		f, err := Open(path, limit)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(f); err != nil || string(b) != "0123456789" {
			t.Errorf("limit %d: %q, %v", limit, b, err)
		}
		f.Close()
	}
}
