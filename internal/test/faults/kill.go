package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// states are those in which the program is killed.
var states = []struct {
	name string
	run  func(*scene) (outcome, error)
}{
	{"while it starts", (*scene).killedEarly},
	{"while it listens", func(s *scene) (outcome, error) { return s.killed((*scene).untilClip) }},
	{"while a sound is on", func(s *scene) (outcome, error) { return s.killed((*scene).untilOn) }},
	{"while a clip is written", func(s *scene) (outcome, error) { return s.killed((*scene).untilWriting) }},
	{"while it reloads", func(s *scene) (outcome, error) {
		return s.killed(func(s *scene) error { return s.daemon.signal(unix.SIGHUP) })
	}},
	{"while it stops", func(s *scene) (outcome, error) {
		return s.killed(func(s *scene) error {
			s.daemon.lastOrders()
			return s.daemon.signal(unix.SIGTERM)
		})
	}},
	{"while the broker is away", (*scene).killedAlone},
}

// everything is a configuration with clips, whose writing takes a while.
func (s *scene) everything() (config string, err error) {
	config, err = s.barks(2*time.Second, 5*time.Second, false)
	return config + fmt.Sprintf("clips: {enabled: true, dir: %q, before: 30s, after: 1s, keep_free: 1MB}\n", s.path("clips")), err
}

// killed starts the program, reaches a state, kills it there and starts it again.
func (s *scene) killed(reach func(*scene) error) (out outcome, err error) {
	config, err := s.everything()
	if err != nil {
		return out, err
	}
	begin, err := s.barking(config)
	if err != nil {
		return out, err
	}
	reached := time.Now()
	if err := reach(s); err != nil {
		return out, err
	}
	killed := time.Now()
	s.daemon.stop(unix.SIGKILL)
	offline, err := s.house.await(reached, "faults/availability", "offline")
	if err != nil {
		return out, err
	}
	out, err = s.again(begin)
	out.back += fmt.Sprintf("; offline was told after %s", span(max(offline.Sub(killed), 0)))
	return out, err
}

// killedEarly kills it as soon as it says its name.
func (s *scene) killedEarly() (out outcome, err error) {
	config, err := s.everything()
	if err != nil {
		return out, err
	}
	s.daemon = newDaemon(s)
	if err := s.daemon.configure(s.configuration(config, "keep_alive: 5s")); err != nil {
		return out, err
	}
	begin := time.Now()
	if err := s.daemon.start(); err != nil {
		return out, err
	}
	for limit := time.Now().Add(patience); !strings.Contains(s.daemon.log.String(), `"message":"earshot"`); time.Sleep(time.Millisecond) {
		if time.Now().After(limit) {
			return out, fmt.Errorf("%w: the program's name", errNever)
		}
	}
	s.daemon.stop(unix.SIGKILL)
	return s.again(begin)
}

// killedAlone kills it while the broker is away, of whose events those of the last half minute are on no disk.
func (s *scene) killedAlone() (out outcome, err error) {
	config, err := s.everything()
	if err != nil {
		return out, err
	}
	begin, err := s.barking(config)
	if err != nil {
		return out, err
	}
	s.brokerGoes()
	time.Sleep(50 * time.Second)
	s.daemon.stop(unix.SIGKILL)
	if err := s.brokerComes(); err != nil {
		return out, err
	}
	return s.again(begin)
}

// again starts the program anew, and looks at what it finds and says.
func (s *scene) again(begin time.Time) (out outcome, err error) {
	started := time.Now()
	if err := s.daemon.start(); err != nil {
		return out, err
	}
	online, err := s.house.await(started, "/mic/availability", "online")
	if err != nil {
		return out, err
	}
	if _, err := s.house.await(started, "/dog/state", "OFF"); err != nil {
		return out, err
	}
	on, err := s.house.await(started, "/dog/state", "ON")
	if err != nil {
		return out, err
	}
	for _, m := range s.house.since(started) {
		if strings.HasSuffix(m.Topic, "/dog/state") {
			if string(m.Payload) != "OFF" {
				s.fail("the first state after the start is %s", m.Payload)
			}
			break
		}
	}
	if _, err := s.house.await(on, "/dog/state", "OFF"); err != nil {
		return out, err
	}
	s.daemon.stop(unix.SIGTERM)
	if stuck := s.house.stuck(); len(stuck) > 0 {
		s.fail("stuck ON: %v", stuck)
	}
	s.wholeClips(s.path("clips"))
	s.wholeState()
	ons, offs := strings.Count(s.daemon.log.String(), `"message":"ON"`), strings.Count(s.daemon.log.String(), `"message":"OFF"`)
	arrived := len(s.house.events(begin))
	for limit := time.Now().Add(10 * time.Second); arrived < offs && time.Now().Before(limit); time.Sleep(50 * time.Millisecond) {
		arrived = len(s.house.events(begin))
	}
	const spool = 8 // events of half a minute, which may be on no disk while the broker is away
	if lost := offs - arrived; lost > spool {
		s.fail("%d events lost", lost)
	}
	out.lost = fmt.Sprintf("%d of %d events that had ended, %d that was on", max(offs-arrived, 0), offs, ons-offs)
	out.back = span(online.Sub(started)) + " from the new start"
	return out, nil
}

// wholeState looks for files in the state directory that are not what they should be.
func (s *scene) wholeState() {
	_ = filepath.Walk(s.path("state"), func(path string, info os.FileInfo, err error) error {
		if err != nil || !info.Mode().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		switch {
		case strings.HasPrefix(info.Name(), "."):
			s.fail("%s was left behind", info.Name())
		case err != nil || !json.Valid(text):
			s.fail("%s is not whole", info.Name())
		}
		return nil
	})
}

// untilClip waits until a clip is in its folder.
func (s *scene) untilClip() error {
	return s.until("a clip", func() bool { return len(clipsIn(s.path("clips"))) > 0 })
}

// untilOn waits until a sound has just come on.
func (s *scene) untilOn() error {
	_, err := s.house.await(time.Now(), "/dog/state", "ON")
	return err
}

// untilWriting waits until a clip is half-written.
func (s *scene) untilWriting() error {
	return s.until("a clip that is being written", func() bool {
		half, _ := filepath.Glob(filepath.Join(s.path("clips"), ".*.flac.*.tmp")) // fails on a bad pattern only
		return len(half) > 0
	})
}

func (s *scene) until(what string, ok func() bool) error {
	for limit := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(limit) {
			return fmt.Errorf("%w: %s", errNever, what)
		}
	}
	return nil
}

// clipsIn lists the clips of a folder.
func clipsIn(dir string) []string {
	all, _ := filepath.Glob(filepath.Join(dir, "*.flac")) // fails on a bad pattern only
	return all
}
