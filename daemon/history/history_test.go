package history

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"earshot/daemon/history/block"
	"earshot/daemon/history/store"
	"earshot/daemon/sink"
	"earshot/daemon/status"
	"earshot/infer/smooth"
	"earshot/internal/logging"
	"earshot/internal/test/sinktest"
	"earshot/internal/test/skip"
)

// hang is how long anything may take before a test gives up; no test depends on less.
const hang = 2 * time.Minute

// lines is a log that can be read while it is written.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.b.String(), text)
}

// running is a sink that runs, writing into a folder.
func running(t testing.TB, dir string) (s *Sink, log *lines, end func()) {
	t.Helper()
	log = &lines{}
	s = New(Config{Path: filepath.Join(dir, store.FileName), Keep: 24 * 365 * 100 * time.Hour, KeepScores: 24 * 365 * 100 * time.Hour, MaxBytes: 1 << 40,
		Log: logging.New(logging.Config{Out: log, Format: "json"})})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := s.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	return s, log, func() { cancel(); <-done }
}

func events(t testing.TB, dir string) (all []store.Event) {
	t.Helper()
	r := store.NewReader(filepath.Join(dir, store.FileName))
	defer r.Close()
	err := r.Events(t.Context(), store.Filter{}, store.Cursor{}, 1<<20, func(e store.Event) error { all = append(all, e); return nil })
	if err != nil && !errors.Is(err, store.ErrNone) {
		t.Log(err)
	}
	return all
}

func TestContract(t *testing.T) {
	sinktest.Run(t, func(t *testing.T) sinktest.Subject {
		dir := t.TempDir()
		s, _, end := running(t, dir)
		return sinktest.Subject{Sink: s, Nil: (*Sink)(nil), Close: end, Seen: func() (seen []string) {
			for _, e := range slices.Backward(events(t, dir)) {
				if e.Source == sinktest.Source {
					seen = append(seen, e.Label)
				}
			}
			return seen
		}}
	})
}

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// window is one of a source, n windows after noon, in which a dog is heard.
func window(n int, score float64) sink.Scores {
	const hop = 32768
	return sink.Scores{Source: "mic", At: noon.Add(time.Duration(n) * hop * time.Second / 44100), End: int64(n+2) * hop,
		Best:   []sink.Score{{ID: "dog", Score: score}, {ID: "cat", Score: 0.3}, {ID: "rain", Score: 0.01}},
		Stream: sink.Stream{Model: "abc/2", RateHz: 44100, WindowSamples: 66150}}
}

// TestScores: the scores of all windows come back, in blocks of a minute, rounded down to thousandths; what is left at
// the end is written.
func TestScores(t *testing.T) {
	dir := t.TempDir()
	s, _, end := running(t, dir)
	const n = 200
	for i := range n {
		w := window(i, float64(i)/n+0.0005)
		if i == 0 {
			w.Break = sink.Anew
		}
		s.Scores(w)
	}
	end()
	r := store.NewReader(filepath.Join(dir, store.FileName))
	defer r.Close()
	i, blocks := 0, 0
	err := r.Scores(t.Context(), "mic", noon, noon.Add(time.Hour), func(row store.Scores) error {
		blocks++
		b, err := block.Unpack(row.Block)
		if err != nil {
			return err
		}
		for k, w := range b.Windows {
			if w.End != window(i, 0).End || (w.Break == uint8(sink.Anew)) != (i == 0) {
				t.Errorf("window %d is %+v", i, w)
			}
			for _, m := range b.Of(k) {
				want := map[string]uint16{"dog": uint16(i * 1000 / n), "cat": 300}[b.Labels[m.Label]]
				if m.Steps != want {
					t.Errorf("window %d: %s has %d steps, want %d", i, b.Labels[m.Label], m.Steps, want)
				}
			}
			i++
		}
		return nil
	})
	if err != nil || i != n || blocks != 3 {
		t.Errorf("%d windows in %d blocks, %v", i, blocks, err)
	}
}

// TestLevels: a minute's mean and loudest sample.
func TestLevels(t *testing.T) {
	dir := t.TempDir()
	s, _, end := running(t, dir)
	e := s.Listen("mic").(*ear)
	now := noon
	e.now = func() time.Time { return now }
	e.Write(0, []float32{0.1, -0.1, 0.1, -0.1})
	now = now.Add(time.Minute)
	e.Write(4, []float32{0, 0.5})
	e.Close()
	end()
	r := store.NewReader(filepath.Join(dir, store.FileName))
	defer r.Close()
	var got []store.Level
	if err := r.Levels(t.Context(), "mic", noon, noon.Add(time.Hour), false, func(l store.Level) { got = append(got, l) }); err != nil || len(got) != 2 {
		t.Fatal(got, err)
	}
	if got[0].Mean != -20 || got[0].Peak != -20 || got[1].Mean != -9 || got[1].Peak != -6 || !got[1].Minute.Equal(noon.Add(time.Minute)) {
		t.Errorf("%+v", got)
	}
}

