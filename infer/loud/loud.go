// Package loud tells whatever is louder than the room it is in, whatever it is: a bang in the night has no name until somebody
// has looked.
//
// The room's level is followed from below: down within a second, up by half a decibel a second, so that a fan that is
// switched on is the room a minute later, and a scream is not.
package loud

import (
	"math"

	"earshot/gammatone"
)

// Label is its id, Name what people call it.
const (
	Label = "loud"
	Name  = "Loud sound"
)

// Span is how far above the room a score of 1 is, dB: a threshold of 0.5 is 20 dB.
const Span = 40.0

const (
	falls   = 1.0   // s, in which the room's level comes down
	rises   = 0.5   // dB/s
	fast    = 0.125 // s, of the level (IEC 61672, time weighting F)
	holds   = 2.0   // s, that a bang is remembered: longer than scores are averaged over by default
	learns  = 2.0   // s from the first frame, of which nothing is told
	quietDB = -80.0 // of energies; a room is never taken to be quieter, so that a microphone's silence makes no sound loud
)

// Detector listens to one source. It allocates nothing after New, and belongs to one goroutine.
type Detector struct {
	frame float64 // s
	power float64 // smoothed
	room  float64 // dB
	above float64 // most dB above the room that is remembered
	until float64 // s, as long as it is
	heard float64 // s
}

// New makes a detector for frames of c's front end. It panics if c is not valid.
func New(c gammatone.Config) *Detector {
	return &Detector{frame: float64(c.HopSamples) / float64(c.SampleRate)}
}

// Frame takes one frame's energies (bands), linear.
func (d *Detector) Frame(energies []float32) {
	sum := 0.0
	for _, e := range energies {
		sum += float64(e)
	}
	if d.heard == 0 {
		d.power = sum
		d.room = math.Max(quietDB, decibels(sum))
	}
	d.heard += d.frame
	d.power += (sum - d.power) * (1 - math.Exp(-d.frame/fast))
	level := decibels(d.power)
	if level < d.room {
		d.room = math.Max(quietDB, d.room+(level-d.room)*(1-math.Exp(-d.frame/falls)))
	} else {
		d.room += math.Min(level-d.room, rises*d.frame)
	}
	if above := level - d.room; d.heard >= learns && (above >= d.above || d.heard >= d.until) {
		d.above, d.until = math.Max(0, above), d.heard+holds
	}
}

// Score is how loud the loudest of the last two seconds was, 0 (the room) to 1 ([Span] above it).
func (d *Detector) Score() float32 { return float32(math.Min(1, d.above/Span)) }

func decibels(power float64) float64 { return 10 * math.Log10(power+1e-15) }
