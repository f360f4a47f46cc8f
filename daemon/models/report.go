package models

import (
	"fmt"
	"path/filepath"
	"time"

	"earshot/internal/jsonfile"
)

// Report is how a taught model was measured against the one in use before it.
type Report struct {
	At           time.Time     `json:"at"`
	Taken        bool          `json:"taken"` // it is listened with
	Labels       []LabelReport `json:"labels"`
	RoomMinutes  float64       `json:"room_minutes"`  // of quiet noise like the recordings' own that were played
	NoiseMinutes float64       `json:"noise_minutes"` // of silence, noise and hum
	Memory       Memory        `json:"memory"`
	Own          *Events       `json:"own,omitempty"`       // on the room alone and on what was judged wrong; nil: there is neither
	None         *Events       `json:"none,omitempty"`      // on recordings that hold none of the labels; nil: none were given
	HalfHour     *Events       `json:"half_hour,omitempty"` // on the bundled half hour of speech and music, of taught labels on what of it nothing of theirs was made from; nil: by a version that had none
	Worse        []Reason      `json:"worse"`               // why it is not to be taken
}

// LabelReport is of one label, from recordings each of which was left out in its turn.
type LabelReport struct {
	Label      string  `json:"label"`
	Recordings int     `json:"recordings"`
	Hearings   int     `json:"hearings"` // each as it is, and over noise
	Heard      int     `json:"heard"`
	On         float64 `json:"on"`               // threshold
	RoomOn     float64 `json:"room_on_minutes"`  // minutes on in RoomMinutes
	NoiseOn    float64 `json:"noise_on_minutes"` // minutes on in NoiseMinutes
}

// Memory is how many remembered windows of the labels that were known are named right.
type Memory struct {
	Windows int `json:"windows"`
	Before  int `json:"before"`
	After   int `json:"after"`
}

// Events are false ones.
type Events struct {
	Hours  float64 `json:"hours"`
	Before int     `json:"before"` // of the model in use
	After  int     `json:"after"`  // of the new one, by the labels that were known
	Fresh  int     `json:"fresh"`  // of the new one, by the new labels
}

// What a new model can be worse in.
const (
	WorseMemory = "memory"    // the labels that were known
	WorseHeard  = "heard"     // a label is not heard often enough
	WorseQuiet  = "quiet"     // a label is on in quiet noise
	WorseOwn    = "own"       // on the room and on what was judged wrong
	WorseOld    = "old"       // false events of labels that were known
	WorseFresh  = "fresh"     // false events of new labels
	WorseHalf   = "half_hour" // on half an hour of speech and music
)

// Reason is one thing in which a model is worse.
type Reason struct {
	Kind  string `json:"kind"`
	Label string `json:"label,omitempty"`
	Text  string `json:"text"` // in English
}

// maxReport bounds a report that is read, in bytes.
const maxReport = 64 << 10

// Report is how a model of the shelf was measured; nil where that is not known.
func (s Shelf) Report(e Entry) (*Report, error) {
	var r Report
	there, err := jsonfile.Load(reportOf(e.Path), maxReport, &r)
	switch {
	case err != nil:
		return nil, fmt.Errorf("report of a taught model, %q: %w", filepath.Base(e.Path), err)
	case !there:
		return nil, nil
	}
	return &r, nil
}

func reportOf(model string) string { return model + ".json" }

func writeReport(model string, r *Report) error {
	if r == nil {
		return nil
	}
	return jsonfile.Save(reportOf(model), 0o644, r)
}
