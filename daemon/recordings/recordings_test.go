package recordings

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestFolder: takes of labels and of the room come back, are opened and deleted by name, and no name leads out of the folder.
func TestFolder(t *testing.T) {
	f := Folder{Dir: filepath.Join(t.TempDir(), "recordings")}
	x := make([]float32, 4410)
	for _, label := range []string{"bell", "bell", Room, "kettle"} {
		if _, err := f.Keep(label, x); err != nil {
			t.Fatal(err)
		}
	}
	c, err := f.List()
	if err != nil || len(c.Labels) != 2 || len(c.Labels[0].Takes) != 2 || c.Labels[0].Takes[1].Name != "bell_002.flac" || c.Room[0].Name != "room_001.flac" || c.Bytes == 0 {
		t.Fatalf("%+v, %v", c, err)
	}
	if file, err := f.Open("bell", "bell_001.flac"); err != nil {
		t.Error(err)
	} else {
		file.Close()
	}
	if err := f.Delete("kettle", "kettle_001.flac"); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(f.Dir, "kettle")); !os.IsNotExist(err) {
		t.Errorf("the empty folder: %v", err)
	}
	for _, bad := range [][2]string{{"..", "x.flac"}, {"bell", "../room_001.flac"}, {"../bell", "x.flac"}, {".not/../bell", "bell_001.flac"}, {".not/.room", "room_001.flac"},
		{"Bell", "x.flac"}, {"", "x.flac"}, {"background", "x.flac"}, {"bell", ".hidden.flac"}, {"bell", "x.sh"}} {
		if _, err := f.Open(bad[0], bad[1]); !errors.Is(err, ErrName) {
			t.Errorf("opens %q: %v", bad, err)
		}
		if err := f.Delete(bad[0], bad[1]); !errors.Is(err, ErrName) {
			t.Errorf("deletes %q: %v", bad, err)
		}
	}
}

// TestBounds: takes are refused where there is no room; what was judged wrong longest ago makes room, for its own kind too.
func TestBounds(t *testing.T) {
	f := Folder{Dir: t.TempDir(), Max: 40_000}
	clip := func(n, bytes int) string {
		path := filepath.Join(t.TempDir(), fmt.Sprintf("mic_dog_%03d.flac", n))
		if err := os.WriteFile(path, make([]byte, bytes), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, time.Time{}, time.Unix(int64(n), 0)); err != nil {
			t.Fatal(err)
		}
		return path
	}
	names := func() (all string) {
		c, err := f.List()
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range append(c.Not, c.Labels...) {
			for _, take := range l.Takes {
				all += strings.TrimSuffix(take.Name, ".flac") + " "
			}
		}
		return all
	}
	for n := range 5 {
		if err := f.Adopt(".not/dog", clip(n, 10_000)); err != nil {
			t.Fatal(err)
		}
	}
	if got := names(); got != "mic_dog_001 mic_dog_002 mic_dog_003 mic_dog_004 " {
		t.Errorf("after five: %s", got)
	}
	if _, err := f.Keep("bell", make([]float32, 9000)); err != nil {
		t.Fatal(err)
	}
	if got := names(); got != "mic_dog_003 mic_dog_004 bell_001 " {
		t.Errorf("after a take: %s", got)
	}
	if err := f.Adopt("bell", clip(9, 41_000)); err == nil || !strings.Contains(err.Error(), "delete some first") {
		t.Errorf("more than there is room for: %v", err)
	}
	f.Max = 1 << 30
	for _, label := range []string{".not/dog", "cow"} {
		dir := filepath.Join(f.Dir, label)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for n := range MaxTakes {
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("old_%03d.flac", n)), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.Adopt(label, clip(7, 1)); (err != nil) != (label == "cow") {
			t.Errorf("one more than %d of %s: %v", MaxTakes, label, err)
		}
	}
	if c, _ := f.List(); len(c.Not[0].Takes) != MaxTakes {
		t.Errorf("%d are kept of what was judged wrong, want %d", len(c.Not[0].Takes), MaxTakes)
	}
}
