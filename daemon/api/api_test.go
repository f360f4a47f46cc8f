package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"earshot/daemon/feedback"
	"earshot/daemon/history/block"
	"earshot/daemon/history/store"
	"earshot/daemon/tune"

	"go.yaml.in/yaml/v3"
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

// document is openapi.yaml.
func document(t *testing.T) map[string]any {
	t.Helper()
	var d map[string]any
	if err := yaml.Unmarshal(description, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// at follows a path of keys, and references on its way.
func at(d map[string]any, v any, keys ...string) any {
	for {
		m, _ := v.(map[string]any)
		if ref, ok := m["$ref"].(string); ok {
			v = at(d, d, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
			continue
		}
		if len(keys) == 0 {
			return v
		}
		v, keys = m[keys[0]], keys[1:]
	}
}

// TestDescription: the file describes each question with each of its parameters, and no other.
func TestDescription(t *testing.T) {
	d := document(t)
	paths := d["paths"].(map[string]any)
	for _, r := range routes {
		get := at(d, paths, "/"+r.path, "get")
		if get == nil {
			t.Errorf("%s is not described", r.path)
			continue
		}
		var told []string
		for _, p := range at(d, get, "parameters").([]any) {
			told = append(told, at(d, p, "name").(string))
		}
		want := slices.Sorted(slices.Values(r.params))
		if slices.Sort(told); !slices.Equal(told, want) {
			t.Errorf("%s takes %v, described are %v", r.path, want, told)
		}
		delete(paths, "/"+r.path)
	}
	delete(paths, "/teach/take") // sound, and no JSON
	for path := range changes {
		if at(d, paths, "/"+path, "post") == nil {
			t.Errorf("%s is not described", path)
		}
		delete(paths, "/"+path)
	}
	for path := range paths {
		t.Errorf("%s is described and not there", path)
	}
	if code, body := get(fresh(t), Prefix+"openapi.yaml"); code != 200 || body != string(description) {
		t.Errorf("the description itself: %d", code)
	}
}

// TestAnswers: every answer is as its schema says.
func TestAnswers(t *testing.T) {
	d := document(t)
	h := fresh(t, batch())
	for path, wants := range map[string][]string{
		"events?limit=3":                               {`"next":"`, `"clip":"kept.flac"`, `"title":"Hund"`, `"second":0.8`, `"runners":[{"label":"cat"`},
		"events?label=alarm":                           {`"group":true`, `"runners":[]`},
		"events?q=dog&since=3h&groups=true":            {`"muted":true`},
		"events?until=2026-11-22T11:30:00Z&source=mic": {`"onset":"2026-11-22T11:00:00`},
		"labels":                       {`{"label":"dog","title":"Hund","count":25,"seconds":50,"last":"`, `"cow"`, `"sources":["mic"]`},
		"heat?label=dog&since=2d":      {`"total":25`, `"zone":"`},
		"heat?zone=Asia/Kolkata":       {`"zone":"Asia/Kolkata"`},
		"levels":                       {`"mean":-40`, `"step_seconds":60`},
		"levels?since=300d":            {`"step_seconds":18000`},
		"scores?label=dog":             {`"score":0.948`},
		"tune?label=dog":               {`"watched":true`, `"on":0.5,"off":0.3,"events":1`, `"hold":1`},
		"tune?label=dog&hold=1h":       {`"hold":3600`},
		"tune?label=dog&source=nobody": {`"hours":0`},
	} {
		code, body := get(h, Prefix+path)
		if code != 200 {
			t.Errorf("%s: %d %s", path, code, body)
			continue
		}
		for _, want := range wants {
			if !strings.Contains(body, want) {
				t.Errorf("%s: no %s in %s", path, want, body)
			}
		}
		name, _, _ := strings.Cut(path, "?")
		var v any
		if err := json.Unmarshal([]byte(body), &v); err != nil {
			t.Fatal(err)
		}
		holds(t, d, at(d, d, "paths", "/"+name, "get", "responses", "200", "content", "application/json", "schema"), v, path)
	}
	if _, body := get(h, Prefix+"events"); strings.Contains(body, "gone.flac") {
		t.Error("a clip that is gone is named")
	}
	code, body := get(h, Prefix+"events.csv?limit=2")
	if lines := strings.Split(strings.TrimSpace(body), "\n"); code != 200 || len(lines) != 3 || !strings.HasPrefix(lines[0], "onset,end,") || !strings.Contains(lines[1], "mic,dog") {
		t.Errorf("csv: %d %s", code, body)
	}
}

// holds holds a value against a schema.
func holds(t *testing.T, d map[string]any, schema, v any, where string) {
	t.Helper()
	s := at(d, schema).(map[string]any)
	wrong := func() { t.Errorf("%s: %v is no %v", where, v, s["type"]) }
	switch s["type"] {
	case "object":
		m, ok := v.(map[string]any)
		if !ok {
			wrong()
			return
		}
		properties := s["properties"].(map[string]any)
		for name, p := range m {
			if properties[name] == nil {
				t.Errorf("%s: %s is not described", where, name)
				continue
			}
			holds(t, d, properties[name], p, where+" "+name)
		}
		for _, name := range s["required"].([]any) {
			if _, ok := m[name.(string)]; !ok {
				t.Errorf("%s: %s is missing", where, name)
			}
		}
	case "array":
		list, ok := v.([]any)
		if !ok {
			wrong()
		}
		for _, e := range list {
			holds(t, d, s["items"], e, where)
		}
	case "string":
		text, ok := v.(string)
		if !ok {
			wrong()
		} else if _, err := time.Parse(time.RFC3339, text); s["format"] == "date-time" && err != nil {
			t.Errorf("%s: %v", where, err)
		}
	case "number", "integer":
		if n, ok := v.(float64); !ok || s["type"] == "integer" && n != float64(int64(n)) {
			wrong()
		}
	case "boolean":
		if _, ok := v.(bool); !ok {
			wrong()
		}
	default:
		t.Errorf("%s: schema %v", where, s)
	}
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

// TestChanges: a rule is changed by who may and by no page of another origin, and only to one that can be.
func TestChanges(t *testing.T) {
	d := document(t)
	may, applied, undone := true, "", 0
	h := New(Config{MayChange: func() bool { return may },
		Rule: func(label, _ string) (tune.Rule, bool, error) {
			if label == "unicorn" {
				return tune.Rule{}, false, errors.New("not known")
			}
			return tune.Rule{On: 0.5, Off: 0.3, Hold: time.Second}, label == "dog", nil
		},
		Apply: func(_ context.Context, label string, r tune.Rule) error {
			if applied = fmt.Sprint(label, r); r.On == 0.9 {
				return errors.New("the configuration has a mistake")
			}
			return nil
		},
		Undo: func(context.Context) error { undone++; return nil },
	})
	const good = `{"label":"dog","on":0.6,"off":0.3,"min_on":1.5,"hold":5,"cooldown":0}`
	for _, c := range []struct {
		path, body, origin string
		may                bool
		code               int
		want               string
	}{
		{"tune/apply", good, "", true, 200, `"ok":true`},
		{"tune/undo", "", "", true, 200, `"ok":true`},
		{"tune/apply", good, "", false, 403, "set web.password_file"},
		{"tune/undo", "", "", false, 403, "set web.password_file"},
		{"tune/apply", good, "http://elsewhere.example", true, 403, "cross-origin"},
		{"tune/apply", `{"label":"dog","on":0.9,"off":0.3}`, "", true, 409, "has a mistake"},
		{"tune/apply", `{"label":"cat","on":0.6,"off":0.3}`, "", true, 400, "is not watched"},
		{"tune/apply", `{"label":"unicorn","on":0.6,"off":0.3}`, "", true, 400, "not known"},
		{"tune/apply", `{"label":"dog","on":0.6,"off":0.7}`, "", true, 400, "want 0 < off ≤ on ≤ 1"},
		{"tune/apply", `{"label":"dog","on":0.6,"off":0.3,"hold":-1}`, "", true, 400, "hold -1: want 0 to 86400 seconds"},
		{"tune/apply", `{"label":"dog","colour":"red"}`, "", true, 400, "unknown field"},
	} {
		may = c.may
		r := httptest.NewRequest(http.MethodPost, Prefix+c.path, strings.NewReader(c.body))
		if c.origin != "" {
			r.Header.Set("Origin", c.origin)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.code || !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("%s %s: %d %s", c.path, c.body, w.Code, w.Body)
		}
		if c.code == 200 {
			var v any
			_ = json.Unmarshal(w.Body.Bytes(), &v)
			holds(t, d, at(d, d, "components", "schemas", "Done"), v, c.path)
		}
	}
	if undone != 1 || !strings.HasPrefix(applied, "dog{0.9 0.3") {
		t.Errorf("undone %d times, applied %s", undone, applied)
	}
	if code, _ := get(h, Prefix+"tune/undo"); code == 200 || undone != 1 {
		t.Error("reading changes something")
	}
}

// BenchmarkYear prints how long each question takes after a year of a hundred thousand events.
func BenchmarkYear(b *testing.B) {
	labels := []string{"dog", "cat", "siren", "rain", "footsteps"}
	var all []store.Batch
	at := noon.Add(-365 * day)
	for range 100 {
		var batch store.Batch
		for i := range 1000 {
			at = at.Add(365 * day / 100_000)
			batch.Events = append(batch.Events, store.Event{Source: "mic", Label: labels[min(i*i%7, i%50)%5], Title: "Title", Onset: at, End: at.Add(time.Second), PeakAt: at,
				Runners: []store.Score{{Label: "cat", Title: "Cat"}}, Model: "m"})
		}
		for i := range 88 {
			batch.Levels = append(batch.Levels, store.Level{Source: "mic", Minute: at.Truncate(time.Minute).Add(-time.Duration(i) * time.Hour), Mean: -40, Peak: -20})
		}
		all = append(all, batch)
	}
	h := fresh(b, all...)
	for _, path := range []string{"events", "events?label=dog", "events?q=nothing", "labels", "labels?since=30d", "heat", "heat?since=365d", "heat?label=dog&since=365d", "levels?since=365d"} {
		b.Run(path, func(b *testing.B) {
			for b.Loop() {
				if code, body := get(h, Prefix+path); code != 200 {
					b.Fatal(path, body)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/1000, "ms")
		})
	}
}

// TestSays: feedback and mutes go through to who takes them, for who may change something alone.
func TestSays(t *testing.T) {
	may, got := true, ""
	h := New(Config{MayChange: func() bool { return may },
		Feedback: func(_ context.Context, event int64, verdict, actual string) error {
			if got = fmt.Sprint(event, verdict, actual); event == 9 {
				return store.ErrNoEvent
			}
			if verdict == "maybe" {
				return feedback.ErrVerdict
			}
			return nil
		},
		Mute: func(source, label string, on bool) error {
			if got = fmt.Sprint(source, label, on); label == "unicorn" {
				return errors.New("not watched")
			}
			return nil
		},
	})
	for _, c := range []struct {
		path, body string
		code       int
		want       string
	}{
		{"feedback", `{"event":3,"verdict":"wrong","actual":"cat"}`, 200, "3wrongcat"},
		{"feedback", `{"event":9,"verdict":"right"}`, 404, "9right"},
		{"feedback", `{"event":3,"verdict":"maybe"}`, 400, "3maybe"},
		{"feedback", `{"what":3}`, 400, ""},
		{"mute", `{"source":"mic","label":"dog","on":true}`, 200, "micdogtrue"},
		{"mute", `{"source":"mic","label":"unicorn","on":true}`, 400, "micunicorntrue"},
	} {
		for _, may = range []bool{true, false} {
			got = ""
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, Prefix+c.path, strings.NewReader(c.body)))
			code, want := c.code, c.want
			if !may {
				code, want = 403, ""
			}
			if w.Code != code || got != want {
				t.Errorf("%s %s, may %v: %d, took %q: %s", c.path, c.body, may, w.Code, got, w.Body)
			}
		}
	}
}
