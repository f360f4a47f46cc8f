package teaching

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"earshot/daemon/config"
	"earshot/daemon/record"
	"earshot/internal/logging"
)

// hang is how long anything may take before a test gives up; no test depends on less.
const hang = 2 * time.Minute

// TestMain is the process that learns where the environment says so: it says what it is told to say, and ends so.
func TestMain(m *testing.M) {
	switch script := os.Getenv("EARSHOT_TEST_LEARN"); script {
	case "":
		os.Exit(m.Run())
	case "hang":
		fmt.Println(`{"step":"features","done":1,"of":9}`)
		time.Sleep(time.Hour)
	case "taken", "refused":
		fmt.Println(`{"say":"hello"}`)
		fmt.Println("no JSON " + strings.Repeat("x", 100))
		fmt.Printf(`{"measured":{"taken":%v,"labels":[{"label":"bell","heard":9,"hearings":10}],"worse":[{"kind":"quiet","text":"it is on"}]}}`+"\n", script == "taken")
		if script == "refused" {
			os.Exit(1)
		}
	case "broken":
		fmt.Fprintln(os.Stderr, "warning: something\nearshot: no recordings")
		os.Exit(2)
	}
}

// teacher is one whose process does as script says; taken counts the models that were listened with.
func teacher(t *testing.T, state, script string) (x *Teacher, taken *int, end func()) {
	t.Helper()
	f, err := config.Parse("x.yaml", []byte("state_dir: "+state), nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Of(f)
	if err != nil {
		t.Fatal(err)
	}
	taken = new(int)
	c.Log = logging.New(logging.Config{Out: &bytes.Buffer{}, Format: "json"})
	c.Taken = func(context.Context) error { *taken++; return nil }
	c.Learn = func(...string) *exec.Cmd {
		p := exec.Command(os.Args[0])
		p.Env = append(os.Environ(), "EARSHOT_TEST_LEARN="+script)
		return p
	}
	x = New(c)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- x.Run(ctx) }()
	until(t, "it runs", func() bool { x.mu.Lock(); defer x.mu.Unlock(); return x.ctx != nil })
	ended := false
	end = func() {
		if !ended {
			ended = true
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	}
	t.Cleanup(end)
	return x, taken, end
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(hang); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

func (t *Teacher) phase() string {
	s, err := t.State(nil)
	if err != nil {
		return err.Error()
	}
	return s.Learning.Phase
}

// TestLearn: what the process says is what is shown; a model that was taken is listened with, one that was not is not, with its reasons, and
// what went wrong is told by its last line.
func TestLearn(t *testing.T) {
	for script, want := range map[string]Learning{
		"taken":   {Phase: Taken},
		"refused": {Phase: Refused},
		"broken":  {Phase: Failed, Error: "no recordings"},
	} {
		x, taken, end := teacher(t, t.TempDir(), script)
		if err := x.Learn(); err != nil {
			t.Fatal(err)
		}
		until(t, "an end", func() bool { return x.phase() != Running })
		end()
		s, err := x.State([]string{"bell"})
		got := s.Learning
		if err != nil || got.Phase != want.Phase || got.Error != want.Error || (got.Measured != nil) != (script != "broken") || *taken != map[bool]int{true: 1}[script == "taken"] {
			t.Errorf("%s: %+v, taken %d, %v", script, got, *taken, err)
		}
		if m := got.Measured; m != nil && (m.Labels[0].Heard != 9 || m.Worse[0].Kind != "quiet" || got.Said[0] != "hello") {
			t.Errorf("%s: %+v", script, m)
		}
		if again := readLearning(filepath.Join(x.c.StateDir, learningFile)); again.Phase != want.Phase {
			t.Errorf("%s: on the disk it is %s", script, again.Phase)
		}
		if len(s.Labels) != 1 || !s.Labels[0].Taught || len(s.Labels[0].Takes) != 0 {
			t.Errorf("labels %+v", s.Labels)
		}
	}
}

// TestStopAndGoOn: one at a time; a person stops it; what the daemon's end interrupts goes on with the next start, and not for ever.
func TestStopAndGoOn(t *testing.T) {
	state := t.TempDir()
	x, _, end := teacher(t, state, "hang")
	working := func(x *Teacher) func() bool {
		return func() bool { s, _ := x.State(nil); return s.Learning.Step == "features" && s.Learning.Of == 9 }
	}
	if err := x.StopLearning(); !errors.Is(err, ErrNobody) {
		t.Errorf("stops what is not: %v", err)
	}
	if err := x.Learn(); err != nil {
		t.Fatal(err)
	}
	if err := x.Learn(); !errors.Is(err, ErrBusy) {
		t.Errorf("two at a time: %v", err)
	}
	until(t, "it works", working(x))
	if err := x.StopLearning(); err != nil {
		t.Fatal(err)
	}
	until(t, "stopped", func() bool { x.mu.Lock(); defer x.mu.Unlock(); return x.stop == nil })
	if x.phase() != Stopped {
		t.Errorf("stopped, it is %s", x.phase())
	}
	if err := x.Learn(); err != nil {
		t.Fatal(err)
	}
	until(t, "it works", working(x))
	for try := 2; try <= maxTries; try++ {
		end()
		x, _, end = teacher(t, state, "hang")
		until(t, "it goes on", working(x))
		if s, _ := x.State(nil); s.Learning.Tries != try {
			t.Errorf("try %d is told as %d", try, s.Learning.Tries)
		}
	}
	end()
	if x, _, _ = teacher(t, state, "hang"); x.phase() != Failed {
		t.Errorf("after %d interruptions it is %s", maxTries, x.phase())
	}
}

// evening is seconds of a room, with a tone in it at each time.
func evening(seconds float64, tones ...float64) []float32 {
	rng := rand.New(rand.NewPCG(1, 2))
	x := make([]float32, int(seconds*record.Rate))
	for i := range x {
		x[i] = float32(0.001 * rng.NormFloat64())
	}
	for _, at := range tones {
		for i := int(at * record.Rate); i < int((at+0.5)*record.Rate); i++ {
			x[i] += float32(0.14 * math.Sin(2*math.Pi*900*float64(i)/record.Rate))
		}
	}
	return x
}

// TestRecord: a sitting hears a source that listens, keeps what is heard as takes, and ends with its source.
func TestRecord(t *testing.T) {
	x, _, _ := teacher(t, t.TempDir(), "hang")
	if err := x.Record("mic", "bell", 2, false); !errors.Is(err, ErrSource) {
		t.Errorf("no source: %v", err)
	}
	mic := x.Listen("mic")
	other := x.Listen("other")
	for _, bad := range []string{"", "Bell", "../x", "background"} {
		if x.Record("mic", bad, 2, false) == nil {
			t.Errorf("records %q", bad)
		}
	}
	if err := x.Record("mic", "bell", 2, false); err != nil {
		t.Fatal(err)
	}
	if err := x.Record("mic", "bell", 2, false); !errors.Is(err, ErrBusy) {
		t.Errorf("two at a time: %v", err)
	}
	told := func() Recording { s, _ := x.State(nil); return *s.Recording }
	until(t, "it listens", func() bool { return told().Note.Step == record.Listen })
	sound := evening(30, 5, 10, 15, 20, 25)
	const block = 512
	for at := 0; at+block <= len(sound) && !told().Over; at += block {
		mic.Write(int64(at), sound[at:at+block])
		other.Write(int64(at), sound[:block]) // of no account
		if at%(8*block) == 0 {
			time.Sleep(time.Millisecond) // the ring holds some seconds
		}
	}
	until(t, "over", func() bool { return told().Over })
	if r := told(); r.Kept != 2 || r.Error != "" || r.Note.Step != record.Kept {
		t.Errorf("%+v", r)
	}
	if c, err := x.Recordings().List(); err != nil || len(c.Labels) != 1 || len(c.Labels[0].Takes) != 2 {
		t.Errorf("%+v, %v", c, err)
	}
	if err := x.Record("mic", "bell", 2, true); err != nil {
		t.Fatal(err)
	}
	mic.Close()
	until(t, "its end with the source", func() bool { return told().Over })
	if told().Error != "the source ended" {
		t.Errorf("%+v", told())
	}
	if f, err := x.Recordings().Open("bell", "bell_001.flac"); err != nil {
		t.Error(err)
	} else {
		f.Close()
	}
}
