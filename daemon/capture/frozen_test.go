package capture

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"earshot/internal/test/vmic"
)

// A call that hangs leaves its process unusable, so these tests run the source
// in a child: this test binary, told so by its environment.
const childEnv = "EARSHOT_CAPTURE_CHILD"

// hungExit is what the child exits with after ErrHung.
const hungExit = 75

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		os.Exit(child())
	}
	os.Exit(m.Run())
}

func child() int {
	p, err := NewPortAudio(PortAudioConfig{Device: vmic.Device, Patient: true, OnState: func(s State) {
		fmt.Printf("%v\n", s.Phase)
	}})
	if err == nil {
		err = p.Run(context.Background(), new(recorder))
	}
	fmt.Println(err)
	if errors.Is(err, ErrHung) {
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

// until waits for a line that contains want and returns how long it took.
func until(t *testing.T, lines <-chan string, want string) time.Duration {
	t.Helper()
	start := time.Now()
	for {
		select {
		case s, ok := <-lines:
			if !ok {
				t.Fatalf("the child ended before it said %q", want)
			}
			t.Logf("%4.1f s: %s", time.Since(start).Seconds(), s)
			if strings.Contains(s, want) {
				return time.Since(start)
			}
		case <-time.After(hangGuard):
			t.Fatalf("the child does not say %q", want)
		}
	}
}

func TestServerFrozen(t *testing.T) {
	m := microphone(t, vmic.Config{})
	cmd, lines := spawn(t, m)
	until(t, lines, "online")
	if err := m.Freeze(); err != nil {
		t.Fatal(err)
	}
	until(t, lines, "lost")
	until(t, lines, ErrHung.Error())
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != hungExit {
		t.Errorf("exit status %d, want %d: a hang must end the process", code, hungExit)
	}

	// What systemd starts then hangs too, says so, and is started again …
	cmd, lines = spawn(t, m)
	until(t, lines, ErrHung.Error())
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != hungExit {
		t.Errorf("started while frozen: exit status %d, want %d", code, hungExit)
	}

	// … until the server goes on.
	if err := m.Thaw(); err != nil {
		t.Fatal(err)
	}
	_, lines = spawn(t, m)
	until(t, lines, "online")
}

// A server that stops for less than a stall costs nothing but the gap.
func TestServerFrozenForAMoment(t *testing.T) {
	m := microphone(t, vmic.Config{})
	r, p := listen(t, PortAudioConfig{Device: vmic.Device, StallAfter: hangGuard})
	r.wait(Online)
	if err := m.Freeze(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(1500 * time.Millisecond)
	before := len(r.sink.samples())
	if err := m.Thaw(); err != nil {
		t.Fatal(err)
	}
	r.hear(m, before, noise16())
	if err := r.end(); err != nil {
		t.Error(err)
	}
	t.Logf("%+v, gaps %+v", p.Stats(), r.sink.holes())
	if opened := p.Stats().Opened; opened != 1 {
		t.Errorf("opened %d times, want 1", opened)
	}
}

func TestSilenceIsNotAHang(t *testing.T) {
	const stall = 5 * time.Second
	microphone(t, vmic.Config{})
	r, p := listen(t, PortAudioConfig{Device: vmic.Device, StallAfter: stall})
	r.wait(Online)
	for end := time.Now().Add(hangGuard); p.Stats().Samples < samplesIn(stall+2*time.Second, DefaultRate); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("no samples")
		}
	}
	select {
	case s := <-r.states:
		t.Errorf("a silent microphone was reported as %v: %s", s.Phase, s.Why)
	case err := <-r.done:
		t.Errorf("Run ended with %v", err)
	default:
	}
	x := r.sink.samples()
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
		until(t, lines, "online")
		m.Kill()
		until(t, lines, "lost")
		cmd.Process.Kill()
		cmd.Wait()
		said := cmd.Stderr.(*bytes.Buffer).String()
		if noisy == (said == "") {
			t.Errorf("with noise wanted = %v standard error holds %d bytes: %.300s", noisy, len(said), said)
		}
	}
}
