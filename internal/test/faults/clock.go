package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"earshot/internal/test/wallclock"

	"golang.org/x/sys/unix"
)

// Of the fault, and of what must not be moved by it.
const (
	jump     = time.Hour
	muteFor  = 12 * time.Second
	oldClips = 10 * time.Minute
	slack    = 60 // s by which events of the same length may differ on a machine that is busy
)

// clockSet sets the program's wall clock an hour forward in the middle of an event, and later back, in the middle of
// another; a label is muted over each jump.
func clockSet(s *scene) (out outcome, err error) {
	config, err := s.barks(4*time.Second, 8*time.Second, false)
	if err != nil {
		return out, err
	}
	config = strings.Replace(config, "labels: [{label: dog}]", "labels: [{label: dog}, {label: rain}]", 1)
	config += fmt.Sprintf("clips: {enabled: true, dir: %q, keep_free: 1MB, max_age: %s}\n", s.path("clips"), oldClips)
	clock := &wallclock.Clock{}
	begin := time.Now()
	if err := s.start(config, "", func(d *daemon) { d.clock = clock }); err != nil {
		return out, err
	}
	usual, err := s.oneEvent(begin, func() {})
	if err != nil {
		return out, err
	}
	settled := time.Now()
	var lasted []float64 // over each jump
	for _, set := range []time.Duration{jump, 0} {
		seconds, err := s.set(clock, set, usual)
		if err != nil {
			return out, err
		}
		lasted = append(lasted, seconds)
	}
	now, err := s.daemon.status()
	if err != nil {
		return out, err
	}
	for _, m := range s.house.since(settled) {
		if strings.HasSuffix(m.Topic, "/availability") && string(m.Payload) == "offline" {
			s.fail("%s said offline", m.Topic)
		}
	}
	s.daemon.stop(unix.SIGTERM)
	s.wholeClips(s.path("clips"))
	if now.Clips.Written == 0 || s.daemon.restarts > 0 {
		s.fail("%d clips, %d restarts", now.Clips.Written, s.daemon.restarts)
	}
	if kept := len(clipsIn(s.path("clips"))); int64(kept) < now.Clips.Written {
		s.fail("only %d of %d clips are still there", kept, now.Clips.Written)
	}
	heard, events := now.Sources[0].Events, len(s.house.events(begin))
	out.lost = fmt.Sprintf("%d of %d events, %d windows", max(int(heard)-events, 0), heard, now.Sources[0].Dropped)
	out.back = fmt.Sprintf("nothing stopped; an event of %.1f s lasted %.1f s over the jump forward and %.1f s over the one back", usual, lasted[0], lasted[1])
	return out, nil
}

// oneEvent awaits an ON, lets something happen half a second later, and returns how long the event that ends next says
// that it lasted, s.
func (s *scene) oneEvent(since time.Time, meanwhile func()) (seconds float64, err error) {
	on, err := s.house.await(since, "/dog/state", "ON")
	if err != nil {
		return 0, err
	}
	time.Sleep(500 * time.Millisecond)
	meanwhile()
	if _, err := s.house.await(on, "/dog/state", "OFF"); err != nil {
		return 0, err
	}
	for limit := time.Now().Add(patience); time.Now().Before(limit); time.Sleep(10 * time.Millisecond) {
		if all := s.house.events(on); len(all) > 0 {
			return all[0].Duration, nil
		}
	}
	return 0, fmt.Errorf("%w: an event's end", errNever)
}

// set sets the clock in the middle of an event and of a mute, and looks whether either noticed.
func (s *scene) set(clock *wallclock.Clock, to time.Duration, usual float64) (lasted float64, err error) {
	muted := time.Now()
	if err := s.house.publish(s.broker, "earshot/faults/mic/rain/mute/set", muteFor.String()); err != nil {
		return 0, err
	}
	if _, err := s.house.await(muted, "/rain/mute", "ON"); err != nil {
		return 0, err
	}
	lasted, err = s.oneEvent(time.Now(), func() { clock.Set(to) })
	if err != nil {
		return 0, err
	}
	if lasted <= 0 || lasted > usual+slack {
		s.fail("with the clock set to %v in its middle an event lasts %.1f s instead of %.1f", to, lasted, usual)
	}
	heard, err := s.house.await(muted, "/rain/mute", "OFF")
	if err != nil {
		return 0, err
	}
	if early := muteFor - heard.Sub(muted); early > time.Second {
		s.fail("with the clock set to %v a mute ends %v early", to, early)
	}
	var d struct{ At time.Time }
	since := time.Now()
	for d.At.IsZero() {
		if time.Since(since) > patience {
			return 0, fmt.Errorf("%w: diagnostics after the clock was set", errNever)
		}
		for _, m := range s.house.since(since) {
			if strings.HasSuffix(m.Topic, "/diagnostics") {
				_ = json.Unmarshal(m.Payload, &d) // none counts as not yet
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	if off := time.Until(d.At) - to; off.Abs() > patience {
		s.fail("with the clock set to %v timestamps are %v off", to, off)
	}
	return lasted, nil
}
