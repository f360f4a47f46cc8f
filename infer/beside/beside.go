// Package beside is what is told without a network: alarms by their rhythm, and whatever is loud. Its labels come behind a model's.
package beside

import (
	"slices"

	"earshot/gammatone"
	"earshot/infer/cadence"
	"earshot/infer/loud"
)

// Labels are the ids of what is found, in the order of scores; Names what people call them.
var (
	Labels = slices.Concat(cadence.Labels, []string{loud.Label})
	Names  = slices.Concat(cadence.Names, []string{loud.Name})
)

// Detector listens to one source. It allocates nothing after New, and belongs to one goroutine.
type Detector struct {
	rhythms *cadence.Detector
	loud    *loud.Detector
}

// New makes a detector for frames of c's front end. It panics if c is not valid.
func New(c gammatone.Config) *Detector { return &Detector{cadence.New(c), loud.New(c)} }

// Frame takes one frame's energies (bands), linear; end is the absolute index one past its last sample.
func (d *Detector) Frame(end int64, energies []float32) {
	d.rhythms.Frame(end, energies)
	d.loud.Frame(energies)
}

// Scores writes to dst (len(Labels)), 0 to 1, what is heard at the newest frame; of what is loud the loudest of late.
func (d *Detector) Scores(dst []float32) {
	n := len(cadence.Labels)
	d.rhythms.Scores(dst[:n])
	dst[n] = d.loud.Score()
}
