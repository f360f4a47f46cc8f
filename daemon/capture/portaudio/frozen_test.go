package portaudio

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"earshot/daemon/capture"
	"earshot/internal/sampletime"
	"earshot/internal/test/alone"
	"earshot/internal/test/sourcetest"
	"earshot/internal/test/vmic"
)

// A call that hangs leaves its process unusable, so these tests run the source
// in a child: this test binary, told so by its environment.
const childEnv = "EARSHOT_CAPTURE_CHILD"

// hungExit is what the child exits with after capture.ErrHung.
const hungExit = 75

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		os.Exit(child())
	}
	os.Exit(m.Run())
}

func child() int {
	p, err := New(Config{Device: vmic.Device, Common: capture.Common{Rate: sourcetest.Rate, Patient: true, OnState: func(s capture.State) {
		fmt.Printf("%v\n", s.Phase)
	}}})
	if err == nil {
		err = p.Run(context.Background(), sourcetest.Discard{})
	}
	fmt.Fprintln(os.Stderr, err)
	if errors.Is(err, capture.ErrHung) {
		return hungExit
	}
	return 1
}

// spawn starts a child that listens to m and returns its lines.
func spawn(t *testing.T, m *vmic.Mic) (*exec.Cmd, <-chan string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Stderr = new(bytes.Buffer)
	cmd.Env = append(append(os.Environ(), m.Env()...), childEnv+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	lines := make(chan string, 100)
	go func() {
		for s := bufio.NewScanner(out); s.Scan(); {
			lines <- s.Text()
		}
		close(lines)
	}()
	return cmd, lines
}

// until waits until the child says that it is in phase.
func until(t *testing.T, lines <-chan string, phase capture.Phase) {
	t.Helper()
	start := time.Now()
	for {
		select {
		case s, ok := <-lines:
			if !ok {
				t.Fatalf("the child ended before it was %v", phase)
			}
			t.Logf("%4.1f s: %s", time.Since(start).Seconds(), s)
			if s == phase.String() {
				return
			}
		case <-time.After(sourcetest.HangGuard):
			t.Fatalf("the child is not %v", phase)
		}
	}
}

// hangs waits for the child's end, which must be that of a process in which PortAudio hangs.
func hangs(t *testing.T, cmd *exec.Cmd, lines <-chan string) {
	t.Helper()
	for range lines { // to the end of its output, before which Wait must not be called
	}
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != hungExit {
		t.Errorf("exit status %d, want %d", code, hungExit)
	}
}

func TestServerFrozen(t *testing.T) {
	m := microphone(t, vmic.Config{})
	cmd, lines := spawn(t, m)
	until(t, lines, capture.Online)
	if err := m.Freeze(); err != nil {
		t.Fatal(err)
	}
	until(t, lines, capture.Lost)
	hangs(t, cmd, lines) // a hang must end the process

	// What systemd starts then hangs too, says so, and is started again …
	cmd, lines = spawn(t, m)
	hangs(t, cmd, lines)

	// … until the server goes on.
	if err := m.Thaw(); err != nil {
		t.Fatal(err)
	}
	_, lines = spawn(t, m)
	until(t, lines, capture.Online)
}

// A server that stops for less than a stall costs nothing but the gap.
func TestServerFrozenForAMoment(t *testing.T) {
	if !alone.Here(t) {
		return
	}
	m := microphone(t, vmic.Config{})
	r, p := listen(t, Config{Device: vmic.Device, StallAfter: sourcetest.HangGuard})
	r.Wait(capture.Online)
	if err := m.Freeze(); err != nil {
		t.Fatal(err)
	}
	came, since := int64(0), time.Now()
	sourcetest.Until(t, "a second without samples", func() bool {
		if n := p.Stats().Samples; n != came {
			came, since = n, time.Now()
		}
		return time.Since(since) > time.Second
	})
	before := len(r.Sink.Samples())
	if err := m.Thaw(); err != nil {
		t.Fatal(err)
	}
	r.hear(m, before, noise16())
	if err := r.End(); err != nil {
		t.Error(err)
	}
	t.Logf("%+v, gaps %+v", p.Stats(), r.Sink.Holes())
	if opened := p.Stats().Opened; opened != 1 {
		t.Errorf("opened %d times, want 1", opened)
	}
}

func TestSilenceIsNotAHang(t *testing.T) {
	if !alone.Here(t) {
		return
	}
	const stall = 5 * time.Second
	microphone(t, vmic.Config{})
	r, p := listen(t, Config{Device: vmic.Device, StallAfter: stall})
	r.Wait(capture.Online)
	sourcetest.Until(t, "samples for longer than a stall", func() bool {
		return p.Stats().Samples >= sampletime.Samples(stall+2*time.Second, sourcetest.Rate)
	})
	select {
	case s := <-r.States:
		t.Errorf("a silent microphone was reported as %v: %s", s.Phase, s.Why)
	case err := <-r.Done:
		t.Errorf("Run ended with %v", err)
	default:
	}
	x := r.Sink.Samples()
	for i, v := range x {
		if v != 0 {
			t.Fatalf("sample %d of a silent microphone is %v", i, v)
		}
	}
}

// Looking for devices, and losing one, ALSA, JACK and PortAudio write to
// standard error; none of it reaches the log.
func TestLibrariesAreMuted(t *testing.T) {
	for _, noisy := range []bool{true, false} {
		m := microphone(t, vmic.Config{})
		if noisy {
			t.Setenv(noisyEnv, "1")
		} else {
			os.Unsetenv(noisyEnv)
		}
		cmd, lines := spawn(t, m)
		until(t, lines, capture.Online)
		m.Kill()
		until(t, lines, capture.Lost)
		cmd.Process.Kill()
		cmd.Wait()
		said := cmd.Stderr.(*bytes.Buffer).String()
		if noisy == (said == "") {
			t.Errorf("with noise wanted = %v standard error holds %d bytes: %.300s", noisy, len(said), said)
		}
	}
}
