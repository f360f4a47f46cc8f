package logging

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestJSONWithoutTerminal(t *testing.T) {
	var b bytes.Buffer
	log := New(Config{Level: "info", Format: "auto", Out: &b})
	log.Debug().Msg("too fine")
	log.Info().Str("label", "dog").Msg("ON")
	var line map[string]any
	if err := json.Unmarshal(b.Bytes(), &line); err != nil {
		t.Fatalf("%v in %q", err, b.String())
	}
	if line["message"] != "ON" || line["label"] != "dog" || line["level"] != "info" {
		t.Errorf("%v", line)
	}
	if _, err := time.Parse(time.RFC3339Nano, line["time"].(string)); err != nil {
		t.Error(err)
	}
}

func TestConsole(t *testing.T) {
	var b bytes.Buffer
	log := New(Config{Level: "info", Format: "console", Out: &b})
	log.Warn().Str("why", "x").Msg("sound lost")
	if got := b.String(); !strings.Contains(got, "WRN sound lost why=x") || strings.Contains(got, "\x1b") {
		t.Errorf("%q", got)
	}
}

func TestLevelChanges(t *testing.T) {
	var b bytes.Buffer
	log := New(Config{Level: "error", Format: "json", Out: &b})
	defer log.SetLevel("info")
	log.Warn().Msg("no")
	log.SetLevel("debug")
	log.Debug().Msg("yes")
	log.SetLevel("nonsense") // means info
	log.Debug().Msg("no")
	if got := b.String(); strings.Contains(got, `"no"`) || strings.Count(got, "\n") != 1 {
		t.Errorf("%q", got)
	}
}

// TestHide: a secret is blanked wherever it appears, in every form of log.
func TestHide(t *testing.T) {
	for _, format := range []string{"json", "console"} {
		var b bytes.Buffer
		log := New(Config{Level: "trace", Format: format, Out: &b})
		log.Hide("canary")
		log.Hide("")  // nothing to hide
		log.Hide("a") // too short to hide without giving it away
		log.Error().Err(errors.New("login canary refused")).Str("canary", "x-canary-y").Msg("canary")
		if got := b.String(); strings.Contains(got, "canary") || !strings.Contains(got, "****") || !strings.Contains(got, "refused") {
			t.Errorf("%s: %q", format, got)
		}
	}
}

func TestLimiter(t *testing.T) {
	now := time.Now()
	l := NewLimiter(time.Second)
	l.now = func() time.Time { return now }
	type answer struct {
		held int
		ok   bool
	}
	ask := func(key string) answer {
		held, ok := l.Allow(key)
		return answer{held, ok}
	}
	for i, c := range []struct {
		key  string
		wait time.Duration
		want answer
	}{
		{"a", 0, answer{0, true}},
		{"a", 0, answer{0, false}},
		{"b", 0, answer{0, true}},
		{"a", 999 * time.Millisecond, answer{0, false}},
		{"a", time.Millisecond, answer{2, true}},
		{"a", time.Second, answer{0, true}},
	} {
		now = now.Add(c.wait)
		if got := ask(c.key); got != c.want {
			t.Errorf("step %d: %v, want %v", i, got, c.want)
		}
	}
	for i := range 10 * maxKeys {
		l.Allow(fmt.Sprint(i))
	}
	if len(l.keys) > maxKeys {
		t.Errorf("%d keys kept", len(l.keys))
	}
}
