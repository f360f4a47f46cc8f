package capture

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

var mono16 = PCM{Format: S16LE, Rate: 44100, Channels: 1}

// command runs a shell script as a source.
func command(t *testing.T, script string, cfg CommandConfig) *running {
	t.Helper()
	r := &running{t: t, states: make(chan State, 1000), done: make(chan error, 1)}
	cfg.OnState = func(s State) { t.Logf("%v: %s", s.Phase, s.Why); r.states <- s }
	if cfg.Argv == nil {
		cfg.Argv = []string{"sh", "-c", script}
	}
	cfg.PCM = mono16
	c, err := NewCommand(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	r.stop = stop
	go func() { r.done <- c.Run(ctx, &r.sink) }()
	t.Cleanup(func() { r.end() })
	return r
}

func TestCommandIsStartedAgain(t *testing.T) {
	r := command(t, `printf 'abcdefg'; echo 'cannot open rtsp://me:hunter2@cam/1' >&2; exit 3`, CommandConfig{Backoff: 10 * time.Millisecond})
	for range 3 {
		r.wait(Online)
		s, _ := r.wait(Lost)
		for _, part := range []string{"command sh ended after", "exit status 3", "cannot open rtsp://***@cam/1"} {
			if !strings.Contains(s.Why, part) {
				t.Errorf("%q does not say %q", s.Why, part)
			}
		}
		if strings.Contains(s.Why, "hunter2") {
			t.Errorf("%q tells the password", s.Why)
		}
	}
	r.end()
	if g := r.sink.holes(); len(g) < 2 || g[0].kept != 3 || g[1].kept != 6 {
		t.Errorf("gaps %+v, want one after every 3 samples; the half one is dropped", g)
	}
}

func TestCommandThatGivesNothingIsEnded(t *testing.T) {
	r := command(t, `echo started >&2; sleep 1000`, CommandConfig{Backoff: 10 * time.Millisecond, Stall: 300 * time.Millisecond})
	for { // until it had the time to say something
		s, _ := r.wait(Recovering)
		if !strings.Contains(s.Why, "gave no samples") {
			t.Fatalf("reason %q", s.Why)
		}
		if strings.Contains(s.Why, "started") {
			return
		}
	}
}

func TestCommandThatIsNotThere(t *testing.T) {
	r := command(t, "", CommandConfig{Argv: []string{"/nonexistent/ffmpeg", "-i", "rtsp://a:hunter2@b"}})
	select {
	case err := <-r.done:
		r.done <- err
		if !errors.Is(err, errNotStarted) || !strings.Contains(err.Error(), "ffmpeg") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("got %v", err)
		}
	case <-time.After(hangGuard):
		t.Fatal("no error")
	}
}

// Neither the program nor what it started outlives the source, even if both
// ignore SIGTERM, and stopping takes less than the two seconds of a clean stop.
func TestCommandLeavesNoProcess(t *testing.T) {
	dir := t.TempDir()
	script := fmt.Sprintf(`trap '' TERM; (trap '' TERM; echo $$ > %[1]s/parent; sh -c 'echo $$ > %[1]s/child; exec sleep 1000') & cat /dev/zero`, dir)
	r := command(t, script, CommandConfig{})
	r.wait(Online)
	var pids []int
	for _, name := range []string{"parent", "child"} {
		for end := time.Now().Add(hangGuard); ; time.Sleep(10 * time.Millisecond) {
			b, _ := os.ReadFile(filepath.Join(dir, name))
			if pid, err := strconv.Atoi(strings.TrimSpace(string(b))); err == nil {
				pids = append(pids, pid)
				break
			}
			if time.Now().After(end) {
				t.Fatal("the program does not start")
			}
		}
	}
	start := time.Now()
	if err := r.end(); err != nil {
		t.Error(err)
	}
	t.Logf("stopped within %.2f s", time.Since(start).Seconds())
	for _, pid := range pids {
		for end := time.Now().Add(hangGuard); alive(pid); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("process %d is still there", pid)
			}
		}
	}
}

// alive says whether pid runs; a zombie does not.
func alive(pid int) bool {
	if unix.Kill(pid, 0) != nil {
		return false
	}
	b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return !strings.Contains(string(b), ") Z ")
}
