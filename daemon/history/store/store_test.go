package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
)

var noon = time.UnixMilli(1_790_000_000_000)

func newStore(t testing.TB) (*Writer, *Reader) {
	t.Helper()
	path := filepath.Join(t.TempDir(), FileName)
	w, aside, err := Create(path)
	if err != nil || aside != "" {
		t.Fatal(aside, err)
	}
	r := NewReader(path)
	t.Cleanup(func() { _ = r.Close(); _ = w.Close() })
	return w, r
}

func write(t testing.TB, w *Writer, b Batch) {
	t.Helper()
	if err := w.Write(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
}

// event is one that began n seconds after noon; it ends a second later.
func event(label string, n int, ended bool) Event {
	second := 0.75
	e := Event{Source: "mic", Label: label, Title: strings.ToUpper(label), Onset: noon.Add(time.Duration(n) * time.Second), Score: 0.9, Peak: 0.9,
		On: 0.8, Off: 0.5, First: &second, Second: &second, Runners: []Score{{"cat", "Cat", 0.1}}, LevelDBFS: -40, Model: "abc/2"}
	if e.PeakAt = e.Onset; ended {
		e.End, e.Peak, e.Clip = e.Onset.Add(time.Second), 0.95, "clip.flac"
	}
	return e
}

func events(t testing.TB, r *Reader, f Filter) (all []Event) {
	t.Helper()
	if err := r.Events(t.Context(), f, Cursor{}, 1000, func(e Event) error { all = append(all, e); return nil }); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestEvents: an event is there as soon as it begins, and complete when it has ended, as it was told.
func TestEvents(t *testing.T) {
	w, r := newStore(t)
	write(t, w, Batch{Events: []Event{event("dog", 0, false)}})
	got := events(t, r, Filter{})
	if len(got) != 1 || !got[0].End.IsZero() || got[0].Cut {
		t.Fatalf("begun: %+v", got)
	}
	write(t, w, Batch{Events: []Event{event("dog", 0, true)}})
	want := event("dog", 0, true)
	want.ID = got[0].ID
	if got = events(t, r, Filter{}); len(got) != 1 || !reflect.DeepEqual(got[0], want) {
		t.Errorf("ended: %+v\nwant   %+v", got, want)
	}
	write(t, w, Batch{Events: []Event{event("dog", 10, false), event("dog", 20, false), event("cat", 30, true)}})
	got = events(t, r, Filter{})
	if len(got) != 4 || !got[2].Cut || got[1].Cut || got[0].Label != "cat" {
		t.Errorf("an end that was lost: %+v", got)
	}
	group := event("alarm", 40, true)
	group.Group = true
	write(t, w, Batch{Events: []Event{group}})
	for _, c := range []struct {
		f    Filter
		want int
	}{{Filter{}, 4}, {Filter{Groups: true}, 5}, {Filter{Label: "dog"}, 3}, {Filter{Label: "alarm"}, 1}, {Filter{Text: "O"}, 3}, {Filter{Text: "%"}, 0},
		{Filter{Source: "door"}, 0}, {Filter{Since: noon.Add(10 * time.Second)}, 3}, {Filter{Until: noon.Add(10 * time.Second)}, 1}} {
		if got := events(t, r, c.f); len(got) != c.want {
			t.Errorf("%+v: %d events, want %d", c.f, len(got), c.want)
		}
	}
}

// TestPaging: page by page comes every event once, while others are written.
func TestPaging(t *testing.T) {
	w, r := newStore(t)
	var b Batch
	for i := range 100 {
		b.Events = append(b.Events, event("dog", i/3, true)) // some share their onset
	}
	write(t, w, b)
	seen := map[int64]bool{}
	var at Cursor
	for range 100 {
		n := 0
		err := r.Events(t.Context(), Filter{}, at, 7, func(e Event) error {
			if seen[e.ID] {
				t.Errorf("event %d comes twice", e.ID)
			}
			seen[e.ID], at, n = true, After(e), n+1
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			break
		}
		write(t, w, Batch{Events: []Event{event("cat", 1000, true)}})
	}
	if len(seen) != 100 {
		t.Errorf("%d of 100 events", len(seen))
	}
}

// TestSums: what is counted, and levels and scores as they were written.
func TestSums(t *testing.T) {
	w, r := newStore(t)
	level := Level{"mic", noon.Truncate(time.Minute), -40, -20}
	scores := Scores{"mic", noon, noon.Add(time.Minute), "abc/2", 44100, 66150, []byte("block")}
	write(t, w, Batch{Events: []Event{event("dog", 0, true), event("dog", 1000, true), event("cat", 0, true)}, Scores: []Scores{scores}, Levels: []Level{level, {"door", level.Minute, 0, 0}}})
	labels, err := r.Labels(t.Context(), Filter{})
	if want := (Label{"dog", "DOG", false, 2, 2, noon.Add(1000 * time.Second)}); err != nil || len(labels) != 2 || labels[0] != want {
		t.Errorf("%v, %+v", err, labels)
	}
	quarters := map[time.Duration]int{}
	first := noon.Truncate(Quarter)
	if err := r.Quarters(t.Context(), Filter{}, func(at time.Time, n int) { quarters[at.Sub(first)] += n }); err != nil ||
		!reflect.DeepEqual(quarters, map[time.Duration]int{0: 2, noon.Add(1000 * time.Second).Sub(first).Truncate(Quarter): 1}) {
		t.Errorf("%v, %v", err, quarters)
	}
	if sources, err := r.Sources(t.Context()); err != nil || !reflect.DeepEqual(sources, []string{"door", "mic"}) {
		t.Errorf("%v, %v", err, sources)
	}
	var levels []Level
	if err := r.Levels(t.Context(), "mic", noon.Add(-time.Hour), noon.Add(time.Hour), false, func(l Level) { levels = append(levels, l) }); err != nil || len(levels) != 1 || levels[0].Mean != -40 || levels[0].Peak != -20 {
		t.Errorf("%v, %+v", err, levels)
	}
	for _, c := range []struct {
		since, until time.Duration
		want         int
	}{{-time.Hour, time.Hour, 1}, {30 * time.Second, time.Hour, 1}, {2 * time.Minute, time.Hour, 0}, {-time.Hour, 0, 0}} {
		n := 0
		if err := r.Scores(t.Context(), "mic", noon.Add(c.since), noon.Add(c.until), func(s Scores) error { n++; return nil }); err != nil || n != c.want {
			t.Errorf("%+v: %d blocks, %v", c, n, err)
		}
	}
	if size, err := r.Size(t.Context()); err != nil || size.Bytes == 0 || !size.Oldest.Equal(noon) {
		t.Errorf("%+v, %v", size, err)
	}
}

// TestRetain: what has its age goes; what is too large loses its oldest scores and then its oldest events, and its file shrinks.
func TestRetain(t *testing.T) {
	w, r := newStore(t)
	retain := func(k Keep) {
		t.Helper()
		for range 1000 {
			if done, err := w.Retain(t.Context(), k); err != nil {
				t.Fatal(err)
			} else if done {
				return
			}
		}
		t.Fatal("it never comes to an end")
	}
	for day := range 10 {
		var b Batch
		at := noon.Add(time.Duration(day) * 24 * time.Hour)
		for i := range 500 {
			b.Events = append(b.Events, event("dog", day*86400+i, true))
			minute := at.Add(time.Duration(i) * time.Minute)
			b.Scores = append(b.Scores, Scores{"mic", minute, minute.Add(time.Minute), "abc/2", 44100, 66150, make([]byte, 1000)})
			b.Levels = append(b.Levels, Level{"mic", minute.Truncate(time.Minute), -40, -20})
		}
		write(t, w, b)
	}
	type size struct{ Events, Counted, Blocks, Bytes int }
	measure := func() (s size) {
		t.Helper()
		all, err := r.Size(t.Context())
		s.Bytes = int(all.Bytes)
		if err == nil {
			err = w.db.QueryRow("SELECT (SELECT COUNT(*) FROM event), (SELECT COUNT(*) FROM scores)").Scan(&s.Events, &s.Blocks)
		}
		labels, err2 := r.Labels(t.Context(), Filter{})
		if err = errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		for _, l := range labels {
			s.Counted += l.Count
		}
		return s
	}
	all := measure()
	retain(Keep{Since: noon.Add(2 * 24 * time.Hour), ScoresSince: noon.Add(5 * 24 * time.Hour), MaxBytes: 1 << 40})
	if s := measure(); s.Events != 4000 || s.Counted != 4000 || s.Blocks != 2500 || s.Bytes >= all.Bytes {
		t.Errorf("after their age: %+v of %+v", s, all)
	}
	retain(Keep{Since: noon, ScoresSince: noon, MaxBytes: 3 << 20})
	if s := measure(); s.Events != 4000 || s.Blocks == 0 || s.Blocks > 1500 {
		t.Errorf("3 MB: %+v", s)
	}
	retain(Keep{Since: noon, ScoresSince: noon, MaxBytes: 400 << 10})
	if s := measure(); s.Blocks != 0 || s.Events == 0 || s.Events > 1500 || s.Bytes > 600<<10 {
		t.Errorf("400 kB: %+v", s)
	}
	if newest := events(t, r, Filter{})[0]; !newest.Onset.Equal(noon.Add(9*24*time.Hour + 499*time.Second)) {
		t.Errorf("the newest event is of %v", newest.Onset)
	}
	retain(Keep{Since: noon, ScoresSince: noon, MaxBytes: 1})
}

// TestAside: a file that is no store is put aside, and one of another version too; nobody else may read the new one.
func TestAside(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	if err := os.WriteFile(path, []byte(strings.Repeat("no store at all", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := NewReader(path).Events(t.Context(), Filter{}, Cursor{}, 1, nil); err == nil {
		t.Error("a reader takes it")
	}
	w, aside, err := Create(path)
	if err != nil || aside == "" {
		t.Fatal(aside, err)
	}
	if b, err := os.ReadFile(aside); err != nil || !strings.HasPrefix(string(b), "no store") {
		t.Errorf("put aside: %v", err)
	}
	if _, err := w.db.Exec("PRAGMA user_version=77"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	os.Remove(aside)
	if w, aside, err = Create(path); err != nil || aside == "" {
		t.Fatal(aside, err)
	}
	defer w.Close()
	if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", st.Mode(), err)
	}
	if err := os.Remove(path); err != nil || w.There() {
		t.Errorf("taken away and still there: %v", err)
	}
	if err := NewReader(path).Events(t.Context(), Filter{}, Cursor{}, 1, nil); !errors.Is(err, ErrNone) {
		t.Errorf("no file: %v", err)
	}
}

// TestWriterChild is no test: TestKilled runs it as a process of its own. It writes numbered events, one a
// transaction and every second one with its end, and says each number when it is written.
func TestWriterChild(t *testing.T) {
	path := os.Getenv("EARSHOT_TEST_STORE")
	if path == "" {
		return
	}
	w, aside, err := Create(path)
	if err != nil || aside != "" {
		fmt.Println("failed", aside, err)
		os.Exit(1)
	}
	first, _ := strconv.Atoi(os.Getenv("EARSHOT_TEST_FIRST"))
	for n := first; ; n++ {
		b := Batch{Events: []Event{event("n"+strconv.Itoa(n), n, n%2 == 0)}, Levels: []Level{{"mic", noon.Add(time.Duration(n) * time.Minute), -40, -20}}}
		if err := w.Write(context.Background(), &b); err != nil {
			fmt.Println("failed", err)
			os.Exit(1)
		}
		fmt.Println("written", n)
	}
}

// TestKilled kills a process while it writes, again and again: what it said to be written is there, once, whole, and
// the next one goes on.
func TestKilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	rng := rand.New(rand.NewPCG(1, 2))
	const kills = 100
	next := 0
	for kill := range kills {
		c := exec.Command(os.Args[0], "-test.run", "^TestWriterChild$")
		c.Env = append(os.Environ(), "EARSHOT_TEST_STORE="+path, "EARSHOT_TEST_FIRST="+strconv.Itoa(next))
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		after := 1 + rng.IntN(40)
		written := -1
		for lines := bufio.NewScanner(out); lines.Scan(); after-- {
			if _, err := fmt.Sscanf(lines.Text(), "written %d", &written); err != nil {
				t.Fatalf("run %d: %q", kill, lines.Text())
			}
			if after == 0 {
				_ = c.Process.Kill()
			}
		}
		_ = c.Wait() // killed
		if written < next {
			t.Fatalf("run %d wrote nothing", kill)
		}
		next = written + 1
		r := NewReader(path)
		var newest []Event
		if err := r.Events(t.Context(), Filter{}, Cursor{}, 2, func(e Event) error { newest = append(newest, e); return nil }); err != nil {
			t.Fatal(err)
		}
		_ = r.Close()
		// What was committed and not said is there too, as one more.
		if got := newest[0].Label; got != "n"+strconv.Itoa(written) && got != "n"+strconv.Itoa(next) {
			t.Fatalf("run %d: %d was written, the newest is %s", kill, written, got)
		} else if got == "n"+strconv.Itoa(next) {
			next++
		}
	}
	w, aside, err := Create(path)
	if err != nil || aside != "" {
		t.Fatal(aside, err)
	}
	defer w.Close()
	var verdict string
	if err := w.db.QueryRow("PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("%q, %v", verdict, err)
	}
	r := NewReader(path)
	defer r.Close()
	seen := map[string]int{}
	err = r.Events(t.Context(), Filter{}, Cursor{}, 1<<30, func(e Event) error {
		seen[e.Label]++
		if e.End.IsZero() {
			t.Errorf("event %s has no end", e.Label)
		}
		return nil
	})
	for n := range next {
		if seen["n"+strconv.Itoa(n)] != 1 {
			t.Errorf("event %d is there %d times", n, seen["n"+strconv.Itoa(n)])
		}
	}
	t.Logf("killed %d times while writing %d events; all are there, integrity_check says %q", kills, len(seen), verdict)
	if err != nil || len(seen) != next {
		t.Errorf("%d events for %d, %v", len(seen), next, err)
	}
}
