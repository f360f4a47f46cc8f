package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	stdlog "log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"earshot/daemon/config"
	"earshot/daemon/sink"
	"earshot/daemon/status"
	"earshot/infer/smooth"
	"earshot/internal/logging"
	"earshot/internal/test/sinktest"
)

// hang is how long anything may take before a test gives up.
const hang = time.Minute

// posted is one request that a receiver got.
type posted struct {
	header http.Header
	body   []byte
}

// receiver is a web server that remembers what it got; answer decides what it says to the n-th request.
type receiver struct {
	*httptest.Server
	answer func(n int, w http.ResponseWriter, r *http.Request)

	mu  sync.Mutex
	got []posted
}

func receive(t *testing.T, answer func(n int, w http.ResponseWriter, r *http.Request)) *receiver {
	t.Helper()
	r := &receiver{answer: answer}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, _ := io.ReadAll(q.Body)
	r.mu.Lock()
	r.got = append(r.got, posted{q.Header.Clone(), body})
	n := len(r.got)
	r.mu.Unlock()
	if r.answer != nil {
		r.answer(n, w, q)
	}
}

func (r *receiver) all() []posted {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

// began are the labels whose beginning at a source was told.
func (r *receiver) began(source string) (ids []string) {
	for _, p := range r.all() {
		var h hook
		if json.Unmarshal(p.body, &h) == nil && h.Phase == "start" && h.Source == source {
			ids = append(ids, h.Type)
		}
	}
	return ids
}

// running makes the sink of a configuration and runs it; pause is that before a second try.
func running(t *testing.T, log io.Writer, yaml string) *Sink {
	t.Helper()
	f, err := config.Parse("x.yaml", []byte(yaml), nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(f, logging.New(logging.Config{Level: "debug", Format: "json", Out: log}), func() string { return "http://page.lan/" })
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range s.channels {
		c.pause = time.Millisecond
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return s
}

var noon = time.Now().Truncate(time.Second)

// dog is a dog's bark beginning, or over.
func dog(on bool) *sink.Event {
	e := &sink.Event{Event: smooth.Event{On: on, Score: 0.9, Peak: 0.95}, Source: "mic", ID: "dog", Title: "Hund", Onset: noon}
	if !on {
		e.End, e.Clip.URL = noon.Add(4*time.Second), "http://page.lan/clips/dog.flac"
	}
	return e
}

// until waits for a status that is as wished.
func until(t *testing.T, s *Sink, what string, ok func(status.Notify) bool) status.Status {
	t.Helper()
	for end := time.Now().Add(hang); ; time.Sleep(time.Millisecond) {
		var st status.Status
		s.Report(&st)
		if ok(st.Notify[0]) {
			return st
		}
		if time.Now().After(end) {
			t.Fatalf("%s: it stays at %+v", what, st.Notify)
		}
	}
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestContract(t *testing.T) {
	sinktest.Run(t, func(t *testing.T) sinktest.Subject {
		r := receive(t, nil)
		ctx, cancel := context.WithCancel(context.Background())
		f, err := config.Parse("x.yaml", fmt.Appendf(nil, "notify: [{kind: webhook, url: %q, every: 0s}]", r.URL), nil)
		if err != nil {
			t.Fatal(err)
		}
		s, err := New(f, logging.New(logging.Config{Format: "json", Out: io.Discard}), func() string { return "" })
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }()
		return sinktest.Subject{
			Sink: s, Nil: (*Sink)(nil),
			Seen: func() []string { return r.began(sinktest.Source) },
			Close: func() {
				cancel()
				<-done
			},
		}
	})
}

// TestWebhook: the body says what MQTT's event says, and the signature is that of Standard Webhooks: the example is
// from its specification, made anew with openssl.
func TestWebhook(t *testing.T) {
	key, err := signingKey("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	if got := sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", []byte(`{"test": 2432232314}`)); got != "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" {
		t.Errorf("signed as %s", got)
	}
	r := receive(t, nil)
	s := running(t, io.Discard, fmt.Sprintf("node: {id: hall, name: hall, language: de}\nsources: [{name: mic, title: Flur, kind: stdin}]\nnotify: [{kind: webhook, url: %q, secret_file: %q, ends: true}]", r.URL, write(t, "key", "canary-key\n")))
	s.Event(dog(true))
	s.Event(dog(false))
	until(t, s, "two messages", func(n status.Notify) bool { return n.Sent == 2 })
	var h hook
	p := r.all()[1]
	if err := json.Unmarshal(p.body, &h); err != nil {
		t.Fatal(err)
	}
	if h.Type != "dog" || h.Phase != "end" || h.Node != "hall" || h.Title != "Hund – Flur" || h.Duration != 4 || h.Score != 0.95 || h.ClipURL == "" {
		t.Errorf("told %+v", h)
	}
	id, at := p.header.Get("webhook-id"), p.header.Get("webhook-timestamp")
	if want := "v1," + sign([]byte("canary-key"), id, at, p.body); id == "" || p.header.Get("webhook-signature") != want {
		t.Errorf("signature %q, want %q", p.header.Get("webhook-signature"), want)
	}
	if first := r.all()[0].header.Get("webhook-id"); first == id {
		t.Error("start and end have one id")
	}
}

// TestNtfyAndApprise: each gets its own words, in the house's language.
func TestNtfyAndApprise(t *testing.T) {
	r, a := receive(t, nil), receive(t, nil)
	token := write(t, "token", "tk_canary")
	s := running(t, io.Discard, fmt.Sprintf("node: {language: de}\nnotify:\n- {kind: ntfy, url: %q, topic: house, token_file: %q, priority: 4}\n- {kind: apprise, url: %q, tag: all}", r.URL, token, a.URL+"/notify/house"))
	s.Event(dog(true))
	for _, c := range s.channels {
		for end := time.Now().Add(hang); c.queue.report().sent == 0; time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s: %+v", c.Name, c.queue.report())
			}
		}
	}
	var n ntfyMessage
	if err := json.Unmarshal(r.all()[0].body, &n); err != nil {
		t.Fatal(err)
	}
	want := ntfyMessage{Topic: "house", Title: "Hund – Mic", Message: "Gehört um " + noon.Format("15:04:05") + " (90 %)", Priority: 4, Click: "http://page.lan/"}
	if n != want || r.all()[0].header.Get("Authorization") != "Bearer tk_canary" {
		t.Errorf("ntfy got %+v, %v", n, r.all()[0].header)
	}
	var m appriseMessage
	if err := json.Unmarshal(a.all()[0].body, &m); err != nil || m.Title != want.Title || m.Body != want.Message || m.Tag != "all" {
		t.Errorf("apprise got %+v (%v)", m, err)
	}
}

// TestTriesAgain: what cannot be taken now is sent again until it is, with the same id; meanwhile the daemon is not well.
func TestTriesAgain(t *testing.T) {
	open := make(chan bool)
	r := receive(t, func(n int, w http.ResponseWriter, _ *http.Request) {
		switch n {
		case 1:
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprint(w, "\x1b[31mbusy")
		case 2:
			<-open
			w.WriteHeader(http.StatusTooManyRequests)
		}
	})
	s := running(t, io.Discard, fmt.Sprintf("notify: [{kind: webhook, url: %q}]", r.URL))
	s.Event(dog(true))
	st := until(t, s, "a failure", func(n status.Notify) bool { return n.Failing != "" })
	if want := `notify webhook: the server cannot take it now (503 Service Unavailable: "\\x1b[31mbusy")`; len(st.Problems) != 1 || st.Problems[0] != want {
		t.Errorf("problems are %q, want %q", st.Problems, want)
	}
	close(open)
	st = until(t, s, "taken", func(n status.Notify) bool { return n.Sent == 1 })
	if len(r.all()) != 3 || len(st.Problems) != 0 || st.Notify[0].Lost != 0 {
		t.Errorf("%d tries, then %+v", len(r.all()), st)
	}
}

// TestStrangers: servers that send elsewhere, answer slowly, without end, or not at all cost a bounded time and memory, and what
// they say shows neither the address nor a secret.
func TestStrangers(t *testing.T) {
	var log bytes.Buffer
	gone := httptest.NewServer(nil)
	gone.Close()
	stop := make(chan bool)
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   string
		final  bool
	}{
		"redirect loop": {func(w http.ResponseWriter, q *http.Request) {
			http.Redirect(w, q, "/again?canary", http.StatusTemporaryRedirect)
		}, "the server sends elsewhere (307 Temporary Redirect, at", true},
		"no access": {func(w http.ResponseWriter, q *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprintf(w, "%s is wrong for http://%s/%s", q.Header.Get("Authorization"), q.Host, "canary")
		}, "the server refuses (403 Forbidden: \"Bearer **** is wrong", true},
		"huge answer": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNotFound)
			for range 1 << 10 {
				if _, err := w.Write(bytes.Repeat([]byte("x"), 64<<10)); err != nil {
					return
				}
			}
			t.Error("64 MB were read")
		}, "the server does not take it (404 Not Found", true},
		"huge headers": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X", strings.Repeat("x", 2*maxHeaders))
		}, "server response headers exceeded", false},
		"slow": {func(http.ResponseWriter, *http.Request) { <-stop }, "gave no answer within 1s", false},
		"gone": {nil, "connection refused", false},
	} {
		t.Run(name, func(t *testing.T) {
			address := gone.URL
			if c.answer != nil {
				address = receive(t, func(_ int, w http.ResponseWriter, q *http.Request) { c.answer(w, q) }).URL
			}
			if name == "slow" {
				t.Cleanup(func() { close(stop) })
			}
			s := running(t, &log, fmt.Sprintf("notify: [{kind: ntfy, url_file: %q, topic: a, token_file: %q, timeout: 1s}]", write(t, "url", address+"/canary"), write(t, "token", "tk_canary")))
			s.Event(dog(true))
			st := until(t, s, "a failure", func(n status.Notify) bool { return n.Failing != "" && (!c.final || n.Lost == 1) })
			failing := st.Notify[0].Failing
			if !strings.Contains(failing, c.want) || len(failing) > 500 || strings.Contains(failing, "canary") {
				t.Errorf("says %q, want %q in it", failing, c.want)
			}
		})
	}
	if strings.Contains(log.String(), "canary") {
		t.Errorf("a secret is in the log:\n%s", log.String())
	}
}

