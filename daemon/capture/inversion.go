package capture

import (
	"time"

	"earshot/internal/sampletime"
)

// Inversion says when the two channels of a stereo source cancel each other, from what its mixer counts; the mixer
// itself has put it right already (see audio.Mixer). The zero value is ready.
type Inversion struct {
	counted int64 // frames that cancelled so far
	bad     int64 // of them, those since it last was well
	well    int64 // samples without any
	told    bool
}

const (
	invertedAfter = time.Second
	uprightAfter  = time.Minute
)

// Observe takes how many frames the mixer says to have cancelled in all, and how many samples came since it was called last.
func (i *Inversion) Observe(c *Common, cancelled, n int64) {
	fresh := cancelled - i.counted
	i.counted = cancelled
	i.bad += fresh
	i.well += n
	if fresh != 0 {
		i.well = 0
	}
	switch {
	case !i.told && i.bad > sampletime.Samples(invertedAfter, c.Rate):
		i.told = true
		c.Flawed(FlawInverted, "its two channels cancel each other, one is inverted: the first is heard instead of their mean; turn one round, or set channel: 1")
	case i.well > sampletime.Samples(uprightAfter, c.Rate):
		if i.told {
			c.Flawed(FlawInverted, "")
		}
		i.told, i.bad = false, 0
	}
}
