package config

import (
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
)

// TestTuned: what was written is read again as it was, and a file by hand as strictly as the configuration.
func TestTuned(t *testing.T) {
	dir := t.TempDir()
	load := func() (*File, error) { return Load("", []Override{{Flag: "test", Key: "state_dir", Value: dir}}) }
	f, err := load()
	if err != nil || f.Tuned.Labels != nil {
		t.Fatal(f, err)
	}
	tuned := f.Tuned.Path
	on, off, hold := 0.8, 0.4, 30*time.Second
	want := Tuned{tuned, []TunedLabel{{Label: "dog", On: &on, Off: &off, Hold: &hold}, {Label: "dog", Source: "mic", On: &off}}}
	if err := want.Write(want.Labels[:1], true); err != nil {
		t.Fatal(err)
	}
	if f, err = load(); err != nil || !reflect.DeepEqual(f.Tuned, want) {
		t.Errorf("%+v, %v", f.Tuned, err)
	}
	if _, before, undo, err := ReadTuned(tuned); err != nil || !undo || !reflect.DeepEqual(before, want.Labels[:1]) {
		t.Errorf("before: %+v, %v, %v", before, undo, err)
	}
	if err := (Tuned{Path: tuned}).Write(nil, false); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("nothing is set, and %v left (%v)", left, err)
	}
	for text, want := range map[string]string{
		"labels: [{label: dog, on: 0.5, off: 0.6}]":                                               "labels[0]: on 0.5, off 0.6: want 0 < off ≤ on ≤ 1",
		"labels:\n  - {label: dog, on: 0.5, off: 0.3, colour: red}":                               tuned + ":2: labels[0].colour: unknown key",
		"labels: [{label: dog, on: 0.5, off: 0.3, title: Rex}]":                                   "labels[0].title: unknown key",
		"labels: [{label: \"*\", on: 0.5, off: 0.3}]":                                             "want the name of a label",
		"labels: [{label: a, on: 1, off: 1}, {label: a, on: 1, off: 0.3}]":                        "each once",
		"labels: [{label: a, source: b, on: 1}, {label: a, on: 1}, {label: a, source: b, on: 1}]": "labels[2]: label \"a\": want",
		"labels: [{label: a, off: 0.3}]":                                                          "want on beside it",
		"watch: {}":                                                                               "unknown key",
		"[":                                                                                       "not valid YAML",
	} {
		if err := os.WriteFile(tuned, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := load(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
}
