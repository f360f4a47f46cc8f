package main

import (
	"fmt"
	"time"
)

func unplugged(s *scene) (outcome, error) {
	return s.absence(s.options.away, func() error { return s.mic.Unplug() }, func() error { return s.mic.Plug() })
}

func serverKilled(s *scene) (outcome, error) {
	return s.absence(5*time.Second, func() error { s.mic.Kill(); return nil }, func() error { return s.mic.Revive() })
}

func serverFrozen(s *scene) (outcome, error) {
	return s.absence(30*time.Second, func() error { return s.mic.Freeze() }, func() error { return s.mic.Thaw() })
}

// renumbered brings the microphone back behind another device, so that its number is not what it was.
func renumbered(s *scene) (outcome, error) {
	return s.absence(5*time.Second, func() error { return s.mic.Unplug() }, func() error {
		if err := s.mic.SetDevices("pcm.other { type null hint { show on description other } }"); err != nil {
			return err
		}
		return s.mic.Plug()
	})
}

// absence takes the microphone away in the middle of a sound, and brings it back.
func (s *scene) absence(away time.Duration, take, bring func() error) (out outcome, err error) {
	if err := s.plugIn(); err != nil {
		return out, err
	}
	if err := s.start(microphone, ""); err != nil {
		return out, err
	}
	began := time.Now()
	s.play("siren", time.Minute)
	if _, err := s.house.await(began, "/siren/state", "ON"); err != nil {
		return out, err
	}
	before, err := s.daemon.status()
	if err != nil {
		return out, err
	}
	gone := time.Now()
	if err := take(); err != nil {
		return out, err
	}
	offline, err := s.house.await(gone, "/mic/availability", "offline")
	if err != nil {
		return out, err
	}
	if _, err := s.house.await(gone, "/siren/state", "OFF"); err != nil {
		return out, err
	}
	time.Sleep(time.Until(gone.Add(away)))
	if err := bring(); err != nil {
		return out, err
	}
	there := time.Now()
	online, err := s.house.await(there, "/mic/availability", "online")
	if err != nil {
		return out, err
	}
	if err := s.hears("rain"); err != nil {
		return out, err
	}
	after, err := s.daemon.status()
	if err != nil {
		return out, err
	}
	heard := after.Sources[0].Samples
	restarts := s.daemon.restarts
	if restarts == 0 {
		heard -= before.Sources[0].Samples
	}
	missed := time.Since(gone) - time.Duration(float64(heard)/rate*float64(time.Second))
	out.lost = fmt.Sprintf("the sound while it was away and %s more", span(max(missed-there.Sub(gone), 0)))
	out.back = fmt.Sprintf("%s; offline was told after %s", span(online.Sub(there)), span(offline.Sub(gone)))
	if restarts > 0 {
		out.back += fmt.Sprintf("; PortAudio hung, the process was started again %d times", restarts)
	}
	return out, nil
}
