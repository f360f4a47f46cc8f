package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"earshot/internal/subscribe"
	"earshot/internal/test/mosquitto"
	"earshot/internal/test/output"
	"earshot/internal/test/rig"

	"golang.org/x/sys/unix"
)

// scene is a house: a broker, Home Assistant, and the program with two microphones, one for each of which the bundled
// recording plays.
type scene struct {
	rig.Promises
	dir     string
	program string
	version string
	broker  *mosquitto.Broker
	hass    *hass
	daemon  *exec.Cmd // nil while it does not run
	log     output.Buffer
	setup   setup // what the program runs by
}

// setup is what of the configuration changes from step to step.
type setup struct {
	language string
	labels   []string
	second   string // the second source's name
}

const recording = "daemon/capture/demo/demo.flac"

func newScene(program, root string) (s *scene, err error) {
	s = &scene{program: program}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.dir, err = os.MkdirTemp("", "homeassistant"); err != nil {
		return nil, err
	}
	if s.broker, err = mosquitto.New(); err != nil {
		return nil, err
	}
	if err := s.broker.Start(); err != nil {
		return nil, err
	}
	version, err := exec.Command("chroot", root, "/ha/bin/hass", "--version").Output()
	if err != nil {
		return nil, fmt.Errorf("the version of Home Assistant: %w", err)
	}
	s.version = strings.TrimSpace(string(version))
	if s.hass, err = newHass(root, automations, blueprints); err != nil {
		return nil, err
	}
	if err := s.hass.start(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, s.hass.log.String())
	}
	return s, s.hass.moveIn(s.broker.Addr())
}

// configure writes the program's configuration.
func (s *scene) configure(c setup) error {
	s.setup = c
	path, err := filepath.Abs(recording)
	if err != nil {
		return err
	}
	language := ""
	if c.language != "" {
		language = ", language: " + c.language
	}
	text := fmt.Sprintf("node: {id: house, name: Hallway, area: Downstairs%s}\nstate_dir: %q\nlog: {format: json}\nweb: {listen: ''}\n"+
		"mqtt: {broker: %q, diagnostics: 2s, image: true}\nsources:\n", language, s.path("state"), s.broker.URL())
	for _, source := range []string{"mic", c.second} {
		text += fmt.Sprintf("  - {name: %s, kind: file, paths: [%q], loop: true}\n", source, path)
	}
	text += "watch:\n  hold: 1s\n  labels:\n"
	for _, label := range c.labels {
		text += fmt.Sprintf("    - {label: %s}\n", label)
	}
	text += "  groups: [{name: alarm, labels: [siren, clock_alarm, glass_breaking]}]\n"
	return os.WriteFile(s.path("config.yaml"), []byte(text), 0o600)
}

// start runs the program.
func (s *scene) start() error {
	s.daemon = exec.Command(s.program, "run", "--config", s.path("config.yaml"))
	s.daemon.Stdout, s.daemon.Stderr = &s.log, &s.log
	s.daemon.SysProcAttr = &unix.SysProcAttr{Pdeathsig: unix.SIGKILL}
	return s.daemon.Start()
}

// stop ends the program as systemd would.
func (s *scene) stop() {
	if s.daemon == nil {
		return
	}
	_ = s.daemon.Process.Signal(unix.SIGTERM) // fails when it has ended
	kill := time.AfterFunc(20*time.Second, func() { _ = s.daemon.Process.Kill() })
	defer kill.Stop()
	_ = s.daemon.Wait()
	s.daemon = nil
}

// reload makes the program take another configuration.
func (s *scene) reload(c setup) error {
	if err := s.configure(c); err != nil {
		return err
	}
	return s.daemon.Process.Signal(unix.SIGHUP)
}

// retained is how many topics of the program the broker keeps.
func (s *scene) retained() (n int, err error) {
	for _, filter := range []string{"earshot/house/#", "homeassistant/+/#"} {
		l, err := subscribe.New(s.broker.URL(), filter, func(m subscribe.Message) {
			if !strings.HasSuffix(m.Topic, "homeassistant/status") {
				n++
			}
		})
		if err != nil {
			return 0, err
		}
		time.Sleep(500 * time.Millisecond) // retained messages come at once, and nothing says which was the last
		l.Close()
	}
	return n, nil
}

func (s *scene) path(name string) string { return filepath.Join(s.dir, name) }

// tail are the program's last lines.
func (s *scene) tail() string {
	lines := strings.Split(strings.TrimSpace(s.log.String()), "\n")
	return strings.Join(lines[max(0, len(lines)-5):], "\n")
}

func (s *scene) close() {
	s.stop()
	if s.hass != nil {
		s.hass.close()
	}
	if s.broker != nil {
		s.broker.Close()
	}
	if err := os.RemoveAll(s.dir); err != nil && !errors.Is(err, os.ErrNotExist) {
		fmt.Fprintln(os.Stderr, "homeassistant:", err)
	}
}
