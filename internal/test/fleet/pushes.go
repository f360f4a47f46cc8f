package main

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"earshot/daemon/fleet"
	"earshot/internal/test/mosquitto"
	"earshot/publish"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

var (
	everything = regexp.MustCompile("")
	reportName = regexp.MustCompile(`^earshot/north/[^/]+/push$`)
	setName    = regexp.MustCompile(`^earshot/north/[^/]+/push/set$`)
)

// soak is how long a push is on trial here. A source that begins anew has a quarter of it.
const soak = "12s"

// reports are what the first site's nodes told of pushes, as the head office has it, by node.
func (s *scene) reports() (map[string]publish.PushReport, error) {
	texts, err := retained(s.office, base+"/#", reportName)
	if err != nil {
		return nil, err
	}
	out := map[string]publish.PushReport{}
	for name, text := range texts {
		var r publish.PushReport
		if err := json.Unmarshal([]byte(text), &r); err != nil {
			return nil, fmt.Errorf("%s: %w: %q", name, err, text)
		}
		out[strings.Split(name, "/")[2]] = r
	}
	return out, nil
}

// publishTo puts a message on a broker, as anybody may.
func publishTo(b *mosquitto.Broker, name, text string, retain bool) error {
	client := mqtt.NewClient(mqtt.NewClientOptions().AddBroker(b.URL()).SetConnectTimeout(patience))
	defer client.Disconnect(100)
	if t := client.Connect(); !t.WaitTimeout(patience) || t.Error() != nil {
		return fmt.Errorf("connect to publish %s: %w", name, t.Error())
	}
	t := client.Publish(name, 1, retain, text)
	t.WaitTimeout(patience)
	return t.Error()
}

// taken runs a push that all forty nodes must keep.
func (s *scene) taken(name string, args ...string) (said string, took time.Duration, err error) {
	if err := s.settle(); err != nil {
		return "", 0, err
	}
	began := time.Now()
	said, kept, err := s.push(append(args, "--to", "north/*", "--soak", soak)...)
	took = time.Since(began)
	if err != nil {
		return said, took, err
	}
	all, err := s.reports()
	if err != nil {
		return said, took, err
	}
	n := 0
	for _, r := range all {
		if r.Name == name && r.State == fleet.Kept {
			n++
		}
	}
	if !kept || n != nodes || !strings.Contains(said, fmt.Sprintf("%d nodes keep it", nodes)) {
		s.Fail("%d of %d nodes keep it: %s", n, nodes, tail(said))
	}
	return said, took, s.tidy()
}

func tail(text string) string { return text[max(0, len(text)-600):] }

// turned runs a push that the canaries must not keep, and holds against it that nobody else was asked, and nobody changed.
func (s *scene) turned(state, why string, args ...string) (string, error) {
	if err := s.settle(); err != nil {
		return "", err
	}
	before, err := s.reports()
	if err != nil {
		return "", err
	}
	models := s.models()
	w, err := watch(s.north.broker.URL(), base+"/north/+/push/set")
	if err != nil {
		return "", err
	}
	defer w.Close()
	began := time.Now()
	said, kept, err := s.push(append(args, "--to", "north/*", "--canary", "2", "--soak", soak)...)
	took := time.Since(began)
	if err != nil {
		return "", err
	}
	asked := map[string]bool{}
	for _, m := range w.matching(setName) {
		asked[strings.Split(m.Topic, "/")[2]] = true
	}
	after, err := s.reports()
	if err != nil {
		return "", err
	}
	told := ""
	for id, r := range after {
		switch was := before[id]; {
		case slices.Contains([]string{"r1", "r2"}, id):
			if told = r.Why; r.State != state || !strings.Contains(r.Why, why) {
				s.Fail("%s is %q: %q; want %q: %q", id, r.State, r.Why, state, why)
			}
		case r.Counter != was.Counter || r.State != was.State:
			s.Fail("%s, no canary, was %q and is %q", id, was.State, r.State)
		}
	}
	if kept || len(asked) != 2 || !strings.Contains(said, fmt.Sprintf("%d were not asked", nodes-2)) {
		s.Fail("%d nodes were asked: %s", len(asked), tail(said))
	}
	err = until("the canaries listen with the model that they had", func() bool { return slices.Equal(s.models(), models) })
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("both canaries: %s, “%s”, after %.0f s; 38 were not asked; every daemon has the model that it had", state, told, took.Seconds()), s.tidy()
}

// models are what the daemons listen with.
func (s *scene) models() (all []string) {
	for _, d := range s.north.reals {
		all = append(all, d.status().Model)
	}
	return all
}

// listed is what "earshot fleet" at the head office says of a node.
func (s *scene) listed(name string) (n publish.Node, err error) {
	all, _, err := s.list(s.office, func([]publish.Node) bool { return true })
	for _, one := range all {
		if one.Topic == name {
			n = one
		}
	}
	return n, err
}

// round is a duration for a table.
func round(d time.Duration) string { return fmt.Sprintf("%.1f s", math.Round(d.Seconds()*10)/10) }
