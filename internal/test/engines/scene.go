package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"earshot/daemon/status"
	"earshot/gammatone"
	"earshot/infer"
	"earshot/internal/audio"
	"earshot/internal/test/output"
	"earshot/internal/test/rig"

	"golang.org/x/sys/unix"
)

const (
	recording   = "daemon/capture/demo/demo.flac"
	microphones = 32
	batch       = 8 // windows a request, as the daemon has them by default
)

// scene is the model, an engine that serves it, and the program.
type scene struct {
	rig.Promises
	dir, program, root, esc string
	model                   *infer.Model
	local                   *infer.Session
	windows                 []float32 // of the recording, (n, 2, 128, 128)
	engine                  *engine   // nil while none runs
	daemon                  *exec.Cmd // nil while it does not run
	page, broker            string    // the program's
	log                     output.Buffer
	speeds                  []speed
	hop                     int   // of the microphones, frames
	missing                 int64 // windows dropped or without scores while the program started
}

func (s *scene) path(name ...string) string {
	return filepath.Join(append([]string{s.dir}, name...)...)
}

func (s *scene) close() {
	s.stopDaemon()
	s.stopEngine()
	s.local.Close()
	os.RemoveAll(s.dir)
}

// windowsOf are the windows of a sound file, one every hop frames.
func windowsOf(m *infer.Model, path string, hop int) ([]float32, error) {
	front, err := gammatone.ParseFingerprint(m.FrontEnd)
	if err != nil {
		return nil, err
	}
	file, err := audio.Open(path)
	if err != nil {
		return nil, err
	}
	mono, err := audio.Mono(file, front.SampleRate, audio.Mix)
	if err != nil {
		return nil, err
	}
	defer mono.Close()
	var windows []float32
	stream := gammatone.NewStream(front, hop, 0)
	x, at := make([]float32, front.SampleRate), int64(0)
	for {
		n, err := mono.Read(x)
		if errors.Is(err, io.EOF) {
			return windows, nil
		}
		if err != nil {
			return nil, err
		}
		stream.Push(at, x[:n], false, func(w *gammatone.Window) {
			windows = append(windows, make([]float32, infer.WindowLen)...)
			w.Fill(windows[len(windows)-infer.WindowLen:])
		})
		at += int64(n)
	}
}

// freePort is a port of this machine that nobody listens on.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// configure writes the program's configuration: so many microphones, and inference.remote as given.
func (s *scene) configure(sources int, remote string) (path string, err error) {
	ports := [2]int{}
	for i := range ports {
		if ports[i], err = freePort(); err != nil {
			return "", err
		}
	}
	s.page, s.broker = fmt.Sprintf("127.0.0.1:%d", ports[0]), fmt.Sprintf("127.0.0.1:%d", ports[1])
	file, err := filepath.Abs(recording)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "state_dir: %q\nlog: {format: json}\nweb: {listen: %q}\nmqtt: {embedded: %q}\ninference: {provider: cpu, remote: {%s}}\nwindows: {hop_frames: %d}\nverify: {model: 'off'}\nsources:\n",
		s.path("state"), s.page, s.broker, remote, max(s.hop, 8))
	for i := range sources {
		fmt.Fprintf(&b, "  - {name: mic%d, kind: file, paths: [%q], loop: true}\n", i, file)
	}
	path = s.path("config.yaml")
	return path, os.WriteFile(path, []byte(b.String()), 0o600)
}

// startDaemon runs the program.
func (s *scene) startDaemon(remote string, sources int) error {
	path, err := s.configure(sources, remote)
	if err != nil {
		return err
	}
	s.daemon = exec.Command(s.program, "run", "--config", path)
	s.daemon.Stdout, s.daemon.Stderr = &s.log, &s.log
	s.daemon.SysProcAttr = &unix.SysProcAttr{Pdeathsig: unix.SIGKILL}
	return s.daemon.Start()
}

func (s *scene) stopDaemon() {
	if s.daemon == nil {
		return
	}
	_ = s.daemon.Process.Signal(unix.SIGTERM)
	kill := time.AfterFunc(20*time.Second, func() { _ = s.daemon.Process.Kill() })
	defer kill.Stop()
	_ = s.daemon.Wait()
	s.daemon = nil
}

// status is what the program's page says.
func (s *scene) status() (now status.Status, err error) {
	response, err := http.Get("http://" + s.page + "/status")
	if err != nil {
		return now, err
	}
	defer response.Body.Close()
	return now, json.NewDecoder(response.Body).Decode(&now)
}

// until waits for a state of the program and returns how long that took.
func (s *scene) until(what string, limit time.Duration, ok func(status.Status) bool) (time.Duration, error) {
	began := time.Now()
	for {
		now, err := s.status()
		if err == nil && ok(now) {
			return time.Since(began), nil
		}
		if time.Since(began) > limit {
			return 0, fmt.Errorf("not within %v: %s; inference server: %+v", limit, what, now.Inference.Remote)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// missing counts the windows that have no scores.
func missing(s status.Status) (n int64) {
	for _, source := range s.Sources {
		n += source.Dropped + source.Failed
	}
	return n
}

func there(s status.Status) bool { return s.Inference.Remote != nil && s.Inference.Remote.Active }
func here(s status.Status) bool  { return s.Inference.Remote != nil && !s.Inference.Remote.Active }

// check asks "earshot check-config --online" about an inference server and returns what it prints.
func (s *scene) check(remote string) (said string, ok bool, err error) {
	path, err := s.configure(1, remote)
	if err != nil {
		return "", false, err
	}
	out, err := exec.Command(s.program, "check-config", "--online", path).CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return "", false, err
	}
	return strings.TrimPrefix(strings.TrimSpace(string(out)), "earshot: "), err == nil, nil
}
