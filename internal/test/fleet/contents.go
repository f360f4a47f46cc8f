package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"earshot/daemon/fleet"
	"earshot/infer/onnx"
	"earshot/internal/test/testmodel"
)

func overlay(s *scene) (string, error) {
	said, took, err := s.taken("evening", s.file("evening.yaml", []byte("watch: {hold: 7s}\n")), "--canary", "2")
	if err != nil {
		return "", err
	}
	first, then := strings.Index(said, "r2: \"kept\""), strings.Index(said, "r3: sent")
	if first < 0 || then < first {
		s.Fail("the others were not asked after the canaries kept it: %s", said)
	}
	holds, err := retained(s.north.broker, base+"/north/#", regexp.MustCompile(`^earshot/north/r\d/mic/dog/hold$`))
	if err != nil {
		return "", err
	}
	for name, text := range holds {
		if text != "7" {
			s.Fail("%s is %s", name, text)
		}
	}
	if len(holds) != reals {
		s.Fail("%d daemons tell a hold", len(holds))
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
		s.Fail("the daemons listen with %q still", now)
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
				s.Fail("%s of %s: %q, %q", c.name, id, r.State, r.Why)
			}
		}
		seen = append(seen, strings.TrimSuffix(fmt.Sprintf("%s: %s, “%s”", c.name, c.state, all["r1"].Why), ", “”"))
		time.Sleep(time.Second) // numbers are seconds
	}
	return strings.Join(seen, "; "), s.tidy()
}
