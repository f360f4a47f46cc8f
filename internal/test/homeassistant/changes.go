package main

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// The steps after which Home Assistant must know what it knew, or no longer what is gone.

// same holds the ids of now against those from before.
func (s *scene) same(before string) error {
	after, err := s.ids()
	if err == nil && after != before {
		err = fmt.Errorf("the ids were %s and are %s", before, after)
	}
	return err
}

func hassRestarts(s *scene) (string, error) {
	before, err := s.ids()
	if err != nil {
		return "", err
	}
	s.hass.stop()
	if err := s.hass.start(); err != nil {
		return "", err
	}
	seen, err := s.settled()
	if err != nil {
		return "", err
	}
	return seen + ", the same ids", s.same(before)
}

func daemonRestarts(s *scene) (string, error) {
	before, err := s.ids()
	if err != nil {
		return "", err
	}
	s.stop()
	if err := s.hass.state(dog, "unavailable"); err != nil {
		return "", err
	}
	if err := s.start(); err != nil {
		return "", err
	}
	seen, err := s.settled()
	if err != nil {
		return "", err
	}
	return "unavailable meanwhile; " + seen + ", the same ids", s.same(before)
}

// gone waits until no entity's id has a part any more.
func (s *scene) gone(part string) error {
	return until("no "+part, func() bool {
		ids, err := s.ids()
		return err == nil && ids != "" && !strings.Contains(ids, part)
	})
}

func labelRemoved(s *scene) (string, error) {
	less := s.setup
	less.labels = slices.DeleteFunc(slices.Clone(less.labels), func(l string) bool { return l == "crying_baby" })
	if err := s.reload(less); err != nil {
		return "", err
	}
	if err := s.gone("crying_baby"); err != nil {
		return "", err
	}
	time.Sleep(5 * time.Second) // its topics are cleared afterwards
	return s.settled()
}

func sourceRenamed(s *scene) (string, error) {
	other := s.setup
	other.second = "garden"
	if err := s.reload(other); err != nil {
		return "", err
	}
	if err := s.gone("_yard_"); err != nil {
		return "", err
	}
	time.Sleep(5 * time.Second)
	if _, err := s.settled(); err != nil {
		return "", err
	}
	ids, err := s.ids()
	if strings.Contains(ids, "_2 ") || strings.HasSuffix(ids, "_2") || !strings.Contains(ids, "_garden_dog") {
		s.Fail("the ids are %s", ids)
	}
	return "sensors of the old name gone, of the new one there, none with _2", err
}

// blueprintsRun waits until each has acted on a sound of the recording.
func blueprintsRun(s *scene) (string, error) {
	for _, name := range []string{"glass", "alarm"} { // the baby was taken out of the configuration
		err := until("automation."+name+" has run", func() bool {
			var e entity
			return s.hass.ask("GET", "/api/states/automation."+name, nil, &e) == nil && e.Attributes["last_triggered"] != nil
		})
		if err != nil {
			return "", err
		}
	}
	return "glass and alarm have run, baby is loaded", s.hass.state("automation.baby", "on")
}

// pause mutes the microphone for a while by its number, and ends that.
func pause(s *scene) (string, error) {
	const number, whole = "number.hallway_mic_pause", "switch.hallway_mic_mute"
	if err := s.hass.call("number", "set_value", object{"entity_id": number, "value": 10}); err != nil {
		return "", err
	}
	if err := s.hass.state(whole, "on"); err != nil {
		return "", err
	}
	if err := s.hass.state(number, "10"); err != nil {
		return "", err
	}
	if err := s.hass.call("number", "set_value", object{"entity_id": number, "value": 0}); err != nil {
		return "", err
	}
	if err := s.hass.state(whole, "off"); err != nil {
		return "", err
	}
	return "muted, told as 10 min; 0 ends it", s.hass.state(number, "0")
}

// language has the entities named in German.
func language(s *scene) (string, error) {
	other := s.setup
	other.language = "de"
	before, err := s.ids()
	if err != nil {
		return "", err
	}
	if err := s.reload(other); err != nil {
		return "", err
	}
	err = until("a German name", func() bool {
		all, err := s.hass.states()
		return err == nil && strings.HasSuffix(all[dog].name(), "Hund")
	})
	if err != nil {
		return "", err
	}
	seen, err := names(s)
	if err != nil {
		return "", err
	}
	return seen, s.same(before)
}

// forget stops the program and takes it off the broker.
func forget(s *scene) (string, error) {
	s.stop()
	out, err := exec.Command(s.program, "forget", "--config", s.path("config.yaml")).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	err = until("nothing is left in Home Assistant", func() bool {
		all, err := s.hass.states()
		return err == nil && len(all) == 0
	})
	if err != nil {
		return "", err
	}
	n, err := s.retained()
	if n > 0 {
		s.Fail("%d retained topics are left", n)
	}
	return strings.TrimSpace(string(out)) + "; no entity and no topic left", err
}
