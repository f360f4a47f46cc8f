package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"earshot/daemon/feedback"
	"earshot/daemon/history/store"
	"earshot/daemon/tune"
)

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
