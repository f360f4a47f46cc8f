// Package api answers questions about the history over HTTP: /api/v1, as openapi.yaml describes it. Those that change something
// are for who may. Every answer is bounded, in size and in the time that it may take.
package api

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"earshot/daemon/history/store"
	"earshot/daemon/tune"
)

// Prefix is where the API is.
const Prefix = "/api/v1/"

// Limit is how long an answer may take.
const Limit = 30 * time.Second

//go:embed openapi.yaml
var description []byte

// Label is one that the model knows, or a group.
type Label struct {
	ID, Title string
	Group     bool
	Watched   bool
	On, Off   float64 // thresholds, 0 unless watched
}

// Config is what the API needs.
type Config struct {
	Store  *store.Reader
	Labels func() []Label
	Rule   func(label, source string) (now tune.Rule, watched bool, err error)
	Clip   func(name string) bool // whether a clip is still there

	MayChange func() bool                                                // whether Apply and Undo are open to who asks
	Apply     func(ctx context.Context, label string, r tune.Rule) error // makes a rule the one that counts
	Undo      func(ctx context.Context) error                            // takes the last back
	Feedback  func(ctx context.Context, event int64, verdict, actual string) error
	Mute      func(source, label string, on bool) error

	Teacher Teacher         // nil: nothing can be taught
	Taught  func() []string // labels that the model in use was taught

	Now func() time.Time // nil = time.Now
}

// API answers. Make it with New.
type API struct {
	Config
	tuning chan struct{} // holds the one question at a time that takes seconds
}

// route is one question.
type route struct {
	path    string
	params  []string // that it takes; any other is a mistake
	handler func(*API, http.ResponseWriter, *http.Request, *values) error
}

var filterParams = []string{"source", "label", "q", "since", "until", "groups"}

var routes = []route{
	{"events", append([]string{"after", "limit"}, filterParams...), (*API).events},
	{"events.csv", append([]string{"limit"}, filterParams...), (*API).csv},
	{"labels", filterParams, (*API).labels},
	{"heat", append([]string{"zone"}, filterParams...), (*API).heat},
	{"levels", []string{"source", "since", "until"}, (*API).levels},
	{"scores", []string{"source", "label", "since", "until"}, (*API).scores},
	{"teach", nil, (*API).teaching},
	{"tune", []string{"label", "source", "since", "until", "min_on", "hold", "cooldown"}, (*API).tune},
}

// New makes the API's handler, for paths below Prefix.
func New(c Config) http.Handler {
	if c.Now == nil {
		c.Now = time.Now
	}
	a := &API{Config: c, tuning: make(chan struct{}, 1)}
	mux := http.NewServeMux()
	for _, r := range routes {
		mux.HandleFunc("GET "+Prefix+r.path, func(w http.ResponseWriter, req *http.Request) { a.serve(w, req, r) })
	}
	for path, change := range changes {
		mux.HandleFunc("POST "+Prefix+path, func(w http.ResponseWriter, req *http.Request) { a.change(w, req, change) })
	}
	mux.HandleFunc("GET "+Prefix+"teach/take", a.take)
	mux.HandleFunc("GET "+Prefix+"openapi.yaml", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/yaml")
		_, _ = w.Write(description)
	})
	mux.HandleFunc(Prefix, func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusNotFound, "no such question; "+Prefix+"openapi.yaml describes those that there are")
	})
	return http.NewCrossOriginProtection().Handler(mux) // no page elsewhere changes anything
}

// mistake is one of who asks.
type mistake struct{ text string }

func (m mistake) Error() string { return m.text }

func (a *API) serve(w http.ResponseWriter, req *http.Request, r route) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(Limit + time.Second))
	ctx, cancel := context.WithTimeout(req.Context(), Limit)
	defer cancel()
	v := &values{now: a.Now(), all: req.URL.Query()}
	for name := range v.all {
		if !slices.Contains(r.params, name) {
			refuse(w, http.StatusBadRequest, "unknown parameter "+quoted(name)+"; there is "+strings.Join(r.params, ", "))
			return
		}
	}
	err := r.handler(a, w, req.WithContext(ctx), v)
	var m mistake
	switch {
	case err == nil:
	case errors.As(err, &m):
		refuse(w, http.StatusBadRequest, m.text)
	case errors.Is(err, store.ErrNone):
		refuse(w, http.StatusNotFound, "there is no history yet")
	case ctx.Err() != nil:
		refuse(w, http.StatusServiceUnavailable, "that takes too long; ask for less")
	default:
		refuse(w, http.StatusInternalServerError, "the history cannot be read; the log of the command \"earshot history\" says why")
	}
}

func refuse(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false) // a program shows it, as text
	_ = e.Encode(map[string]string{"error": text})
}

func answer(w http.ResponseWriter, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(append(text, '\n'))
	return nil
}

// values are a question's parameters.
type values struct {
	now time.Time
	all url.Values
}
