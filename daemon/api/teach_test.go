package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"earshot/daemon/models"
	"earshot/daemon/recordings"
	"earshot/daemon/teaching"
)

// pupil notes what is asked of a teacher.
type pupil struct {
	folder recordings.Folder
	asked  string
}

func (p *pupil) State(taught []string) (teaching.State, error) {
	return teaching.State{
		Labels: []teaching.Label{{Label: recordings.Label{Label: "bell", Takes: []recordings.Take{{Name: "bell_001.flac"}}}, Taught: len(taught) > 0}},
		Room:   []recordings.Take{}, Not: []recordings.Label{}, Enough: 5,
		Models:    []teaching.Model{{Name: "m.onnx", InUse: true, Measured: &models.Report{Labels: []models.LabelReport{{Label: "bell"}}, Own: &models.Events{}, Worse: []models.Reason{{Kind: "quiet"}}}}},
		Recording: &teaching.Recording{Source: "mic"},
		Learning:  teaching.Learning{Phase: teaching.Idle, Said: []string{}},
	}, nil
}

func (p *pupil) Record(source, label string, count int, room bool) error {
	p.asked = fmt.Sprint("record ", source, label, count, room)
	if source == "nobody" {
		return teaching.ErrSource
	}
	return nil
}
func (p *pupil) StopRecording()                 { p.asked = "stop" }
func (p *pupil) Learn() error                   { p.asked = "learn"; return nil }
func (p *pupil) StopLearning() error            { p.asked = "stop learning"; return teaching.ErrNobody }
func (p *pupil) Rollback(context.Context) error { p.asked = "rollback"; return nil }
func (p *pupil) Recordings() recordings.Folder  { return p.folder }

// TestTeach: what is asked of the teacher gets there, for who may alone; nobody else sees or hears what was recorded.
func TestTeach(t *testing.T) {
	d := document(t)
	may := true
	p := &pupil{folder: recordings.Folder{Dir: t.TempDir()}}
	if _, err := p.folder.Keep("bell", make([]float32, 4410)); err != nil {
		t.Fatal(err)
	}
	h := New(Config{MayChange: func() bool { return may }, Teacher: p, Taught: func() []string { return []string{"bell"} },
		Labels: func() []Label { return []Label{{ID: "dog"}, {ID: "bell"}} }})
	ask := func(method, path, body string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(method, Prefix+path, strings.NewReader(body)))
		return w
	}
	for _, c := range []struct {
		path, body string
		code       int
		want       string
	}{
		{"teach/record", `{"source":"mic","label":"Door Bell","count":10,"room":true}`, 200, "record micdoor_bell10 true"},
		{"teach/record", `{"source":"mic","label":"bell","count":1}`, 200, "record micbell1 false"},
		{"teach/record", `{"source":"nobody","label":"bell","count":1}`, 400, "record nobodybell1 false"},
		{"teach/record", `{"source":"mic","label":"dog","count":10}`, 400, ""},
		{"teach/record", `{"source":"mic","label":"background","count":10}`, 400, ""},
		{"teach/record", `{"source":"mic","label":"bell","count":51}`, 400, ""},
		{"teach/record/stop", "", 200, "stop"},
		{"teach/learn", "", 200, "learn"},
		{"teach/learn/stop", "", 400, "stop learning"},
		{"teach/rollback", "", 200, "rollback"},
		{"teach/delete", `{"label":"../bell","name":"bell_001.flac"}`, 400, ""},
	} {
		for _, may = range []bool{true, false} {
			p.asked = ""
			w := ask(http.MethodPost, c.path, c.body)
			code, want := c.code, c.want
			if !may {
				code, want = 403, ""
			}
			if w.Code != code || p.asked != want {
				t.Errorf("%s %s, may %v: %d, asked %q: %s", c.path, c.body, may, w.Code, p.asked, w.Body)
			}
		}
	}
	const take = "teach/take?label=bell&name=bell_001.flac"
	for _, path := range []string{"teach", take} {
		if w := ask(http.MethodGet, path, ""); w.Code != 403 {
			t.Errorf("%s, for everybody: %d", path, w.Code)
		}
	}
	may = true
	if w := ask(http.MethodGet, take, ""); w.Code != 200 || w.Header().Get("Content-Type") != "audio/flac" || !strings.HasPrefix(w.Body.String(), "fLaC") {
		t.Errorf("a take: %d", w.Code)
	}
	w := ask(http.MethodGet, "teach", "")
	var v any
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil || w.Code != 200 {
		t.Fatal(w.Code, err)
	}
	holds(t, d, at(d, d, "paths", "/teach", "get", "responses", "200", "content", "application/json", "schema"), v, "teach")
	if w := ask(http.MethodPost, "teach/delete", `{"label":"bell","name":"bell_001.flac"}`); w.Code != 200 {
		t.Errorf("delete: %d %s", w.Code, w.Body)
	}
	if w := ask(http.MethodGet, take, ""); w.Code != 404 {
		t.Errorf("a take that is gone: %d", w.Code)
	}
}
