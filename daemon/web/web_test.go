package web

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"earshot/daemon/status"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

const hang = time.Minute

func example() status.Status {
	return status.Status{
		Version: "1", Node: "n1", Name: "<b>Hall</b>", Model: "m", Provider: "cpu", Runtime: "1.30.0",
		Broker: status.Broker{Address: "tcp://127.0.0.1:1883", Connected: true},
		Sources: []status.Source{{Name: "mic", Title: "<script>alert(1)</script>", Phase: "online", RateHz: 44100,
			Labels: []status.Label{{ID: "dog", Title: "Dog", On: true}}}},
	}
}

// serve runs a server on a free port until the test ends.
func serve(t *testing.T, c Config) (url string) {
	t.Helper()
	if c.Listen == "" {
		c.Listen = "127.0.0.1:0"
	}
	if c.Hub == nil {
		c.Hub = NewHub()
	}
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(hang):
			t.Error("the server does not end")
		}
	})
	return s.URL()
}

func get(t *testing.T, url, host string) (code int, header http.Header, body string) {
	t.Helper()
	request, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = host
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header, string(text)
}

func TestHealthz(t *testing.T) {
	var sick atomic.Bool
	url := serve(t, Config{Status: func() status.Status {
		s := example()
		if sick.Load() {
			s.Problems = []string{"mqtt: not connected"}
		}
		return s
	}})
	if code, _, body := get(t, url+"healthz", ""); code != http.StatusOK || !strings.Contains(body, `"ok": true`) {
		t.Errorf("healthy: %d %s", code, body)
	}
	sick.Store(true)
	if code, _, body := get(t, url+"healthz", ""); code != http.StatusServiceUnavailable || !strings.Contains(body, "mqtt: not connected") {
		t.Errorf("sick: %d %s", code, body)
	}
}

func TestMetrics(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(&collector{now: example})
	if _, err := registry.Gather(); err != nil {
		t.Error(err)
	}
	_, _, body := get(t, serve(t, Config{Status: example})+"metrics", "")
	if problems, err := promlint.New(strings.NewReader(body)).Lint(); err != nil || len(problems) > 0 {
		t.Errorf("lint: %v %v", problems, err)
	}
	for _, want := range []string{`earshot_label_on{label="dog",source="mic"} 1`, "earshot_mqtt_connected 1", `earshot_source_online{source="mic"} 1`, "process_resident_memory_bytes"} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q", want)
		}
	}
}

func TestPageIsClosed(t *testing.T) {
	url := serve(t, Config{Status: example})
	code, header, body := get(t, url, "")
	if code != http.StatusOK {
		t.Fatalf("%d", code)
	}
	for _, part := range []string{"<title>earshot</title>", "prefers-reduced-motion", "class Strip", "new EventSource("} {
		if strings.Count(body, part) != 1 {
			t.Errorf("the page has %q %d times", part, strings.Count(body, part))
		}
	}
	policy := header.Get("Content-Security-Policy")
	if strings.Contains(policy, "unsafe") || !strings.Contains(policy, "script-src 'sha256-") || !strings.Contains(policy, "style-src 'sha256-") {
		t.Errorf("policy %q", policy)
	}
	for _, danger := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "http://", "https://", "onclick="} {
		if strings.Contains(body, danger) {
			t.Errorf("the page contains %q", danger)
		}
	}
}

func TestOnlyReading(t *testing.T) {
	url := serve(t, Config{Status: example})
	response, err := http.Post(url+"status", "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST answered %d", response.StatusCode)
	}
}

func TestStream(t *testing.T) {
	hub := NewHub()
	hub.Send(EventMessage{Type: "event", Source: "mic", Label: "dog", Title: "</script>"})
	url := serve(t, Config{Status: example, Hub: hub})
	response, err := http.Get(url + "events")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	stop := time.AfterFunc(hang, func() { response.Body.Close() })
	defer stop.Stop()
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	next := func() map[string]any {
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				var m map[string]any
				if err := json.Unmarshal([]byte(data), &m); err != nil {
					t.Fatal(err)
				}
				if strings.Contains(data, "</script>") {
					t.Errorf("markup left the server as it came: %s", data)
				}
				return m
			}
		}
		t.Fatal("the stream ended")
		return nil
	}
	if m := next(); m["type"] != "status" {
		t.Errorf("first message %v", m)
	}
	if m := next(); m["type"] != "event" || m["label"] != "dog" {
		t.Errorf("recent event %v", m)
	}
	if !hub.Watched() {
		t.Error("nobody watches")
	}
	hub.Send(LevelMessage{Type: "level", Source: "mic", RMS: -20})
	for m := next(); m["type"] != "level"; m = next() {
		if m["type"] != "status" {
			t.Fatalf("unexpected %v", m)
		}
	}
}

