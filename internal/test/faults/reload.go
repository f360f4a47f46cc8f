package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// brokenReload gives the program files that are broken in several ways, and then a good one again.
func brokenReload(s *scene) (out outcome, err error) {
	config, err := s.barks(2*time.Second, 5*time.Second, false)
	if err != nil {
		return out, err
	}
	begin := time.Now()
	if err := s.start(config, ""); err != nil {
		return out, err
	}
	good, err := os.ReadFile(s.path("config.yaml"))
	if err != nil {
		return out, err
	}
	before, err := s.daemon.status()
	if err != nil {
		return out, err
	}
	for i, bad := range []string{"watch: [", "no_such_key: true\n", "watch: {labels: [{label: dgo}]}\n", "model: {path: /nowhere.onnx}\n",
		"inference: {threads: -1}\n", ""} {
		text, said := bad, "the old one stays"
		if bad == "" {
			text, said = string(good), "configuration read again"
		}
		if err := os.WriteFile(s.path("config.yaml"), []byte(text), 0o600); err != nil {
			return out, err
		}
		known := strings.Count(s.daemon.log.String(), said)
		if err := s.daemon.signal(unix.SIGHUP); err != nil {
			return out, err
		}
		for limit := time.Now().Add(patience); strings.Count(s.daemon.log.String(), said) == known; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(limit) {
				return out, fmt.Errorf("%w: %q after reload %d", errNever, said, i)
			}
		}
	}
	time.Sleep(3 * time.Second)
	after, err := s.daemon.status()
	if err != nil {
		return out, err
	}
	a, b := before.Sources[0], after.Sources[0]
	if b.Lost > a.Lost || b.Dropped > a.Dropped || b.Samples <= a.Samples || s.daemon.restarts > 0 || after.Broker.Connects != 1 {
		s.fail("samples lost %d, windows dropped %d, connections %d, restarts %d", b.Lost-a.Lost, b.Dropped-a.Dropped, after.Broker.Connects, s.daemon.restarts)
	}
	lost := fmt.Sprintf("%.1f s of sound, %d windows", float64(b.Lost-a.Lost)/rate, b.Dropped-a.Dropped)
	out, err = s.delivered(begin, 0)
	out.lost = lost + ", " + out.lost
	out.back = "nothing stopped; the log says what is wrong, with the line"
	return out, err
}
