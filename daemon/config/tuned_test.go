package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestTuned: what was applied changes the rule of a watched label, keeps the rest of it, watches no other, and is undone.
func TestTuned(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "config.yaml")
	load := func() (*File, error) { return Load(path, []Override{{Flag: "test", Key: "state_dir", Value: dir}}) }
	if err := os.WriteFile(path, []byte("watch: {labels: [{label: dog, title: Rex, on: 0.5, min_on: 2s}, {label: cat}]}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := load()
	if err != nil || f.Tuned.Labels != nil {
		t.Fatal(f, err)
	}
	tuned, err := f.TunedPath()
	if err != nil {
		t.Fatal(err)
	}
	apply := func(label string, on float64) {
		t.Helper()
		off, hold := on/2, 30*time.Second
		if _, err := Apply(tuned, Label{Label: label, On: &on, Off: &off, Hold: &hold}); err != nil {
			t.Fatal(err)
		}
	}
	apply("dog", 0.7)
	apply("cow", 0.6)
	apply("dog", 0.8)
	f, err = load()
	if err != nil || len(f.Tuned.Labels) != 2 || len(f.Config.Watch.Labels) != 2 {
		t.Fatalf("%+v, %v", f.Tuned, err)
	}
	if l := f.Config.Watch.Labels[0]; l.Title != "Rex" || *l.On != 0.8 || *l.Off != 0.4 || *l.Hold != 30*time.Second || *l.MinOn != 2*time.Second {
		t.Errorf("%+v", l)
	}
	if err := Undo(tuned); err != nil {
		t.Fatal(err)
	}
	if f, err = load(); err != nil || *f.Config.Watch.Labels[0].On != 0.7 {
		t.Errorf("undone: %v", err)
	}
	if err := Undo(tuned); err != ErrNothingBefore {
		t.Errorf("undone twice: %v", err)
	}
	if err := os.WriteFile(path, []byte("watch: {labels: [{label: \"*\", hold: 1s}]}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if f, err = load(); err != nil || len(f.Config.Watch.Labels) != 3 {
		t.Errorf("beside \"*\": %v", err)
	}
	for text, want := range map[string]string{
		"labels: [{label: dog, on: 0.5, off: 0.6}]":                        "labels[0]: on 0.5, off 0.6: want 0 < off ≤ on ≤ 1",
		"labels:\n  - {label: dog, on: 0.5, off: 0.3, colour: red}":        tuned + ":2: labels[0].colour: unknown key",
		"labels: [{label: dog, on: 0.5, off: 0.3, title: Rex}]":            "without title and icon",
		"labels: [{label: \"*\", on: 0.5, off: 0.3}]":                      "want the name of a label",
		"labels: [{label: a, on: 1, off: 1}, {label: a, on: 1, off: 0.3}]": "each once",
		"watch: {}": "unknown key",
		"[":         "not valid YAML",
	} {
		if err := os.WriteFile(tuned, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := load(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
