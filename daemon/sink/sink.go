// Package sink is the way out of the daemon: what is heard goes through one fan-out to MQTT, page, clips, log and
// whoever comes after them.
//
// A new sink is a package with a type that implements Sink, and a line in the daemon's table of kinds; the contract
// that it must keep is tested by internal/test/sinktest, once for all.
package sink

import (
	"time"

	"earshot/daemon/opinion"
	"earshot/daemon/status"
	"earshot/infer/smooth"
)

// Sink takes what the daemon hears. What is told of one source comes in order, from one goroutine at a time; several
// sources tell at once. No method may wait for the disk, the network or anybody; none keeps what it is lent. A nil
// pointer takes everything and does nothing, and so does a sink that was closed.
type Sink interface {
	// Event is one switch of a sound. It is lent, and goes from sink to sink in the order of the fan-out: one that
	// makes something which others tell of (a clip) writes it in.
	Event(*Event)
	// Source says how a source is, whenever that changes.
	Source(Source)
	// Scores are those of each window.
	Scores(Scores)
	// Diagnostics is what the daemon says about itself every so often, and when a microphone's health changes.
	Diagnostics(status.Status)
}

// Event is one switch of a sound on the wall clock. It is smoothing's event, put on the clock and joined by what each
// network said of it in package pipeline, and given names in package source.
type Event struct {
	smooth.Event  // Label by number, On, Score, Peak. Event.Event's own times are samples.
	opinion.Views // Asked, First, Second: of the window that switched it on; at the end, of the strongest

	Source string // as configured
	ID     string // of the label or group
	Title  string // for people
	Group  bool
	Muted  bool // somebody asked not to hear of it; the fan-out's
	// What the fan-out knows of the other sources in its zone: who told of the same sound before, so that this switch is its
	// own sensor's and no event of its own; and at the end of the first's, all who heard it, the loudest first.
	Same  string
	Heard []Heard

	Onset  time.Time
	End    time.Time // zero while On
	PeakAt time.Time // where it was strongest

	Why  Why
	Clip Clip // the sound around it; the clips' sink writes it
}

// Why is what a switch was decided from.
type Why struct {
	On, Off   float64 // thresholds of its score
	Runners   []Score // the labels that came next in the window that switched it, greatest first
	LevelDBFS float64 // of the sound, in the last whole second
	Model     string  // fingerprint of all that made the score
}

// Clip is where a clip will be once the event is over; the zero Clip is none.
type Clip struct{ Name, Path, URL string }

// Source is how a source of sound is.
type Source struct {
	Name   string
	Phase  string // status.Starting …
	Before string // its phase until now
	Why    string // for people
}

// Scores are the smoothed scores of one window.
type Scores struct {
	Source string
	At     time.Time // the window's end
	End    int64     // the same, in samples
	Break  Break     // what lies before it
	Best   []Score   // of single labels, greatest first
	Stream Stream

	LevelDBFS float64 // of the source, in the last whole second
}

// Break is what lies between a window and the one before it.
type Break uint8

const (
	Unbroken Break = iota
	Gap            // samples were lost: the mean begins anew
	Away           // the source was away: what was on has ended
	Anew           // smoothing begins: at the start, and with other rules
)

// Stream is what the scores of a source have in common as long as it runs as it does.
type Stream struct {
	Model         string // fingerprint of all that makes a window's scores, and the mean of them
	RateHz        int
	WindowSamples int64
}

// Score is one label's.
type Score struct {
	ID, Title string
	Score     float64 // 0…1
}
