package web

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"earshot/daemon/status"
	"earshot/internal/latest"

	"go.yaml.in/yaml/v3"
)

// exported are the names and label names on /metrics.
func exported(t *testing.T) map[string]string {
	t.Helper()
	s := status.Status{Sources: []status.Source{{Name: "mic", Labels: []status.Label{{ID: "dog", Events: 3}},
		Verify: &status.Verify{}, Latency: latest.Histogram{Count: 2, Sum: time.Second}}}}
	w := httptest.NewRecorder()
	metrics(func() status.Status { return s }).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 {
		t.Fatalf("%d: %s", w.Code, w.Body)
	}
	names := map[string]string{}
	for line := range strings.Lines(w.Body.String()) {
		if !strings.HasPrefix(line, "#") {
			name, rest, _ := strings.Cut(line, " ")
			name, labels, _ := strings.Cut(name, "{")
			names[name] += labels + rest
		}
	}
	return names
}

// TestMonitoring: the dashboard and the alert rules ask for what /metrics has, by labels that it has.
func TestMonitoring(t *testing.T) {
	names := exported(t)
	var queries []string
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	read := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join("../../packaging/monitoring", name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	if err := json.Unmarshal(read("grafana.json"), &dashboard); err != nil {
		t.Fatal(err)
	}
	for _, p := range dashboard.Panels {
		if p.Title == "" || len(p.Targets) == 0 {
			t.Errorf("panel %+v", p)
		}
		for _, target := range p.Targets {
			queries = append(queries, target.Expr)
		}
	}
	var rules struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr string
				Annotations struct{ Summary string }
			}
		}
	}
	if err := yaml.Unmarshal(read("earshot.rules.yml"), &rules); err != nil {
		t.Fatal(err)
	}
	for _, r := range rules.Groups[0].Rules {
		if r.Alert == "" || r.Annotations.Summary == "" {
			t.Errorf("rule %+v", r)
		}
		queries = append(queries, r.Expr)
	}
	if len(queries) < 20 {
		t.Fatalf("only %d queries were found", len(queries))
	}
	metric := regexp.MustCompile(`\b(earshot|process)_[a-z0-9_]+`)
	by := regexp.MustCompile(`by \(([a-z, ]+)\)`)
	for _, q := range queries {
		if strings.Count(q, "(") != strings.Count(q, ")") || strings.Count(q, "{") != strings.Count(q, "}") {
			t.Errorf("%s: brackets do not match", q)
		}
		for _, name := range metric.FindAllString(q, -1) {
			if _, ok := names[name]; !ok {
				t.Errorf("%s: /metrics has no %s", q, name)
			}
			if m := by.FindStringSubmatch(q); m != nil {
				for _, l := range strings.Split(m[1], ", ") {
					if l != "instance" && !strings.Contains(names[name], l+`="`) {
						t.Errorf("%s: %s has no label %s", q, name, l)
					}
				}
			}
		}
	}
}
