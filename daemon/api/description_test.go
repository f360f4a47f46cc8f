package api

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

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
