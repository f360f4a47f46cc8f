package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"earshot/daemon/status"
	"earshot/internal/test/output"
	"earshot/internal/test/wallclock"

	"golang.org/x/sys/unix"
)

const recording = "daemon/capture/demo/demo.flac"

// daemon is the program as it is built.
type daemon struct {
	id, page string // page: host:port
	cmd      *exec.Cmd
	log      output.Buffer
}

// startDaemon runs one at a site, listening to the bundled recording over and over; clock is its wall clock, nil for the machine's.
func (s *scene) startDaemon(v *site, id string, clock *wallclock.Clock) (*daemon, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l.Close()
	file, err := filepath.Abs(recording)
	if err != nil {
		return nil, err
	}
	d := &daemon{id: id, page: l.Addr().String()}
	config := s.path(id + ".yaml")
	if err := os.WriteFile(config, fmt.Appendf(nil, `node: {id: %s}
state_dir: %q
log: {format: json}
web: {listen: %q}
mqtt: {broker: %q, topic: %s/%s}
fleet: {owner_key: %q}
verify: {model: 'off'}
inference: {provider: cpu}
history: {enabled: false}
sources: [{name: mic, kind: file, paths: [%q], loop: true}]
`, id, s.path(id), d.page, v.broker.URL(), base, v.name, s.key+".pub", file), 0o600); err != nil {
		return nil, err
	}
	d.cmd = exec.Command(s.program, "run", "--config", config)
	d.cmd.Stdout, d.cmd.Stderr = &d.log, &d.log
	d.cmd.SysProcAttr = &unix.SysProcAttr{Pdeathsig: unix.SIGKILL}
	if clock != nil {
		d.cmd.SysProcAttr = nil // the tracer is a thread that goes
		err = clock.Start(d.cmd)
	} else {
		err = d.cmd.Start()
	}
	if err != nil {
		return nil, err
	}
	v.reals = append(v.reals, d)
	return d, nil
}

// status is what the page says; all zero while it says nothing.
func (d *daemon) status() (now status.Status) {
	response, err := http.Get("http://" + d.page + "/status")
	if err != nil {
		return now
	}
	defer response.Body.Close()
	_ = json.NewDecoder(response.Body).Decode(&now)
	return now
}

func (d *daemon) stop() {
	_ = d.cmd.Process.Signal(unix.SIGTERM)
	kill := time.AfterFunc(20*time.Second, func() { _ = d.cmd.Process.Kill() })
	defer kill.Stop()
	_ = d.cmd.Wait()
}

// lastLines are those of the first daemon.
func (s *scene) lastLines() string {
	if len(s.north.reals) == 0 {
		return ""
	}
	text := s.north.reals[0].log.String()
	return text[max(0, len(text)-3000):]
}
