package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"earshot/daemon/history/block"
	"earshot/daemon/history/store"
	"earshot/daemon/tune"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// fresh is an API on a store that holds what a batch brings.
func fresh(t testing.TB, batches ...store.Batch) http.Handler {
	t.Helper()
	path := filepath.Join(t.TempDir(), store.FileName)
	w, _, err := store.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range batches {
		if err := w.Write(t.Context(), &batches[i]); err != nil {
			t.Fatal(err)
		}
	}
	r := store.NewReader(path)
	t.Cleanup(func() { _ = r.Close(); _ = w.Close() })
	return New(Config{
		Store: r,
		Labels: func() []Label {
			return []Label{{ID: "dog", Title: "Hund", Watched: true, On: 0.5, Off: 0.3}, {ID: "cow", Title: "Kuh"}}
		},
		Rule: func(label, _ string) (tune.Rule, bool, error) {
			if label != "dog" {
				return tune.Rule{}, false, errors.New("not known")
			}
			return tune.Rule{On: 0.5, Off: 0.3, Hold: time.Second}, true, nil
		},
		Clip: func(name string) bool { return name == "kept.flac" },
		Now:  func() time.Time { return noon },
	})
}

// batch is a day on which something of everything was heard.
func batch() store.Batch {
	var b store.Batch
	second := 0.8
	for i := range 25 {
		e := store.Event{Source: "mic", Label: "dog", Title: "Dog", Onset: noon.Add(-time.Duration(i) * time.Hour), Score: 0.6, Peak: 0.9, On: 0.5, Off: 0.3,
			First: &second, Second: &second, Runners: []store.Score{{Label: "cat", Title: "Cat", Score: 0.1}}, Model: "m", Clip: []string{"kept.flac", "gone.flac"}[i%2], Muted: i == 3}
		e.PeakAt, e.End = e.Onset, e.Onset.Add(2*time.Second)
		b.Events = append(b.Events, e)
	}
	b.Events = append(b.Events, store.Event{Source: "mic", Label: "alarm", Title: "Alarm", Group: true, Onset: noon, PeakAt: noon, Model: "m"})
	windows := &block.Block{Labels: []string{"dog"}}
	for i := range 80 {
		windows.Windows = append(windows.Windows, block.Window{End: int64(i+2) * 32768, From: len(windows.Marks)})
		windows.Marks = append(windows.Marks, block.Mark{Steps: uint16(i * 12)})
	}
	packed, _ := new(block.Packer).Pack(windows, 4000)
	b.Scores = []store.Scores{{Source: "mic", Began: noon.Add(-time.Minute), Ended: noon, Model: "m", RateHz: 44100, WindowSamples: 66150, Block: packed}}
	for i := range 100 {
		b.Levels = append(b.Levels, store.Level{Source: "mic", Minute: noon.Add(-time.Duration(i) * time.Minute), Mean: -40, Peak: -20})
	}
	return b
}

func get(h http.Handler, path string) (code int, body string) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Code, w.Body.String()
}

// TestMistakes: what cannot be answered is told why, in the form that is described.
func TestMistakes(t *testing.T) {
	d := document(t)
	h := fresh(t, batch())
	for path, want := range map[string]string{
		"events?colour=red":                    "unknown parameter \\\"colour\\\"; there is after, limit,",
		"events?limit=501":                     "want a number from 1 to 500",
		"events?after=x":                       "want what \\\"next\\\" of the page before said",
		"events?since=yesterday":               "want a time such as",
		"events?groups=1":                      "want true or false",
		"heat?since=400d":                      "want a span of 366 days at the most",
		"heat?zone=../../etc/passwd":           "not known here",
		"scores":                               "label: missing",
		"tune?label=unicorn":                   "not known",
		"tune?label=dog&hold=-3s":              "want a duration",
		"nothing":                              "no such question",
		"labels?q=" + strings.Repeat("x", 200): "128 bytes at the most",
	} {
		code, body := get(h, Prefix+path)
		if code/100 != 4 || !strings.Contains(body, want) {
			t.Errorf("%s: %d %s", path, code, body)
		}
		var v any
		_ = json.Unmarshal([]byte(body), &v)
		holds(t, d, at(d, d, "components", "schemas", "Error"), v, path)
	}
	none := New(Config{Store: store.NewReader(filepath.Join(t.TempDir(), "none")), Labels: func() []Label { return nil }})
	if code, body := get(none, Prefix+"events"); code != 404 || !strings.Contains(body, "no history yet") {
		t.Errorf("no store: %d %s", code, body)
	}
}
