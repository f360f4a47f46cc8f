package pipeline

import (
	"sync/atomic"

	"earshot/infer"
	"earshot/infer/smooth"
)

// halfway looks twice as often while something may sound: a window halfway between two is computed when the network gave a watched
// label [infer.NearScore] or more in the one before. Short sounds are heard that lie badly in the windows of half overlap, and all are told
// earlier (docs/results.md). Whether a window is computed hangs on scores alone, so that live sound and its recording give the same events.
type halfway struct {
	first int64 // start of the first window behind a gap; −1: none yet
	half  int64 // samples from a window to the one halfway
	seen  atomic.Pointer[[]int]
}

func newHalfway(c Config) *halfway {
	h := &halfway{first: -1, half: int64(c.HopFrames / 2 * c.FrontEnd.HopSamples)}
	h.watch(c.Smooth)
	return h
}

// watch sets which labels count: those that can switch, alone or in a group.
func (h *halfway) watch(c smooth.Config) {
	var seen []int
	for i := range c.Labels {
		if c.Rule(i) != (smooth.Rule{}) {
			seen = append(seen, i)
		}
	}
	for g, group := range c.Groups {
		if c.Rule(len(c.Labels)+g) != (smooth.Rule{}) {
			seen = append(seen, group.Members...)
		}
	}
	h.seen.Store(&seen)
}

// is tells whether the window that starts at sample at lies halfway between two.
func (h *halfway) is(at int64) bool {
	if h.first < 0 {
		h.first = at
	}
	return (at-h.first)/h.half%2 == 1
}

// forget starts anew behind a gap.
func (h *halfway) forget() { h.first = -1 }

// wanted tells from the scores (K) of the window before whether a halfway one is computed.
func (h *halfway) wanted(before []float32) bool {
	for _, i := range *h.seen.Load() {
		if i < len(before) && before[i] >= infer.NearScore { // rhythms, which come behind the network's, are heard at every frame
			return true
		}
	}
	return false
}
