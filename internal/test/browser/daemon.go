package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"earshot/internal/test/output"
	"earshot/internal/test/vmic"
)

// daemon is the program under test, with a virtual microphone and a password.
type daemon struct {
	program, dir, address string
	mic                   *vmic.Mic
	cmd                   *exec.Cmd
	log                   output.Buffer
}

const password = "a long enough password"

func newDaemon(program, dir string) (*daemon, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		return nil, err
	}
	d := &daemon{program: program, dir: dir, address: address}
	config := fmt.Sprintf(`state_dir: %q
node: {id: browser, name: Hall, language: en}
mqtt: {broker: '', embedded: '127.0.0.1:0'}
web: {listen: %q, password_file: %q}
clips: {enabled: true}
surveillance: {away: [{label: dog}]}
sources: [{name: mic, title: Hallway, kind: portaudio, device: %s}]
`, filepath.Join(dir, "state"), address, filepath.Join(dir, "password"), vmic.Device)
	if err := os.WriteFile(filepath.Join(dir, "config.yaml"), []byte(config), 0o600); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "password"), []byte(password), 0o600); err != nil {
		return nil, err
	}
	d.mic, err = vmic.Start(vmic.Config{})
	return d, err
}

func (d *daemon) url() string { return "http://" + d.address + "/" }

func (d *daemon) said() string { return d.log.String() }

// start runs it and waits until its page answers.
func (d *daemon) start() error {
	d.cmd = exec.Command(d.program, "run", "--config", filepath.Join(d.dir, "config.yaml"))
	d.cmd.Env = append(os.Environ(), d.mic.Env()...)
	d.cmd.Stdout, d.cmd.Stderr = &d.log, &d.log
	if err := d.cmd.Start(); err != nil {
		return err
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		answer, err := http.Get(d.url() + "healthz")
		if err == nil {
			_ = answer.Body.Close()
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("the page does not answer: %w", err)
		}
	}
}

// stop ends it as systemd does.
func (d *daemon) stop() error {
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return d.cmd.Wait()
}

func (d *daemon) close() {
	if d.cmd != nil && d.cmd.ProcessState == nil {
		_ = d.stop()
	}
	if d.mic != nil {
		d.mic.Close()
	}
}
