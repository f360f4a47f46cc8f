package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"time"

	"earshot/internal/test/mosquitto"
	"earshot/publish"
)

// command runs "earshot fleet …" against a broker, as somebody at the head office would.
func (s *scene) command(ctx context.Context, b *mosquitto.Broker, args ...string) (*exec.Cmd, error) {
	config := s.path("console.yaml")
	err := os.WriteFile(config, fmt.Appendf(nil, "node: {id: console}\nstate_dir: %q\nmqtt: {broker: %q, topic: %s}\n", s.path("console"), b.URL(), base), 0o600)
	cmd := exec.CommandContext(ctx, s.program, append(append([]string{"fleet"}, args...), "--config", config)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	return cmd, err
}

// list watches the fleet until it is as wished, and returns it.
func (s *scene) list(b *mosquitto.Broker, ok func([]publish.Node) bool) (all []publish.Node, took time.Duration, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd, err := s.command(ctx, b, "--watch", "--json")
	if err != nil {
		return nil, 0, err
	}
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, 0, err
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, 0, err
	}
	defer func() { cancel(); _ = cmd.Wait() }()
	for d := json.NewDecoder(out); ; {
		var now []publish.Node
		if err := d.Decode(&now); err != nil {
			return all, time.Since(began), fmt.Errorf("%d nodes, not as wished within %v: %w; %s", len(all), patience, err, said.String())
		}
		if all = now; ok(all) {
			return all, time.Since(began), nil
		}
	}
}

// push runs "earshot fleet push" at the head office, and returns what it printed; kept tells whether it ended well.
func (s *scene) push(args ...string) (said string, kept bool, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd, err := s.command(ctx, s.office, append([]string{"push", "--key", s.key}, args...)...)
	if err != nil {
		return "", false, err
	}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return "", false, err
	}
	if ctx.Err() != nil {
		return string(out), false, fmt.Errorf("not within %v: %s", patience, out)
	}
	return string(out), err == nil, nil
}

// file writes one to be pushed.
func (s *scene) file(name string, content []byte) string {
	path := s.path(name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		s.Fail("%v", err)
	}
	return path
}

// leftovers are what a push should have taken off a broker.
func leftovers(b *mosquitto.Broker) (map[string]string, error) {
	return retained(b, base+"/#", regexp.MustCompile(`/push/set$|/fleet-push/`))
}

// tidy holds both brokers against that nothing of a push stays there.
func (s *scene) tidy() error {
	for name, b := range map[string]*mosquitto.Broker{"the head office's": s.office, "the site's": s.north.broker} {
		var left map[string]string
		var err error
		for range 3 { // what is taken off at one broker is on its way to the other
			if left, err = leftovers(b); err != nil || len(left) == 0 {
				break
			}
		}
		if err != nil {
			return err
		}
		if len(left) > 0 {
			s.Fail("%d topics of a push stay on %s broker", len(left), name)
		}
	}
	return nil
}