// TestTLS: a server of the house's own authority is trusted by ca_file, and by nothing else.
func TestTLS(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ErrorLog = stdlog.New(io.Discard, "", 0) // it would complain of whoever does not trust it
	server.StartTLS()
	defer server.Close()
	ca := write(t, "ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	s := running(t, io.Discard, fmt.Sprintf("notify: [{kind: webhook, url: %q, ca_file: %q}]", server.URL, ca))
	s.Event(dog(true))
	until(t, s, "taken", func(n status.Notify) bool { return n.Sent == 1 })
	s = running(t, io.Discard, fmt.Sprintf("notify: [{kind: webhook, url: %q}]", server.URL))
	s.Event(dog(true))
	until(t, s, "not trusted", func(n status.Notify) bool { return strings.Contains(n.Failing, "x509") && n.Sent == 0 })
}

// TestBounds: while nobody takes them messages are kept to a count and a size, the newest.
func TestBounds(t *testing.T) {
	for _, size := range []int{1, 10000} {
		q := newQueue()
		for i := range 1000 {
			q.put(&Message{Label: fmt.Sprint(i), Title: strings.Repeat("x", size)})
		}
		st := q.report()
		if st.waiting > maxWaiting || q.bytes > maxWaitingBytes || st.waiting < 2 || st.lost != int64(1000-st.waiting) {
			t.Errorf("titles of %d bytes: %+v in %d bytes", size, st, q.bytes)
		}
		if got := q.oldest().Label; got != fmt.Sprint(1000-st.waiting) {
			t.Errorf("the oldest is %s", got)
		}
	}
}

// TestAsked: who is told of what, and how often.
func TestAsked(t *testing.T) {
	minutes := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }
	group := func(on bool) *sink.Event { e := dog(on); e.ID, e.Group = "alarm", true; return e }
	muted := func() *sink.Event { e := dog(true); e.Muted = true; return e }
	elsewhere := func() *sink.Event { e := dog(true); e.Source = "yard"; return e }
	for name, c := range map[string]struct {
		keys   string
		events []*sink.Event
		at     []int // minutes
		want   int
	}{
		"begin":      {"", []*sink.Event{dog(true), dog(false)}, []int{0, 0}, 1},
		"end too":    {"ends: true", []*sink.Event{dog(true), dog(false)}, []int{0, 0}, 2},
		"rate":       {"every: 10m, ends: true", []*sink.Event{dog(true), dog(false), dog(true), dog(false), dog(true)}, []int{0, 0, 9, 9, 10}, 3},
		"two rooms":  {"every: 10m", []*sink.Event{dog(true), elsewhere()}, []int{0, 0}, 2},
		"muted":      {"ends: true", []*sink.Event{muted(), dog(false)}, []int{0, 0}, 0},
		"groups not": {"", []*sink.Event{group(true)}, []int{0}, 0},
		"groups":     {"labels: [alarm]", []*sink.Event{group(true), dog(true)}, []int{0, 0}, 1},
		"others":     {"labels: [cat]", []*sink.Event{dog(true)}, []int{0}, 0},
	} {
		f, err := config.Parse("x.yaml", fmt.Appendf(nil, "notify: [{kind: webhook, url: 'http://x/', %s}]", c.keys), nil)
		if err != nil {
			t.Fatal(err)
		}
		s, err := New(f, logging.New(logging.Config{Out: io.Discard}), nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, e := range c.events {
			s.channels[0].event(e, minutes(c.at[i]))
		}
		if got := s.channels[0].queue.report().waiting; got != c.want {
			t.Errorf("%s: %d messages, want %d", name, got, c.want)
		}
	}
}

// TestRefusesFiles: what a file should hold and does not is told with its key, before anything runs.
func TestRefusesFiles(t *testing.T) {
	for keys, want := range map[string]string{
		fmt.Sprintf("kind: ntfy, topic: a, url_file: %q", write(t, "url", "ftp://canary")):                   "notify[0].url_file: holds no address",
		fmt.Sprintf("kind: webhook, url: 'http://x', secret_file: %q", write(t, "key", "whsec_canary!")):     "notify[0].secret_file: want base64 behind whsec_",
		fmt.Sprintf("kind: webhook, url: 'https://x', ca_file: %q", write(t, "ca", "canary")):                "holds no certificate",
		fmt.Sprintf("kind: apprise, url: 'http://x', token_file: %q", filepath.Join(t.TempDir(), "missing")): "notify[0].token_file: secret: open",
	} {
		f, err := config.Parse("x.yaml", []byte("notify: [{"+keys+"}]"), nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := Kind.Check(f); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: %v, want %s", keys, err, want)
		}
	}
}