// TestSlowPage: a page that does not read costs messages, never the sender's time or memory without bound.
func TestSlowPage(t *testing.T) {
	hub := NewHub()
	_, pipe, ok := hub.open()
	if !ok {
		t.Fatal("no room")
	}
	for range 10 * pageQueue {
		hub.Send(LevelMessage{Type: "level"})
	}
	if len(pipe) != pageQueue || hub.dropped.Load() != 9*pageQueue {
		t.Errorf("%d queued, %d dropped", len(pipe), hub.dropped.Load())
	}
	hub.close(pipe)
	if hub.Watched() {
		t.Error("still watched")
	}
}

func TestTooManyPages(t *testing.T) {
	hub := NewHub()
	for range maxPages {
		if _, _, ok := hub.open(); !ok {
			t.Fatal("refused too early")
		}
	}
	if _, _, ok := hub.open(); ok {
		t.Error("no bound on pages")
	}
	for range 3 * recentEvents {
		hub.Send(EventMessage{Type: "event"})
	}
	if len(hub.recent) != recentEvents {
		t.Errorf("%d recent events", len(hub.recent))
	}
}

func TestClips(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"clips/mic_dog.flac": "sound", "secret.txt": "canary", "clips/.hidden.flac": "canary"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	url := serve(t, Config{Status: example, ClipsDir: func() string { return filepath.Join(dir, "clips") }})
	if code, _, body := get(t, url+"clips/mic_dog.flac", ""); code != http.StatusOK || body != "sound" {
		t.Errorf("clip: %d %q", code, body)
	}
	for _, name := range []string{"..%2Fsecret.txt", "%2e%2e/secret.txt", ".hidden.flac", "none.flac", "", "..%5csecret.txt"} {
		if code, _, body := get(t, url+"clips/"+name, ""); code == http.StatusOK || strings.Contains(body, "canary") {
			t.Errorf("%s: %d %q", name, code, body)
		}
	}
	if code, _, _ := get(t, serve(t, Config{Status: example})+"clips/mic_dog.flac", ""); code != http.StatusNotFound {
		t.Errorf("clips are off and answer %d", code)
	}
}

func TestColumns(t *testing.T) {
	const bands, frames, hop = 128, 128, 3
	x := make([]float32, frames*bands)
	for i := range x {
		x[i] = LowDB - 50
	}
	x[(frames-1)*bands+5] = HighDB + 50 // the newest frame of band 5
	x[(frames-3)*bands+6] = (LowDB + HighDB) / 2
	want := make([]byte, hop*SpectrumBands)
	want[2*SpectrumBands+2] = 255
	want[0*SpectrumBands+3] = 127
	if got := Columns(func(t int) []float32 { return x[t*bands:][:bands] }, frames, hop); !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}

// TestFirstLoad: the page is one answer that loads nothing else, and small enough for a phone far from the router.
func TestFirstLoad(t *testing.T) {
	const most = 100_000 // bytes, compressed
	var small bytes.Buffer
	w, _ := gzip.NewWriterLevel(&small, gzip.BestCompression) // the level is one that there is
	if _, err := w.Write(pageText); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes, %d compressed", len(pageText), small.Len())
	if small.Len() > most {
		t.Errorf("%d bytes compressed, want at most %d", small.Len(), most)
	}
	if loads := regexp.MustCompile(`(?i)<(?:script|img|iframe)[^>]+src=|<link[^>]+href="[^d]|@import|url\(`).FindAll(pageText, -1); len(loads) > 0 {
		t.Errorf("it loads more: %q", loads)
	}
}

// TestNamesOfScripts: the page's scripts are one, in which a function of another file's name would silently take its place.
func TestNamesOfScripts(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^(?:async )?(?:function|class|const|let) ([\w$]+)`).FindAllSubmatch(pageText, -1) {
		name := string(m[1])
		if seen[name] {
			t.Errorf("two of the page's scripts have a %s", name)
		}
		seen[name] = true
	}
	if len(seen) < 50 {
		t.Errorf("%d names found", len(seen))
	}
}
