package cli

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"earshot/daemon/history/block"
	"earshot/daemon/history/store"
)

// remembered is a state folder with a history: a dog every hour of the last three, and its scores of a minute.
func remembered(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	w, _, err := store.Create(filepath.Join(dir, store.FileName))
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	now := time.Now()
	var b store.Batch
	for i := range 3 {
		at := now.Add(-time.Duration(i)*time.Hour - time.Minute)
		first, second := 0.9, 0.8
		b.Events = append(b.Events, store.Event{Source: "mic", Label: "dog", Title: "=Dog", Onset: at, End: at.Add(2500 * time.Millisecond), PeakAt: at,
			Score: 0.6, Peak: 0.75, On: 0.5, Off: 0.3, First: &first, Second: &second, Model: "m"})
	}
	b.Events = append(b.Events, store.Event{Source: "door", Label: "cat", Title: "Cat", Onset: now, PeakAt: now, Muted: true, Model: "m"})
	x := &block.Block{Labels: []string{"dog"}}
	for i := range 80 {
		x.Windows = append(x.Windows, block.Window{End: int64(i+2) * 32768, From: len(x.Marks)})
		x.Marks = append(x.Marks, block.Mark{Steps: uint16(i * 12)})
	}
	packed, _ := new(block.Packer).Pack(x, 4000)
	b.Scores = []store.Scores{{Source: "mic", Began: now.Add(-time.Minute), Ended: now, Model: "m", RateHz: 44100, WindowSamples: 66150, Block: packed}}
	b.Levels = []store.Level{{Source: "mic", Minute: now.Truncate(time.Minute)}}
	if err := w.Write(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestHistory(t *testing.T) {
	state := "state_dir=" + remembered(t)
	for _, c := range []struct {
		args  []string
		lines int
		want  string
	}{
		{nil, 5, "0.90 and 0.80"},
		{[]string{"--label", "dog"}, 4, "2.5 s"},
		{[]string{"--source", "door"}, 2, "still on"},
		{[]string{"--source", "door"}, 2, "muted"},
		{[]string{"--since", "90m"}, 4, "dog"},
		{[]string{"--until", "90m", "-n", "1"}, 2, "dog"},
		{[]string{"--search", "at"}, 2, "cat"},
		{[]string{"--label", "siren"}, 1, "Nothing was heard then."},
		{[]string{"--csv"}, 5, "'=Dog"},
		{[]string{"--json", "--label", "dog"}, 3, `"second":0.8`},
	} {
		code, out, errs := withStdin("", append([]string{"history", "--set", state}, c.args...)...)
		if code != exitOK || strings.Count(out, "\n") != c.lines || !strings.Contains(out, c.want) {
			t.Errorf("%q: exit code %d, %s\n%s; want %d lines with %q", c.args, code, errs, out, c.lines, c.want)
		}
	}
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--since", "yesterday", "--set", state}, exitUsage, `--since "yesterday": want a date such as 2026-11-22`},
		{[]string{"-n", "-1", "--set", state}, exitUsage, "want 0 or more"},
		{[]string{"--json", "--csv", "--set", state}, exitUsage, "--json and --csv exclude each other"},
		{[]string{"--set", "state_dir=" + t.TempDir()}, exitFailure, "history.enabled"},
	} {
		if code, _, errs := withStdin("", append([]string{"history"}, c.args...)...); code != c.code || !strings.Contains(errs, c.want) {
			t.Errorf("%q: exit code %d, %s; want %d, %q", c.args, code, errs, c.code, c.want)
		}
	}
}

// TestFeedback: to who says that an event was wrong it is told which threshold would have kept it silent.
func TestFeedback(t *testing.T) {
	state := "state_dir=" + remembered(t)
	for verdict, offers := range map[string]bool{"wrong": true, "right": false} {
		code, out, errs := withStdin("", "feedback", "2", verdict, "--set", state)
		if code != exitOK || !strings.Contains(out, "dog") || strings.Contains(out, "silent with a threshold of 0.751; what else that would have cost: earshot tune dog") != offers {
			t.Errorf("%s: exit code %d, %s%s", verdict, code, out, errs)
		}
	}
}

func TestTune(t *testing.T) {
	state := "state_dir=" + remembered(t)
	code, out, errs := withStdin("", "tune", "dog", "--set", state, "--set", "watch.on=0.5", "--set", "watch.off=0.3")
	if code != exitOK || !strings.Contains(out, "*     0.500   0.300         1") || !strings.Contains(out, "from 1m0s of sound") || strings.Contains(out, "A DAY") {
		t.Errorf("exit code %d, %s\n%s", code, errs, out)
	}
	code, out, errs = withStdin("", "tune", "dog", "--json", "--min-on", "10s", "--set", state, "--set", "watch.on=0.5", "--set", "watch.off=0.3")
	var curve struct {
		Now    map[string]float64
		Points []struct {
			On     float64
			Events int
		}
	}
	if err := json.Unmarshal([]byte(out), &curve); code != exitOK || err != nil || curve.Now["min_on"] != 10 || len(curve.Points) < 30 {
		t.Errorf("exit code %d, %s, %v\n%s", code, errs, err, out)
	}
	for _, p := range curve.Points {
		if want := map[bool]int{true: 1}[p.On < 0.78]; p.Events != want { // the score rises through it ten seconds before the end
			t.Errorf("at %g: %d events", p.On, p.Events)
		}
	}
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{nil, exitUsage, "tune takes one LABEL"},
		{[]string{"dgo"}, exitUsage, "did you mean dog?"},
		{[]string{"dog", "--hold", "-1s"}, exitUsage, "--hold -1s: want 0s to 24h"},
		{[]string{"dog", "--source", "attic"}, exitFailure, "no scores since"},
	} {
		if code, _, errs := withStdin("", append([]string{"tune", "--set", state}, c.args...)...); code != c.code || !strings.Contains(errs, c.want) {
			t.Errorf("%q: exit code %d, %s; want %d, %q", c.args, code, errs, c.code, c.want)
		}
	}
}
