package models

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"earshot/daemon/config"
)

func configured(t *testing.T, text string) (*config.File, Shelf) {
	t.Helper()
	f, err := config.Parse("x.yaml", []byte("state_dir: "+t.TempDir()+"\n"+text), nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(&f.Config)
	if err != nil {
		t.Fatal(err)
	}
	return f, s
}

// TestShelf: what was taught last is listened with, one step back leads to the one before, and at last to the model in the binary.
func TestShelf(t *testing.T) {
	f, s := configured(t, "")
	inUse := func(want string) {
		t.Helper()
		if got, err := File(f); err != nil || got != want {
			t.Errorf("listens with %q (%v), want %q", got, err, want)
		}
	}
	inUse("")
	if _, err := s.Back(); err == nil || !strings.Contains(err.Error(), "no model before") {
		t.Errorf("back from nothing: %v", err)
	}
	day := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	var paths []string
	for i := range 3 {
		path, err := s.Put([]byte{byte(i)}, []byte("card"), &Report{At: day, Labels: []LabelReport{{Label: "bell", Heard: i}}}, day)
		if err != nil {
			t.Fatal(err)
		}
		inUse(path)
		paths = append(paths, path)
	}
	if all, err := s.List(); err != nil || len(all) != 3 || !all[2].InUse || all[0].InUse {
		t.Errorf("kept are %+v, %v", all, err)
	} else if r, err := s.Report(all[1]); err != nil || r.Labels[0].Heard != 1 || !r.At.Equal(day) {
		t.Errorf("measured %+v, %v", r, err)
	}
	for _, want := range []string{paths[1], paths[0], ""} {
		if got, err := s.Back(); err != nil || got != want {
			t.Errorf("back to %q (%v), want %q", got, err, want)
		}
		inUse(want)
	}
	for _, p := range paths {
		for _, kept := range []string{p, p + ".md"} {
			if _, err := os.Stat(kept); err != nil {
				t.Error(err)
			}
		}
	}
	if again, err := s.Put(nil, nil, nil, day); err != nil || again == paths[0] {
		t.Errorf("another of the same day: %q, %v", again, err)
	}
	f.Config.Model.Path = "mine.onnx"
	inUse("mine.onnx")
}

// TestSpoilt: a record that leads elsewhere, or to what is gone, is told and not followed.
func TestSpoilt(t *testing.T) {
	f, s := configured(t, "")
	if _, err := s.Put(nil, nil, nil, time.Now()); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		`{"in_use": "../../etc/passwd"}`: "no model's name", `{`: "unexpected end", `{"in_use": "gone.onnx"}`: "is gone",
	} {
		if err := os.WriteFile(filepath.Join(s.dir, "in_use.json"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := File(f); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
