package alarm

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"earshot/daemon/config"
	"earshot/daemon/sink"
	"earshot/daemon/status"
	"earshot/internal/logging"
	"earshot/internal/test/sinktest"
	"earshot/publish/topic"
)

var noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

// house is a guard under way, with what it told.
type house struct {
	*Guard
	dir  string
	stop func()

	mu   sync.Mutex
	said []string
}

func newHouse(t *testing.T, dir string) *house {
	t.Helper()
	h := &house{dir: dir}
	say := func(format string, a ...any) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.said = append(h.said, fmt.Sprintf(format, a...))
	}
	g, err := New(Config{Dir: dir, Tell: func(s State) { say("%s %v %s %d", s.Mode, s.On, s.Label, s.Count) },
		Tamper: func(source, reason string) { say("tamper %s %s", source, reason) },
		Log:    logging.New(logging.Config{Level: "error", Out: io.Discard}), Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	h.Guard = g
	low := 0.3
	g.Configure(config.Surveillance{Away: []config.Alarm{{Label: "glass"}, {Label: "steps", On: &low}}, Night: []config.Alarm{{Label: "glass"}}, Tamper: true})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- g.Run(ctx) }()
	var once sync.Once
	h.stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(h.stop)
	return h
}

func (h *house) command(t *testing.T, command string) {
	t.Helper()
	if err := h.Command(command, "test"); err != nil {
		t.Fatal(err)
	}
}

func (h *house) is(t *testing.T, what, want string) {
	t.Helper()
	s, _ := h.State()
	if got := fmt.Sprintf("%s %v %s %d", s.Mode, s.On, s.Label, s.Count); got != want {
		t.Errorf("%s: %s, want %s", what, got, want)
	}
}

func heard(label string, on bool) *sink.Event {
	e := &sink.Event{Source: "mic", ID: label, Onset: noon}
	e.On, e.Score = on, 0.9
	return e
}

func scored(label string, score float64) sink.Scores {
	return sink.Scores{Source: "mic", At: noon, Best: []sink.Score{{ID: "dog", Score: 0.9}, {ID: label, Score: score}}}
}

// TestAlarm: what is armed raises an alarm by its sensor or its own threshold, which stays until it is acknowledged, over a restart too.
func TestAlarm(t *testing.T) {
	dir := t.TempDir()
	h := newHouse(t, dir)
	h.Event(heard("glass", true))
	h.is(t, "disarmed", "disarmed false  0")
	h.command(t, topic.AlarmNight)
	h.Scores(scored("steps", 0.9))
	h.Event(heard("dog", true))
	h.is(t, "what the night does not listen for", "night false  0")
	h.command(t, topic.AlarmAway)
	h.Scores(scored("steps", 0.29))
	h.is(t, "below its threshold", "away false  0")
	for range 3 {
		h.Scores(scored("steps", 0.31))
	}
	h.is(t, "above it", "away true steps 1")
	h.Event(heard("glass", true))
	h.Event(heard("glass", false))
	h.is(t, "the glass too", "away true steps 2")
	h.stop()
	h = newHouse(t, dir)
	h.is(t, "after a restart", "away true steps 2")
	h.command(t, topic.AlarmAcknowledge)
	h.is(t, "acknowledged", "away false  0")
	h.Event(heard("glass", true))
	h.is(t, "and once more", "away true glass 1")
	h.command(t, topic.AlarmDisarm)
	h.is(t, "disarmed", "disarmed false  0")
	for _, bad := range []string{"", "arm_away", "TRIGGER"} {
		if err := h.Command(bad, "test"); err == nil {
			t.Errorf("%q is obeyed", bad)
		}
	}
	h.Configure(config.Surveillance{Tamper: true})
	if err := h.Command(topic.AlarmAway, "test"); err == nil {
		t.Error("armed without any label")
	}
	h.stop()
	if v, err := Verify(dir); err != nil || v.N != 8 {
		t.Errorf("%+v, %v", v, err)
	}
}

