package main

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"earshot/internal/test/mosquitto"
	"earshot/internal/test/testmodel"
	"earshot/internal/test/vmic"
)

// rate is the samples of a second.
const rate = 44100

// patience is how long anything may take before a fault counts as not overcome.
const patience = 3 * time.Minute

// errNever says that what should have happened did not.
var errNever = errors.New("never")

// scene is one fault's surroundings: a broker, perhaps a microphone, a program under it, and who looks on.
type scene struct {
	options
	dir    string
	broker *mosquitto.Broker
	house  *house
	mic    *vmic.Mic // nil until plugIn
	daemon *daemon   // nil until start
	broken []string  // promises
}

func newScene(o options) (*scene, error) {
	s := &scene{options: o}
	var err error
	if s.dir, err = os.MkdirTemp("", "faults"); err != nil {
		return nil, err
	}
	model := testmodel.New("dog", "siren", "rain", "background").Bytes()
	if err := os.WriteFile(s.path("model.onnx"), model, 0o600); err != nil {
		return nil, err
	}
	if s.broker, err = mosquitto.New(); err != nil {
		return nil, err
	}
	if err := s.broker.Start(); err != nil {
		return nil, err
	}
	s.house, err = enter(s.broker)
	return s, err
}

func (s *scene) path(name string) string { return filepath.Join(s.dir, name) }

// fail notes a promise that was not kept.
func (s *scene) fail(format string, args ...any) {
	s.broken = append(s.broken, fmt.Sprintf(format, args...))
}

// lastLine is the last that the program wrote.
func (s *scene) lastLine() string {
	if s.daemon == nil {
		return "none"
	}
	lines := strings.Split(strings.TrimSpace(s.daemon.log.String()), "\n")
	return lines[len(lines)-1]
}

// plugIn gives the scene a microphone.
func (s *scene) plugIn() (err error) {
	s.mic, err = vmic.Start(vmic.Config{Rate: rate})
	return err
}

// Configurations; more is added to them.
const (
	labels     = "watch: {on: 0.5, off: 0.3, hold: 2s, labels: [{label: dog}, {label: siren}, {label: rain}], groups: []}\nsmoothing: {windows: 1}\n"
	microphone = labels + "sources: [{name: mic, kind: portaudio, device: " + vmic.Device + "}]\n"
)

// configuration completes a configuration with what belongs to the scene; mqtt is more of that section.
func (s *scene) configuration(text, mqtt string) string {
	if !strings.Contains(text, "model:") {
		text += fmt.Sprintf("model: {path: %q}\n", s.path("model.onnx"))
	}
	return text + fmt.Sprintf("node: {id: faults}\nstate_dir: %q\nlog: {format: json}\nmqtt: {broker: %q, diagnostics: 1s, %s}\n",
		s.path("state"), s.broker.URL(), mqtt)
}

// start runs the program with a configuration and waits until its source is online.
func (s *scene) start(config, mqtt string, how ...func(*daemon)) error {
	s.daemon = newDaemon(s)
	for _, f := range how {
		f(s.daemon)
	}
	if err := s.daemon.configure(s.configuration(config, mqtt)); err != nil {
		return err
	}
	since := time.Now()
	if err := s.daemon.start(); err != nil {
		return err
	}
	_, err := s.house.await(since, "/mic/availability", "online")
	return err
}

// Frequencies in the middle of the bands of the small network's labels.
var toneHz = map[string]float64{"dog": 150, "siren": 1000, "rain": 4000}

// tone is so much sound that the small network takes for label.
func tone(label string, d time.Duration) []float32 {
	x := make([]float32, int(d.Seconds()*rate))
	for i := range x {
		x[i] = float32(0.3 * math.Sin(2*math.Pi*toneHz[label]*float64(i)/rate))
	}
	return x
}

// play lets a label sound in the microphone, and returns at once.
func (s *scene) play(label string, d time.Duration) {
	go func() { _ = s.mic.PlaySamples(tone(label, d), rate) }() // ends early when the server is gone
}

// hears plays a label, again and again, until it is ON: another sound may still be heard at first.
func (s *scene) hears(label string) error {
	began := time.Now()
	for time.Since(began) < patience {
		if err := s.mic.PlaySamples(tone(label, 4*time.Second), rate); err != nil {
			return err
		}
		for _, m := range s.house.since(began) {
			if strings.HasSuffix(m.Topic, "/"+label+"/state") && string(m.Payload) == "ON" {
				return nil
			}
		}
	}
	return fmt.Errorf("%w: %s ON within %v", errNever, label, patience)
}

// close ends everything.
func (s *scene) close() {
	if s.daemon != nil {
		s.daemon.end()
	}
	if s.house != nil {
		s.house.leave()
	}
	if s.mic != nil {
		s.mic.Close()
	}
	s.broker.Close()
	os.RemoveAll(s.dir)
}