// TestOpinions: what each network said of an event comes along.
func TestOpinions(t *testing.T) {
	dir := t.TempDir()
	s, _, end := running(t, dir)
	e := &sink.Event{Event: smooth.Event{On: true, Score: 0.8}, Source: "mic", ID: "dog", Onset: noon, PeakAt: noon,
		Why: sink.Why{On: 0.7, Off: 0.4, Runners: []sink.Score{{ID: "cat", Title: "Cat", Score: 0.2}}, LevelDBFS: -33, Model: "abc/2"}}
	e.Asked, e.First, e.Second = true, 0.9, 0.6
	s.Event(e)
	end()
	got := events(t, dir)
	if len(got) != 1 || got[0].First == nil || *got[0].First != 0.9 || *got[0].Second != 0.6 || got[0].On != 0.7 || got[0].Off != 0.4 ||
		len(got[0].Runners) != 1 || got[0].Runners[0].Label != "cat" || got[0].LevelDBFS != -33 || got[0].Model != "abc/2" {
		t.Errorf("%+v", got)
	}
}

// wait is until ok says so.
func wait(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(hang); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// TestFullDisk: a disk that is full is told once, costs nothing but what is heard meanwhile and does not fit the queue,
// and when there is room again history goes on by itself.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=600k"); err != nil {
		if errors.Is(err, syscall.EPERM) {
			skip.Now(t, "only root can mount a small disk to fill; run the tests as root: ", err)
		}
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	s, log, end := running(t, dir)
	defer end()
	tell := func(n int) {
		for _, on := range []bool{true, false} {
			e := &sink.Event{Event: smooth.Event{On: on}, Source: "mic", ID: "dog", Onset: noon.Add(time.Duration(n) * time.Second)}
			if e.PeakAt = e.Onset; !on {
				e.End = e.Onset.Add(time.Second)
			}
			s.Event(e)
		}
	}
	tell(0)
	wait(t, "the first event", func() bool { return len(events(t, dir)) == 1 })
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 590<<10), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	n := 1
	wait(t, "a full disk", func() bool { tell(n); n++; return log.count("cannot be written") > 0 })
	for range 2 * queueSize {
		tell(n)
		n++
	}
	var st status.Status
	if s.Report(&st); len(st.Problems) != 1 || st.History.Lost < queueSize {
		t.Errorf("%+v", st)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	wait(t, "written again", func() bool { return log.count("can be written again") == 1 })
	wait(t, "the newest event", func() bool {
		all := events(t, dir)
		return len(all) > 0 && all[0].Onset.Equal(noon.Add(time.Duration(n-1)*time.Second)) && !all[0].End.IsZero()
	})
	if told := log.count("cannot be written"); told != 1 {
		t.Errorf("told %d times", told)
	}
	st = status.Status{}
	if s.Report(&st); len(st.Problems) != 0 {
		t.Errorf("%+v", st.Problems)
	}
}

// TestTakenAway: a store that somebody deletes begins anew.
func TestTakenAway(t *testing.T) {
	dir := t.TempDir()
	s, _, end := running(t, dir)
	defer end()
	tell := func(id string) {
		s.Event(&sink.Event{Event: smooth.Event{On: true}, Source: "mic", ID: id, Onset: noon})
	}
	tell("dog")
	wait(t, "the first event", func() bool { return len(events(t, dir)) == 1 })
	for _, suffix := range []string{"", "-wal", "-shm"} {
		_ = os.Remove(filepath.Join(dir, store.FileName+suffix))
	}
	tell("cat")
	wait(t, "an event in a new store", func() bool {
		all := events(t, dir)
		return len(all) == 1 && all[0].Label == "cat"
	})
}

// BenchmarkHour tells what an hour of a source costs, in cores and bytes: its windows, minutes of levels and sixty events.
func BenchmarkHour(b *testing.B) {
	const windows = 3600 * 44100 / 32768
	var before, after syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &before)
	var size int64
	for b.Loop() {
		dir := b.TempDir()
		s, _, end := running(b, dir)
		sound := make([]float32, 512)
		ear := s.Listen("mic").(*ear)
		now := noon
		ear.now = func() time.Time { return now }
		all := make([]sink.Score, 52)
		for k := range all {
			all[k] = sink.Score{ID: fmt.Sprint("label", k), Title: "Label"}
		}
		for i := range windows {
			w := window(i, 0)
			for k := range all {
				all[k].Score = 0.001
			}
			for k := range 3 { // three are always taken for possible
				all[k].Score = float64((i*7919+k*104729)%1000) / 1000
			}
			w.Best = all
			s.Scores(w)
			for range 64 {
				ear.Write(0, sound)
			}
			now = w.At
			if i%(windows/60) < 2 {
				s.Event(&sink.Event{Event: smooth.Event{On: i%(windows/60) == 0}, Source: "mic", ID: "dog", Onset: w.At, End: w.At})
			}
			for len(s.queue) > queueSize/2 { // in real time it never is
				time.Sleep(time.Millisecond)
			}
		}
		end()
		if st, err := os.Stat(filepath.Join(dir, store.FileName)); err == nil {
			size = st.Size()
		}
	}
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &after)
	spent := time.Duration(after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano())
	b.ReportMetric(100*spent.Seconds()/float64(b.N)/3600, "%core")
	b.ReportMetric(24*float64(size)/1e6, "MB/day")
}