// TestTamper: a microphone that goes, or is covered, is told of; it raises an alarm away and at night only.
func TestTamper(t *testing.T) {
	h := newHouse(t, t.TempDir())
	h.Source(sink.Source{Name: "mic", Phase: status.Lost, Why: "gone"})
	h.is(t, "disarmed", "disarmed false  0")
	h.Source(sink.Source{Name: "mic", Phase: status.Online})
	h.command(t, topic.AlarmAway)
	h.Diagnostics(status.Status{Sources: []status.Source{{Name: "mic", Phase: status.Online, Problem: "clipped"}}})
	h.is(t, "clipped", "away false  0")
	h.Diagnostics(status.Status{Sources: []status.Source{{Name: "mic", Phase: status.Online, Problem: "dead"}}})
	h.is(t, "covered", "away true tamper 1")
	h.Diagnostics(status.Status{Sources: []status.Source{{Name: "mic", Phase: status.Online}}})
	h.is(t, "uncovered", "away true tamper 1")
	h.stop()
	h.mu.Lock()
	defer h.mu.Unlock()
	all := strings.Join(h.said, "\n")
	for _, want := range []string{"tamper mic unplugged", "tamper mic covered", "tamper mic \n"} {
		if !strings.Contains(all, want) {
			t.Errorf("not told: %q; told\n%s", want, all)
		}
	}
}

// TestFloor: days and nights of a room are no sign; a cloth over the microphone is, and a noise that hides everything.
func TestFloor(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	f, now := &floor{}, noon
	room := func() float64 { // dBFS(A): 20 dB between day and night
		level := -60.0
		if h := now.Hour(); h < 7 {
			level = -75
		}
		return level + 15*rng.Float64()*rng.Float64()
	}
	minutes := func(n int, level func() float64) (first string) {
		for range n {
			now = now.Add(time.Minute)
			if changed := f.minute(now, level()); changed != "" && first == "" {
				first = changed
			}
		}
		return first
	}
	if sign := minutes(5*24*60, room); sign != "" {
		t.Errorf("in five days of a room: %s", sign)
	}
	if sign := minutes(3, func() float64 { return -90 }); !strings.Contains(sign, "below the quietest minute of the day") {
		t.Errorf("covered: %q", sign)
	}
	if sign := minutes(60, room); sign != "" {
		t.Errorf("uncovered: %s", sign)
	}
	if sign := minutes(15, func() float64 { return -30 }); !strings.Contains(sign, "never within") {
		t.Errorf("under a noise: %q", sign)
	}
}

// TestEvidence: whatever is changed later in the chain or in a clip shows, and so does what is taken off its end.
func TestEvidence(t *testing.T) {
	dir := t.TempDir()
	clip := filepath.Join(t.TempDir(), "mic_glass_20261129T120000.000Z.flac")
	h := newHouse(t, dir)
	h.command(t, topic.AlarmAway)
	e := heard("glass", true)
	e.Clip = sink.Clip{Name: filepath.Base(clip), Path: clip}
	h.Event(e)
	if err := os.WriteFile(clip, []byte("sound"), 0o600); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if s, _ := h.State(); s.Head.N == 3 {
			break
		} else if time.Now().After(end) {
			t.Fatalf("the clip is not kept: %+v", s)
		}
	}
	h.stop()
	if err := os.Remove(clip); err != nil { // tidied up, but kept here
		t.Fatal(err)
	}
	if v, err := Verify(dir); err != nil || v.N != 3 || v.Clips != 1 || len(v.Missing) != 0 {
		t.Fatalf("%+v, %v", v, err)
	}
	chain, kept := filepath.Join(dir, chainName), filepath.Join(dir, clipDir, filepath.Base(clip))
	good, err := os.ReadFile(chain)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(good), "\n")
	for want, bad := range map[string]string{
		"evidence.jsonl:3: record 3 does not follow": strings.Replace(string(good), `"label":"glass"`, `"label":"dog"`, 1),
		"evidence.jsonl:2: record 3 does not follow": lines[0] + lines[2],
		"its end was changed or taken off":           lines[0] + lines[1],
		"it is no record":                            string(good) + "nonsense\n",
	} {
		if err := os.WriteFile(chain, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Verify(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if err := os.WriteFile(chain, good, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(kept, []byte("another"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(dir); err == nil || !strings.Contains(err.Error(), "was changed: its SHA-256 is") {
		t.Errorf("a clip that was changed: %v", err)
	}
	if err := os.Remove(kept); err != nil {
		t.Fatal(err)
	}
	if v, err := Verify(dir); err != nil || len(v.Missing) != 1 {
		t.Errorf("a clip that is gone: %+v, %v", v, err)
	}
}

// TestContract: the guard is a sink like others.
func TestContract(t *testing.T) {
	sinktest.Run(t, func(t *testing.T) sinktest.Subject {
		h := newHouse(t, t.TempDir())
		return sinktest.Subject{Sink: h.Guard, Nil: (*Guard)(nil), Close: h.stop}
	})
}
