package main

import (
	"encoding/json"
	"fmt"
	"math"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"earshot/daemon/fleet"
	"earshot/infer/onnx"
	"earshot/internal/test/mosquitto"
	"earshot/internal/test/testmodel"
	"earshot/internal/test/wallclock"
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
		s.fail("%d of %d nodes keep it: %s", n, nodes, tail(said))
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
				s.fail("%s is %q: %q; want %q: %q", id, r.State, r.Why, state, why)
			}
		case r.Counter != was.Counter || r.State != was.State:
			s.fail("%s, no canary, was %q and is %q", id, was.State, r.State)
		}
	}
	if kept || len(asked) != 2 || !strings.Contains(said, fmt.Sprintf("%d were not asked", nodes-2)) {
		s.fail("%d nodes were asked: %s", len(asked), tail(said))
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

func overlay(s *scene) (string, error) {
	said, took, err := s.taken("evening", s.file("evening.yaml", []byte("watch: {hold: 7s}\n")), "--canary", "2")
	if err != nil {
		return "", err
	}
	first, then := strings.Index(said, "r2: \"kept\""), strings.Index(said, "r3: sent")
	if first < 0 || then < first {
		s.fail("the others were not asked after the canaries kept it: %s", said)
	}
	holds, err := retained(s.north.broker, base+"/north/#", regexp.MustCompile(`^earshot/north/r\d/mic/dog/hold$`))
	if err != nil {
		return "", err
	}
	for name, text := range holds {
		if text != "7" {
			s.fail("%s is %s", name, text)
		}
	}
	if len(holds) != reals {
		s.fail("%d daemons tell a hold", len(holds))
	}
	return fmt.Sprintf("2 canaries, then 38: all %d keep it, in %.0f s with twice %s on trial; the %d daemons hold a dog's bark for 7 s from then on; nothing of it stays on either broker",
		nodes, took.Seconds(), soak, len(holds)), nil
}

func silencing(s *scene) (string, error) {
	return s.turned(fleet.RolledBack, "source mic is", s.file("silence.yaml", []byte("sources: [{name: mic, kind: command, command: ['false']}]\n")))
}

func lightModel(s *scene) (string, error) {
	light, err := os.ReadFile("infer/builtin/light.onnx")
	if err != nil {
		return "", err
	}
	before := s.models()
	_, took, err := s.taken("light", s.file("light.onnx", light), "--canary", "2")
	if err != nil {
		return "", err
	}
	now := s.models()
	if slices.Equal(before, now) {
		s.fail("the daemons listen with %q still", now)
	}
	all, err := s.reports()
	if err != nil {
		return "", err
	}
	seen, err := s.listed("earshot/north/r1")
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d bytes in parts: all %d keep it, in %.0f s with twice %s on trial; measured: “%s”; a daemon's model was “%s” and is “%s”, in `earshot fleet` “%s”", len(light),
		nodes, took.Seconds(), soak, all["r1"].Measured, before[0], now[0], seen.Model), nil
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

func wrongModel(s *scene) (string, error) {
	return s.turned(fleet.Refused, "the model does not know it", s.file("cats.onnx", testmodel.New("cat", "cow", "background").Bytes()))
}

// knowing is a model for tests that knows all labels of the daemons.
func knowing() (*testmodel.Spec, error) {
	labels, err := watched()
	if err != nil {
		return nil, err
	}
	var names []string
	for _, l := range labels {
		if !l.Group {
			names = append(names, l.ID)
		}
	}
	return testmodel.New(append(names, "background")...), nil
}

func slowModel(s *scene) (string, error) {
	m, err := knowing()
	if err != nil {
		return "", err
	}
	m.Work = 700 // 190 thousand million operations a window
	return s.turned(fleet.Refused, "for a window here, and one comes every 743ms", s.file("slow.onnx", m.Bytes()))
}

func nanModel(s *scene) (string, error) {
	m, err := knowing()
	if err != nil {
		return "", err
	}
	m.NaN = true
	return s.turned(fleet.Refused, "score is not a finite number", s.file("nan.onnx", m.Bytes()))
}

// failingModel is one that only real sound shows to be bad: no trial's window has slopes that are small and not nothing.
func failingModel(s *scene) (string, error) {
	m, err := knowing()
	if err != nil {
		return "", err
	}
	m.Besides = func(g *onnx.Graph, window string) string {
		slope := g.Op("ReduceMean", []string{g.Slice(window, 1, 1, 2, 1)}, onnx.Attr{Name: "keepdims", Value: 0})
		square := g.Mul(slope, slope)
		return g.Mul(g.Op("Sqrt", []string{g.Mul(square, g.Add(square, g.Floats("few", []float32{-25})))}), g.Floats("nothing", []float32{0}))
	}
	return s.turned(fleet.RolledBack, "source mic has windows that fail", s.file("failing.onnx", m.Bytes()))
}

// byURL serves what was signed, and what was not.
func byURL(s *scene) (string, error) {
	if err := s.settle(); err != nil {
		return "", err
	}
	good := []byte("watch: {hold: 8s}\n")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	files := map[string][]byte{"/good.yaml": good, "/other.yaml": []byte("watch: {hold: 9s}\n"), "/longer.yaml": append(slices.Clone(good), make([]byte, 1<<20)...)}
	server := &http.Server{ReadHeaderTimeout: patience, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write(files[r.URL.Path]) })}
	go func() { _ = server.Serve(l) }()
	defer server.Close()
	path := s.file("night.yaml", good)
	var seen []string
	for _, c := range []struct{ name, state, why string }{{"good", fleet.Kept, ""}, {"other", fleet.Refused, "it is not the file that was signed"},
		{"longer", fleet.Refused, "more than the 18 bytes that were signed"}} {
		if _, _, err := s.push(path, "--url", fmt.Sprintf("http://%s/%s.yaml", l.Addr(), c.name), "--to", "north/r[12]", "--soak", "4s"); err != nil {
			return "", err
		}
		all, err := s.reports()
		if err != nil {
			return "", err
		}
		for _, id := range []string{"r1", "r2"} {
			if r := all[id]; r.State != c.state || !strings.Contains(r.Why, c.why) {
				s.fail("%s of %s: %q, %q", c.name, id, r.State, r.Why)
			}
		}
		seen = append(seen, strings.TrimSuffix(fmt.Sprintf("%s: %s, “%s”", c.name, c.state, all["r1"].Why), ", “”"))
		time.Sleep(time.Second) // numbers are seconds
	}
	return strings.Join(seen, "; "), s.tidy()
}

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
		s.fail("%d refuse it: %s", n, tail(said))
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
		s.fail("%q, %q: %s", r.State, r.Refused.Why, said)
	}
	return "“" + r.Refused.Why + "”", nil
}

// round is a duration for a table.
func round(d time.Duration) string { return fmt.Sprintf("%.1f s", math.Round(d.Seconds()*10)/10) }
