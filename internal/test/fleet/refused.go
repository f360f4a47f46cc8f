package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"earshot/internal/test/wallclock"
)

// refusedBy waits until a node tells why it did not look at a manifest.
func (s *scene) refusedBy(id, why string) (said string, err error) {
	err = until(id+" refuses it", func() bool {
		all, broken := s.reports()
		said = all[id].Refused.Why
		return broken == nil && strings.Contains(said, why)
	})
	return said, err
}

// captured runs a push, and returns the manifest that passed at the site.
func (s *scene) captured(name string, args ...string) (manifest string, err error) {
	w, err := watch(s.north.broker.URL(), base+"/north/r1/push/set")
	if err != nil {
		return "", err
	}
	defer w.Close()
	if said, _, err := s.push(append(args, "--to", "north/r1", "--soak", "1s")...); err != nil {
		return "", fmt.Errorf("%w: %s", err, said)
	}
	for _, m := range w.matching(everything) {
		if len(m.Payload) > 0 {
			return string(m.Payload), nil
		}
	}
	return "", fmt.Errorf("no manifest of %s passed at the site", name)
}

func forgedPush(s *scene) (string, error) {
	if err := s.settle(); err != nil {
		return "", err
	}
	path := s.file("forged.yaml", []byte("watch: {hold: 1s}\n"))
	said, kept, err := s.push(path, "--key", s.forged, "--to", "north/*", "--soak", "1s")
	if err != nil {
		return "", err
	}
	all, err := s.reports()
	if err != nil {
		return "", err
	}
	n, why := 0, ""
	for _, r := range all {
		if strings.Contains(r.Refused.Why, "not signed by the owner's key") {
			n, why = n+1, r.Refused.Why
		}
	}
	if kept || n != nodes {
		s.Fail("%d refuse it: %s", n, tail(said))
	}
	good, err := s.captured("a good one", s.file("good.yaml", []byte("watch: {hold: 6s}\n")))
	if err != nil {
		return "", err
	}
	counter := regexp.MustCompile(`"counter":(\d)`)
	changed := counter.ReplaceAllString(good, `"counter":9$1`)
	if err := publishTo(s.office, base+"/north/r2/push/set", changed, true); err != nil {
		return "", err
	}
	if _, err := s.refusedBy("r2", "not signed by the owner's key"); err != nil {
		return "", err
	}
	return fmt.Sprintf("another's key, to all: %d of %d refuse it, “%s”; a good manifest with another number: the same", n, nodes, why), s.tidy()
}

func replayedPush(s *scene) (string, error) {
	if err := s.settle(); err != nil {
		return "", err
	}
	old, err := s.captured("the old one", s.file("zulu.yaml", []byte("watch: {hold: 2s}\n")))
	if err != nil {
		return "", err
	}
	time.Sleep(time.Second) // numbers are seconds
	if _, err := s.captured("the new one", s.file("zulu.yaml", []byte("watch: {hold: 6s}\n"))); err != nil {
		return "", err
	}
	if err := publishTo(s.north.broker, base+"/north/r1/push/set", old, true); err != nil {
		return "", err
	}
	why, err := s.refusedBy("r1", "it is a replay")
	if err != nil {
		return "", err
	}
	hold := ""
	err = until("the hold is the newer one's", func() bool {
		all, _ := retained(s.north.broker, base+"/north/r1/mic/dog/hold", everything)
		hold = all[base+"/north/r1/mic/dog/hold"]
		return hold == "6"
	})
	return fmt.Sprintf("“%s”; the hold stays the newer one's, %s s", why, hold), err
}

// wrongClock runs a daemon more, whose wall clock is not the machine's.
func wrongClock(s *scene) (string, error) {
	clock := &wallclock.Clock{}
	clock.Set(-time.Hour)
	d, err := s.startDaemon(s.north, "w1", clock)
	if err != nil {
		return "", err
	}
	defer func() {
		s.north.reals = slices.DeleteFunc(s.north.reals, func(o *daemon) bool { return o == d })
		d.stop()
	}()
	if err := until("it is online", func() bool {
		n, err := s.listed(base + "/north/w1")
		return err == nil && n.Online
	}); err != nil {
		return "", err
	}
	said, kept, err := s.push(s.file("clock.yaml", []byte("watch: {hold: 6s}\n")), "--to", "north/w1", "--soak", "1s")
	if err != nil {
		return "", err
	}
	all, err := s.reports()
	if err != nil {
		return "", err
	}
	r := all["w1"]
	if kept || r.State != "" || !strings.Contains(r.Refused.Why, "one of both clocks is wrong") {
		s.Fail("%q, %q: %s", r.State, r.Refused.Why, said)
	}
	return "“" + r.Refused.Why + "”", nil
}
