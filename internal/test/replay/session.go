package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"earshot/internal/atomicfile"
	"earshot/internal/readfile"
	"earshot/internal/test/rig"
)

// configuration: all labels, at the precision that every processor has, so that both runs score alike.
const configuration = `
node: {id: replay}
state_dir: %q
sources: [{name: hour, kind: file, paths: [%q], realtime: %v}]
model: {path: %q}
inference: {provider: cpu, precision: fp32}
watch: {labels: [{label: "*"}], groups: []}
mqtt: {discovery: false}
web: {listen: ""}
`

// session is the hour, heard live and played again with the same settings.
type session struct {
	name     string
	config   string // file
	labels   []string
	live     []event
	replayed []event
	on       map[string]float64 // seconds that each label was on, from switch to switch
}

// once is what the program prints, kept in a file of the work folder, where it is looked for first.
func (h *hour) once(ctx context.Context, file string, args ...string) ([]byte, error) {
	path := filepath.Join(h.dir, file)
	if text, err := readfile.Bytes(path, maxPrinted); err == nil {
		return text, nil
	}
	text, err := rig.Earshot(ctx, h.program, args...)
	if err == nil {
		err = atomicfile.WriteBytes(path, 0o600, text)
	}
	return text, err
}

// maxPrinted bounds what is read of the program's.
const maxPrinted = 64 << 20

// listen runs the daemon to the recording's end, reads its history, and plays the recording again. overlay is what was tuned; nil: nothing.
func (h *hour) listen(ctx context.Context, name string, overlay []byte) (*session, error) {
	state := filepath.Join(h.dir, name)
	s := &session{name: name, config: state + ".yaml", on: map[string]float64{}}
	if err := os.MkdirAll(state, 0o700); err != nil {
		return nil, err
	}
	if overlay != nil {
		if err := os.WriteFile(filepath.Join(state, "tuned.yaml"), overlay, 0o600); err != nil {
			return nil, err
		}
	}
	if err := os.WriteFile(s.config, fmt.Appendf(nil, configuration, state, h.scene, h.realtime, h.model), 0o600); err != nil {
		return nil, err
	}
	if _, err := h.once(ctx, name+".run.txt", "run", "--config", s.config); err != nil {
		return nil, err
	}
	text, err := h.once(ctx, name+".history.json", "history", "--config", s.config, "--json", "--limit", "0")
	if err == nil {
		s.live, err = told(text)
	}
	if err != nil {
		return nil, err
	}
	if text, err = h.once(ctx, name+".replay.json", "eval", "--none", h.scene, "--config", s.config, "--json", "--threads", "1"); err == nil {
		err = s.again(text)
	}
	return s, err
}

// told are the events of a history.
func told(text []byte) (all []event, err error) {
	var origin time.Time
	for lines := json.NewDecoder(bytes.NewReader(text)); lines.More(); {
		var e struct {
			Label      string
			Onset, End time.Time
			Peak       float64
		}
		if err := lines.Decode(&e); err != nil {
			return nil, err
		}
		if origin.IsZero() {
			origin = e.Onset
		}
		all = append(all, event{e.Label, e.Onset.Sub(origin).Seconds(), e.End.Sub(origin).Seconds(), e.Peak})
	}
	if len(all) == 0 {
		return nil, errors.New("the live run told nothing")
	}
	return all, nil
}

// again takes what the replay told.
func (s *session) again(text []byte) error {
	var r struct {
		Watched []string
		Streams []struct {
			Told []struct {
				Events []struct {
					Label string
					Onset float64 `json:"onset_s"`
					End   float64 `json:"end_s"`
					On    float64 `json:"on_s"`
					Off   float64 `json:"off_s"`
					Peak  float64
				}
			}
		}
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return err
	}
	if len(r.Streams) != 1 || len(r.Streams[0].Told) != 1 {
		return errors.New("the replay is not of one recording")
	}
	s.labels = r.Watched
	for _, e := range r.Streams[0].Told[0].Events {
		s.replayed = append(s.replayed, event{e.Label, e.Onset, e.End, e.Peak})
		s.on[e.Label] += e.Off - e.On
	}
	return nil
}

// counts are the live events of each label.
func (s *session) counts() map[string]int {
	n := map[string]int{}
	for _, e := range s.live {
		n[e.label]++
	}
	return n
}
