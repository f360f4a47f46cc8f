// Package scene mixes labelled clips over backgrounds into long recordings whose
// truth is known (the idea of Salamon, MacConnell, Cartwright, Li, Bello,
// "Scaper: a library for soundscape synthesis and augmentation", WASPAA 2017):
// what eval --stream measures with where no home was ever labelled.
//
// Time is cut into as many equal slots as there are events. Each slot gets one
// clip, at a place drawn from the seed, with its level set against the
// background that plays under it. The labels take turns, and no clip of a label
// comes again before all of them have been. The same options and files give the
// same bytes.
//
// Memory does not grow with the scene: it is written as it is made.
package scene

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strings"

	"earshot/internal/atomicfile"
	"earshot/internal/audio"
	"earshot/train/dataset"
	"earshot/train/labels"
)

// Rate is the sample rate of scenes, Hz.
const Rate = 44100

// Options say what a scene is made of.
type Options struct {
	Clips      []dataset.Clip // with labels that Labels names
	Labels     []string
	Background []string // sound files; none: a room's hush
	Minutes    float64
	PerHour    float64 // events
	SNR        [2]float64
	Level      float64 // of the background, dBFS
	Reverb     bool    // each event in a room of its own
	Distance   bool    // each event from 1 to 8 m away: softer and duller
	Band       string  // what the whole scene goes through: see [ParseBand]
	Seed       uint64
}

// Limits of a scene.
const (
	maxMinutes = 24 * 60
	maxPerHour = 3600
	maxEvents  = 50_000
	maxSNR     = 60
)

// events is how many there are.
func (o Options) events() int { return int(math.Round(o.PerHour * o.Minutes / 60)) }

// Validate tells the first thing that is wrong.
func (o Options) Validate() error {
	switch {
	case !(o.Minutes > 0 && o.Minutes <= maxMinutes):
		return fmt.Errorf("a scene of %g minutes: want more than 0 and at most %d", o.Minutes, maxMinutes)
	case !(o.PerHour >= 0 && o.PerHour <= maxPerHour):
		return fmt.Errorf("%g events an hour: want 0 to %d", o.PerHour, maxPerHour)
	case o.events() > maxEvents:
		return fmt.Errorf("%d events: want at most %d", o.events(), maxEvents)
	case o.events() > 0 && len(o.Clips) == 0:
		return errors.New("no clips to make events of")
	case !(o.SNR[0] >= -maxSNR && o.SNR[0] <= o.SNR[1] && o.SNR[1] <= maxSNR):
		return fmt.Errorf("SNR from %g to %g dB: want two numbers from -%d to %d, the lower one first", o.SNR[0], o.SNR[1], maxSNR, maxSNR)
	case !(o.Level >= -80 && o.Level <= -10):
		return fmt.Errorf("background at %g dBFS: want -80 to -10", o.Level)
	}
	_, err := ParseBand(o.Band)
	return err
}

// Truth is what sounds in a scene, and how it was made.
type Truth struct {
	Recording  string     `json:"recording"` // base name of the sound file
	Seconds    float64    `json:"seconds"`
	Seed       uint64     `json:"seed"`
	PerHour    float64    `json:"events_per_hour"`
	SNR        [2]float64 `json:"snr_range_db"`
	Level      float64    `json:"background_dbfs"`
	Reverb     bool       `json:"reverb"`
	Distance   bool       `json:"distance"`
	Band       string     `json:"band,omitempty"`
	Background []string   `json:"background"` // files, in the order they play
	Events     []Event    `json:"events"`
}

// Event is one clip in a scene.
type Event struct {
	Label    string  `json:"label"`
	Onset    float64 `json:"onset"`  // s
	Offset   float64 `json:"offset"` // s, of the direct sound
	Clip     string  `json:"clip"`
	SNR      float64 `json:"snr_db"` // of the direct sound over what plays under it
	Distance float64 `json:"distance_m,omitempty"`
	Reverb   float64 `json:"reverb_s,omitempty"` // time to decay by 60 dB
	Direct   float64 `json:"direct_to_reverb_db,omitempty"`
}

// Write makes a scene: the sound at path (.flac or .wav), and beside it what
// sounds in it, as .tsv and .json. Each file is there whole or not at all, the
// labels only after the sound.
func Write(ctx context.Context, path string, o Options, progress func(done, total int)) (*Truth, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	m, err := newMixer(o)
	if err != nil {
		return nil, err
	}
	defer m.bed.close()
	samples := int64(math.Round(o.Minutes * 60 * Rate))
	done := int64(0)
	err = audio.WritePulled(path, samples, Rate, func(x []float32) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if progress != nil && done>>20 != (done+int64(len(x)))>>20 {
			progress(int(done/Rate), int(samples/Rate))
		}
		done += int64(len(x))
		return m.fill(x)
	})
	if err != nil {
		return nil, err
	}
	t := &Truth{Recording: filepath.Base(path), Seconds: float64(samples) / Rate, Seed: o.Seed, PerHour: o.PerHour, SNR: o.SNR, Level: o.Level,
		Reverb: o.Reverb, Distance: o.Distance, Band: o.Band, Background: m.bed.played, Events: m.events}
	stem := strings.TrimSuffix(path, filepath.Ext(path))
	if err := atomicfile.Write(stem+".tsv", 0o644, func(w io.Writer) error { return labels.WriteTable(w, []labels.Recording{t.labels()}) }); err != nil {
		return nil, err
	}
	return t, atomicfile.Write(stem+".json", 0o644, func(w io.Writer) error { return labels.WriteJSON(w, t) })
}

func (t *Truth) labels() labels.Recording {
	r := labels.Recording{Name: t.Recording}
	for _, e := range t.Events {
		r.Events = append(r.Events, labels.Event{Label: e.Label, Onset: e.Onset, Offset: e.Offset})
	}
	return r
}
