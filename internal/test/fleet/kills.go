package main

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"earshot/daemon/fleet"
	"earshot/internal/test/mosquitto"
	"earshot/publish"
)

// away is for how long a broker stays dead.
const away = 8 * time.Second

var (
	// steady is what does not change of a node without ears as long as it lives.
	steady     = regexp.MustCompile(`^earshot/[^/]+/s\d+/`)
	notKept    = regexp.MustCompile(`/(event|diagnostics)$`) // nor what the broker only passes on
	onlineName = regexp.MustCompile(`^earshot/[^/]+/[^/]+/availability$`)
	eventName  = regexp.MustCompile(`^earshot/[^/]+/s\d+/mic/event$`)
)

// differ says how what a broker keeps of nodes without ears differs from before.
func differ(before, now map[string]string) (said []string) {
	for name, text := range before {
		if steady.MatchString(name) && !notKept.MatchString(name) && now[name] != text {
			said = append(said, fmt.Sprintf("%s was %q and is %q", name, text, now[name]))
		}
	}
	for name := range now {
		if _, known := before[name]; steady.MatchString(name) && !notKept.MatchString(name) && !known {
			said = append(said, name+" is new")
		}
	}
	return said
}

// kill ends a broker for a while, in which a dog barks at one node, and looks at what comes of it at the head office and at the site.
func (s *scene) kill(b *mosquitto.Broker, sites ...*site) (seen string, err error) {
	kept := map[*mosquitto.Broker]map[string]string{}
	brokers := []*mosquitto.Broker{s.office, s.north.broker}
	for _, one := range brokers {
		if kept[one], err = retained(one, base+"/#", everything); err != nil {
			return "", err
		}
	}
	want := 0
	for _, v := range sites {
		want += len(v.reals) + len(v.sims)
	}
	n := s.north.sims[0]
	b.Kill()
	if b == s.office {
		n.bark(time.Second)
	} else {
		cut, _, err := s.list(s.office, func(all []publish.Node) bool { return online(all) == 0 })
		if err != nil {
			return "", err
		}
		seen = fmt.Sprintf("the head office sees all %d as cut off meanwhile; ", len(cut))
		go n.bark(time.Second)
	}
	time.Sleep(away)
	began := time.Now()
	if err := b.Start(); err != nil {
		return "", err
	}
	office, err := watch(s.office.URL(), base+"/#")
	if err != nil {
		return "", err
	}
	defer office.Close()
	local, err := watch(b.URL(), base+"/#")
	if err != nil {
		return "", err
	}
	defer local.Close()
	came := map[string]time.Duration{}
	err = until("all nodes are online again", func() bool {
		for _, m := range local.matching(onlineName) {
			if _, known := came[m.Topic]; !known && string(m.Payload) == "online" {
				came[m.Topic] = m.At.Sub(began)
			}
		}
		return len(came) >= want
	})
	if err != nil {
		return "", fmt.Errorf("%w: %d of %d", err, len(came), want)
	}
	when := slices.Sorted(maps.Values(came))
	_, took, err := s.list(s.office, func(all []publish.Node) bool { return online(all) == want })
	if err != nil {
		return "", err
	}
	total := time.Since(began)
	var events []string
	err = until("the bark arrives at the head office", func() bool {
		events = nil
		for _, m := range office.matching(eventName) {
			events = append(events, m.Topic)
		}
		return len(events) >= 2
	})
	if err != nil {
		return "", err
	}
	time.Sleep(2 * time.Second)
	for _, m := range office.matching(eventName)[2:] {
		s.Fail("an event more: %s %s", m.Topic, m.Payload)
	}
	for _, one := range brokers {
		now, err := retained(one, base+"/#", everything)
		if err != nil {
			return "", err
		}
		label := base + "/north/" + n.id + "/mic/" // it has heard something since
		said := slices.DeleteFunc(differ(kept[one], now), func(what string) bool { return strings.HasPrefix(what, label) })
		for _, what := range said[:min(len(said), 5)] {
			s.Fail("%s", what)
		}
	}
	return seen + fmt.Sprintf("nodes come back from %s to %s after its start; `earshot fleet` shows all %d %s after it (its own listing took %s); the two messages of a bark meanwhile arrive, once, and no other; what both brokers keep of the silent nodes is as before (%d and %d topics)",
		round(when[0]), round(when[len(when)-1]), want, round(total), round(took), len(kept[s.office]), len(kept[s.north.broker])), nil
}

func officeKilled(s *scene) (string, error) {
	if err := s.settle(); err != nil {
		return "", err
	}
	return s.kill(s.office, s.north)
}

func siteKilled(s *scene) (string, error) {
	if err := s.settle(); err != nil {
		return "", err
	}
	return s.kill(s.north.broker, s.north)
}

func officeKilledFull(s *scene) (string, error) {
	if err := s.settle(); err != nil {
		return "", err
	}
	if s.south == nil {
		if _, err := second(s); err != nil {
			return "", err
		}
	}
	return s.kill(s.office, s.north, s.south)
}

// officeKilledOnTrial kills the head office's broker while the canaries are on trial.
func officeKilledOnTrial(s *scene) (string, error) {
	if err := s.settle(); err != nil {
		return "", err
	}
	w, err := watch(s.north.broker.URL(), base+"/north/r1/push")
	if err != nil {
		return "", err
	}
	defer w.Close()
	killed := make(chan error, 1)
	go func() {
		err := until("a canary is on trial", func() bool {
			text := w.text(base + "/north/r1/push")
			return strings.Contains(text, `"morning"`) && strings.Contains(text, fleet.OnTrial)
		})
		if err == nil {
			s.office.Kill()
			time.Sleep(3 * time.Second)
			err = s.office.Start()
		}
		killed <- err
	}()
	said, took, err := s.taken("morning", s.file("morning.yaml", []byte("watch: {hold: 6s}\n")), "--canary", "2")
	if !strings.Contains(said, "connection lost") {
		s.Fail("nothing was told of it: %s", said)
	}
	return fmt.Sprintf("the push tells of it and goes on where it was: all %d keep it, after %.0f s; nothing of it stays on either broker", nodes, took.Seconds()), errors.Join(err, <-killed)
}
