package command

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"earshot/daemon/capture"
	"earshot/daemon/capture/pcm"
	"earshot/internal/test/sourcetest"

	"golang.org/x/sys/unix"
)

var mono16 = pcm.Layout{Format: pcm.S16LE, Rate: 44100, Channels: 1}

// command runs a shell script as a source.
func command(t *testing.T, script string, cfg Config) *sourcetest.Running {
	t.Helper()
	if cfg.Argv == nil {
		cfg.Argv = []string{"sh", "-c", script}
	}
	cfg.PCM = mono16
	return sourcetest.Start(t, func(common capture.Common) (capture.Source, error) {
		cfg.Common = common
		return New(cfg)
	})
}

func TestCommandIsStartedAgain(t *testing.T) {
	r := command(t, `printf 'abcdefg'; echo 'cannot open rtsp://me:hunter2@cam/1' >&2; exit 3`, Config{Backoff: 10 * time.Millisecond})
	for range 3 {
		r.Wait(capture.Online)
		s, _ := r.Wait(capture.Lost)
		for _, part := range []string{"command sh ended after", "exit status 3", "cannot open rtsp://***@cam/1"} {
			if !strings.Contains(s.Why, part) {
				t.Errorf("%q does not say %q", s.Why, part)
			}
		}
		if strings.Contains(s.Why, "hunter2") {
			t.Errorf("%q tells the password", s.Why)
		}
	}
	r.End()
	if g := r.Sink.Holes(); len(g) < 2 || g[0].Kept != 3 || g[1].Kept != 6 {
		t.Errorf("gaps %+v, want one after every 3 samples; the half one is dropped", g)
	}
}

func TestCommandThatGivesNothingIsEnded(t *testing.T) {
	r := command(t, `echo started >&2; sleep 1000`, Config{Backoff: 10 * time.Millisecond, Stall: 300 * time.Millisecond})
	for { // until it had the time to say something
		s, _ := r.Wait(capture.Recovering)
		if !strings.Contains(s.Why, "gave no samples") {
			t.Fatalf("reason %q", s.Why)
		}
		if strings.Contains(s.Why, "started") {
			return
		}
	}
}

func TestCommandThatIsNotThere(t *testing.T) {
	r := command(t, "", Config{Argv: []string{"/nonexistent/ffmpeg", "-i", "rtsp://a:hunter2@b"}})
	err := r.Ended()
	if !errors.Is(err, errNotStarted) || !strings.Contains(err.Error(), "ffmpeg") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
}

// Neither the program nor what it started outlives the source, even if both
// ignore SIGTERM, and stopping takes less than the two seconds of a clean stop.
func TestCommandLeavesNoProcess(t *testing.T) {
	dir := t.TempDir()
	script := fmt.Sprintf(`trap '' TERM; (trap '' TERM; echo $$ > %[1]s/parent; sh -c 'echo $$ > %[1]s/child; exec sleep 1000') & cat /dev/zero`, dir)
	r := command(t, script, Config{})
	r.Wait(capture.Online)
	var pids []int
	for _, name := range []string{"parent", "child"} {
		for end := time.Now().Add(sourcetest.HangGuard); ; time.Sleep(10 * time.Millisecond) {
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
	if err := r.End(); err != nil {
		t.Error(err)
	}
	t.Logf("stopped within %.2f s", time.Since(start).Seconds())
	for _, pid := range pids {
		for end := time.Now().Add(sourcetest.HangGuard); alive(pid); time.Sleep(10 * time.Millisecond) {
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

// TestContract is on a program that ends now and then by itself, and is started again.
func TestContract(t *testing.T) {
	sourcetest.Hold(t, sourcetest.Rig{
		New: func(_ *testing.T, common capture.Common) (capture.Source, error) {
			return New(Config{Common: common, Argv: []string{"head", "-c", "20001", "/dev/zero"}, PCM: mono16, Backoff: 10 * time.Millisecond})
		},
		Lose:   func() {},
		Resume: func() {},
	})
}
