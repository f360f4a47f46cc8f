package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"earshot/internal/test/quota"

	"golang.org/x/sys/unix"
)

// demanding is the network that ships, at the shortest hop.
const demanding = microphone0 + "windows: {hop_frames: 8}\nmodel: {path: \"\"}\n"

// microphone0 is a microphone with the network's own labels.
const microphone0 = "sources: [{name: mic, kind: portaudio, device: mic}]\n"

// moment is a look at the program under load.
type moment struct {
	status
	residentMB float64
}

func (s *scene) look() (m moment, err error) {
	if m.status, err = s.daemon.status(); err == nil {
		m.residentMB, _, err = s.daemon.figures()
	}
	return m, err
}

// measured is how many processors the program takes, over some seconds.
func (s *scene) measured(d time.Duration) (processors float64, err error) {
	_, before, err := s.daemon.figures()
	if err != nil {
		return 0, err
	}
	time.Sleep(d)
	_, after, err := s.daemon.figures()
	return (after - before) / d.Seconds(), err
}

// limited starts the program with a microphone, in a group whose processor time can be limited.
func (s *scene) limited(config string) error {
	if err := s.plugIn(); err != nil {
		return err
	}
	q, err := quota.New()
	if err != nil {
		return err
	}
	if err := s.start(config, "keep_alive: 5s", func(d *daemon) { d.quota = q }); err != nil {
		return err
	}
	time.Sleep(5 * time.Second) // past what starting takes
	return nil
}

// overloaded gives the program half of the processor time that it needs.
func overloaded(s *scene) (out outcome, err error) {
	if err := s.limited(demanding); err != nil {
		return out, err
	}
	needs, err := s.measured(10 * time.Second)
	if err != nil {
		return out, err
	}
	before, err := s.look()
	if err != nil {
		return out, err
	}
	if err := s.daemon.quota.Limit(needs / 2); err != nil {
		return out, err
	}
	var all []moment
	for end := time.Now().Add(s.options.overload); time.Now().Before(end); time.Sleep(s.options.overload / 60) {
		m, err := s.look()
		if err != nil {
			return out, err
		}
		all = append(all, m)
	}
	if err := s.daemon.quota.Limit(0); err != nil {
		return out, err
	}
	lifted := time.Now()
	back, err := s.recovers(lifted)
	if err != nil {
		return out, err
	}
	early, late := all[len(all)/4], all[len(all)-1]
	a, b := before.Sources[0], late.Sources[0]
	windows, dropped := b.Windows-a.Windows+b.Dropped-a.Dropped, b.Dropped-a.Dropped
	was, is := early.Sources[0].LatencyP99, b.LatencyP99
	if dropped == 0 {
		s.fail("nothing was dropped: no overload")
	}
	if is > 2*was+1000 {
		s.fail("latency grew from %.0f to %.0f ms", was, is)
	}
	if late.residentMB > early.residentMB+30 {
		s.fail("memory grew from %.0f to %.0f MB", early.residentMB, late.residentMB)
	}
	if told := s.toldDropped(); told < dropped {
		s.fail("%d windows were dropped, the diagnostics told of %d", dropped, told)
	}
	out.lost = fmt.Sprintf("%.0f %% of the windows (%d of %d), %.1f s of sound; latency p99 %.0f ms after a quarter, %.0f ms at the end (%.0f ms without load); memory %.0f → %.0f MB",
		100*float64(dropped)/float64(windows), dropped, windows, float64(b.Lost-a.Lost)/rate, was, is, a.LatencyP99, early.residentMB, late.residentMB)
	out.back = fmt.Sprintf("%s; it needs %.1f %% of a processor and had half", span(back), 100*needs)
	return out, nil
}

