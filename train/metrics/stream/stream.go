// Package stream scores events found in long recordings against what sounds in
// them: which were heard, how late, and how many were false an hour.
//
// It knows nothing of sound or networks: events go in, figures come out. Times
// are seconds since the start of a recording; labels are ids. There are three
// ways of counting, because each answers another question:
//
//   - An event meets a reference of its label when both overlap, give or take a
//     slack. A reference that is met was heard; an event that meets none is
//     false. This is what a house notices. See [Count].
//   - An event matches a reference of its label when their onsets lie within a
//     collar of each other, one event to one reference (Mesaros, Heittola,
//     Virtanen, "Metrics for polyphonic sound event detection", 2016, onsets
//     alone). Precision, recall and F1 follow.
//   - PSDS weighs overlap, false events and confusions over all thresholds at
//     once. See [PSDS].
package stream

import (
	"cmp"
	"slices"
)

// Reference is a sound that is in a recording.
type Reference struct {
	Label         string
	Onset, Offset float64 // s, Onset ≤ Offset
}

// Found is an event that was told.
type Found struct {
	Label string  `json:"label"`
	Onset float64 `json:"onset_s"` // where the sound is said to have been
	End   float64 `json:"end_s"`
	On    float64 `json:"on_s"` // when the label was switched on
	Off   float64 `json:"off_s"`
	Score float64 `json:"peak"` // greatest smoothed score while it was on
}

// Recording is one stream: its truth, and what was found in it.
type Recording struct {
	Name       string
	Seconds    float64
	References []Reference
	Found      []Found
}

// Collars are the tolerances of an onset that figures are given for, s.
var Collars = [2]float64{0.2, 1}

// Slack is how far apart event and reference may lie and still meet, s: a
// window, which is as exactly as the network can say where it heard something.
const Slack = 1.5

// Hours is the length of all recordings together.
func Hours(recordings []Recording) float64 {
	s := 0.0
	for _, r := range recordings {
		s += r.Seconds
	}
	return s / 3600
}

// with are a recording's references and events of one label, in order of onset.
func (r *Recording) with(label string) (refs []Reference, found []Found) {
	for _, x := range r.References {
		if x.Label == label {
			refs = append(refs, x)
		}
	}
	for _, x := range r.Found {
		if x.Label == label {
			found = append(found, x)
		}
	}
	slices.SortStableFunc(refs, func(a, b Reference) int { return cmp.Compare(a.Onset, b.Onset) })
	slices.SortStableFunc(found, func(a, b Found) int { return cmp.Compare(a.Onset, b.Onset) })
	return refs, found
}
