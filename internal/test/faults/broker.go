package main

import (
	"fmt"
	"time"

	"earshot/internal/audio"

	"golang.org/x/sys/unix"
)

// barks plays events over and over, a sound and then silence: so much of it every so often, fast or in real time.
func (s *scene) barks(sound, every time.Duration, fast bool) (config string, err error) {
	x := append(tone("dog", sound), make([]float32, int((every-sound).Seconds()*rate))...)
	if err := audio.WriteWAV16(s.path("barks.wav"), x, rate); err != nil {
		return "", err
	}
	return fmt.Sprintf("watch: {on: 0.5, off: 0.3, hold: 0s, labels: [{label: dog}], groups: []}\nsmoothing: {windows: 1}\n"+
		"sources: [{name: mic, kind: file, paths: [%q], loop: true, realtime: %v}]\n", s.path("barks.wav"), !fast), nil
}

// barking starts the program with such a configuration, and waits for the first bark. Begin is the time before.
func (s *scene) barking(config string) (begin time.Time, err error) {
	begin = time.Now()
	if err := s.start(config, "keep_alive: 5s"); err != nil {
		return begin, err
	}
	_, err = s.house.await(begin, "/dog/state", "ON")
	return begin, err
}

// brokerKilled ends the broker, with all that it remembers, and starts it again.
func brokerKilled(s *scene) (outcome, error) {
	return s.silence(10*time.Second, func() error { s.brokerGoes(); return nil }, s.brokerComes)
}

// brokerGoes kills the broker, with all that it remembers.
func (s *scene) brokerGoes() {
	s.house.leave()
	s.broker.Kill()
}

// brokerComes starts the broker again, and whoever looks on connects.
func (s *scene) brokerComes() error {
	if err := s.broker.Start(); err != nil {
		return err
	}
	return s.house.enter(s.broker)
}

// brokerFrozen stops the broker, which keeps its connections; for less than it takes who looks on to give up.
func brokerFrozen(s *scene) (outcome, error) {
	return s.silence(25*time.Second, func() error { return s.broker.Signal(unix.SIGSTOP) },
		func() error { return s.broker.Signal(unix.SIGCONT) })
}

// silence takes the broker away under an event every five seconds, and brings it back.
func (s *scene) silence(away time.Duration, take, bring func() error) (out outcome, err error) {
	config, err := s.barks(2*time.Second, 5*time.Second, false)
	if err != nil {
		return out, err
	}
	begin, err := s.barking(config)
	if err != nil {
		return out, err
	}
	if err := take(); err != nil {
		return out, err
	}
	time.Sleep(away)
	if err := bring(); err != nil {
		return out, err
	}
	there := time.Now()
	online, err := s.house.await(there, "faults/availability", "online")
	if err != nil {
		return out, err
	}
	if _, err := s.house.await(online, "/dog/state", "ON"); err != nil {
		return out, err
	}
	if _, err := s.house.await(time.Now(), "/dog/state", "OFF"); err != nil {
		return out, err
	}
	return s.delivered(begin, online.Sub(there))
}

// delivered stops the program and holds what arrived against what it heard.
func (s *scene) delivered(begin time.Time, back time.Duration) (out outcome, err error) {
	now, err := s.daemon.status()
	if err != nil {
		return out, err
	}
	s.daemon.stop(unix.SIGTERM) // an event that is on ends
	heard := int(now.Sources[0].Events)
	events := s.house.events(begin)
	for limit := time.Now().Add(10 * time.Second); len(events) < heard && time.Now().Before(limit); time.Sleep(50 * time.Millisecond) {
		events = s.house.events(begin)
	}
	if len(events) < heard {
		s.fail("%d of %d events did not arrive", heard-len(events), heard)
	}
	if !ordered(events) {
		s.fail("the order is not kept")
	}
	out.lost = fmt.Sprintf("%d of %d events", max(heard-len(events), 0), heard)
	out.back = span(back)
	return out, nil
}

// brokerAwayForADay lets a day of sound be heard, as fast as it goes, while the broker is away.
func brokerAwayForADay(s *scene) (out outcome, err error) {
	config, err := s.barks(2*time.Second, 20*time.Second, true)
	if err != nil {
		return out, err
	}
	begin := time.Now()
	if err := s.start(config, "keep_alive: 5s"); err != nil {
		return out, err
	}
	s.brokerGoes()
	first, _, err := s.daemon.figures()
	if err != nil {
		return out, err
	}
	var now status
	for heard := time.Duration(0); heard < s.options.day; time.Sleep(time.Second) {
		if now, err = s.daemon.status(); err != nil {
			return out, err
		}
		heard = time.Duration(now.Sources[0].Samples/rate) * time.Second
	}
	waited, dropped := now.Broker.Queued, now.Broker.Dropped
	last, _, err := s.daemon.figures()
	if err != nil {
		return out, err
	}
	if err := s.brokerComes(); err != nil {
		return out, err
	}
	there := time.Now()
	for now.Broker.Queued > 16 { // new events come meanwhile
		if time.Since(there) > patience {
			return out, fmt.Errorf("%w: %d events still wait after %v", errNever, now.Broker.Queued, patience)
		}
		time.Sleep(10 * time.Millisecond)
		if now, err = s.daemon.status(); err != nil {
			return out, err
		}
	}
	out, err = s.delivered(begin, time.Since(there))
	out.lost += fmt.Sprintf(" (%d switches waited, %d were dropped; memory %.0f → %.0f MB)", waited, dropped, first, last)
	out.back += " until all had arrived"
	return out, err
}