// recovers waits until windows are scored again and none is dropped any more, and returns how long that took.
func (s *scene) recovers(since time.Time) (time.Duration, error) {
	const scored, calm = 3, time.Second // windows; without one dropped
	first, err := s.daemon.status()
	if err != nil {
		return 0, err
	}
	before, well := first.Sources[0], time.Time{}
	for time.Since(since) < patience {
		now, err := s.daemon.status()
		if err != nil {
			return 0, err
		}
		switch source := now.Sources; {
		case source[0].Dropped != before.Dropped || source[0].Windows < before.Windows+scored:
			before.Dropped, well = source[0].Dropped, time.Time{}
		case well.IsZero():
			well = time.Now()
		case time.Since(well) > calm:
			return well.Sub(since), nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return 0, fmt.Errorf("%w: windows scored and none dropped", errNever)
}

// toldDropped is the newest count of windows dropped that came over MQTT.
func (s *scene) toldDropped() (most int64) {
	for _, m := range s.house.since(time.Time{}) {
		var d struct {
			Dropped int64 `json:"dropped_windows"`
		}
		if strings.HasSuffix(m.Topic, "/diagnostics") && json.Unmarshal(m.Payload, &d) == nil {
			most = max(most, d.Dropped)
		}
	}
	return most
}

// starved leaves the program a thousandth of a processor.
func starved(s *scene) (out outcome, err error) {
	const lasts = 20 * time.Second
	if err := s.limited(microphone0 + "model: {path: \"\"}\n"); err != nil {
		return out, err
	}
	before, err := s.daemon.status()
	if err != nil {
		return out, err
	}
	began := time.Now()
	if err := s.daemon.quota.Limit(0.001); err != nil {
		return out, err
	}
	time.Sleep(lasts)
	if err := s.daemon.quota.Limit(0); err != nil {
		return out, err
	}
	lifted := time.Now()
	back, err := s.recovers(lifted)
	if err != nil {
		return out, err
	}
	if s.house.last("/mic/availability") != "online" {
		online, err := s.house.await(lifted, "/mic/availability", "online")
		if err != nil {
			return out, err
		}
		back = max(back, online.Sub(lifted))
	}
	now, err := s.daemon.status()
	if err != nil {
		return out, err
	}
	passed := time.Since(began).Seconds()
	heard := float64(now.Sources[0].Samples-before.Sources[0].Samples) / rate
	s.daemon.mu.Lock()
	hungry, restarts := s.daemon.hungry, s.daemon.restarts
	s.daemon.mu.Unlock()
	if restarts > 0 {
		s.fail("the process ended %d times", restarts)
	}
	if strings.Contains(s.daemon.log.String(), "not feeding the watchdog") {
		s.fail("the watchdog took it for a hang")
	}
	if hungry > 30*time.Second { // WatchdogSec
		s.fail("systemd would have killed it: the watchdog was not fed for %s", span(hungry))
	}
	out.lost = fmt.Sprintf("%.1f s of sound, %d windows", max(passed-heard, 0), now.Sources[0].Dropped-before.Sources[0].Dropped)
	out.back = fmt.Sprintf("%s; the watchdog was fed at least every %s", span(back), span(hungry))
	return out, nil
}

// processFrozen stops the program, as a machine that hangs would.
func processFrozen(s *scene) (out outcome, err error) {
	const lasts = 20 * time.Second
	config, err := s.barks(2*time.Second, 8*time.Second, false)
	if err != nil {
		return out, err
	}
	begin := time.Now()
	if err := s.start(config, "keep_alive: 5s"); err != nil {
		return out, err
	}
	on, err := s.house.await(begin, "/dog/state", "ON")
	if err != nil {
		return out, err
	}
	stopped := time.Now()
	if err := s.daemon.signal(unix.SIGSTOP); err != nil {
		return out, err
	}
	offline, err := s.house.await(stopped, "faults/availability", "offline")
	if err != nil {
		return out, err
	}
	time.Sleep(time.Until(stopped.Add(lasts)))
	if err := s.daemon.signal(unix.SIGCONT); err != nil {
		return out, err
	}
	thawed := time.Now()
	online, err := s.house.await(thawed, "faults/availability", "online")
	if err != nil {
		return out, err
	}
	if _, err := s.house.await(on, "/dog/state", "OFF"); err != nil {
		return out, err
	}
	out, err = s.delivered(begin, online.Sub(thawed))
	out.lost = "the sound while it stood; " + out.lost
	out.back += fmt.Sprintf("; offline was told after %s (keep-alive 5 s)", span(offline.Sub(stopped)))
	return out, err
}
