package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// event is one that was told; its times are seconds from an origin that is common to all of a run.
type event struct {
	label      string
	onset, end float64
	peak       float64
}

// Onsets may lie so far apart, s: the history keeps milliseconds, twice rounded; in real time a sample's place on the clock is known
// to the jitter with which sound arrives.
const (
	exactly  = 0.0025
	realtime = 0.1
)

// compare holds the live events against the replay's: how far onsets and ends lie apart at most, s, and what else differs.
func (s *session) compare(paced bool) (apart float64, wrong []string) {
	within := exactly
	if paced {
		within = realtime
	}
	return differences(s.name, s.live, s.replayed, within)
}

func differences(name string, live, replayed []event, within float64) (apart float64, wrong []string) {
	live, replayed = inOrder(live), inOrder(replayed)
	if len(live) != len(replayed) {
		wrong = append(wrong, fmt.Sprintf("%s: %d live events, %d in the replay", name, len(live), len(replayed)))
	}
	n := min(len(live), len(replayed))
	var shifts []float64
	for i := range n {
		shifts = append(shifts, live[i].onset-replayed[i].onset)
	}
	slices.Sort(shifts)
	for i := range n {
		a, b := live[i], replayed[i]
		shift := shifts[n/2]
		off := max(math.Abs(a.onset-shift-b.onset), math.Abs(a.end-shift-b.end))
		apart = max(apart, off)
		if a.label != b.label || a.peak != b.peak || off > within {
			wrong = append(wrong, fmt.Sprintf("%s: live %+v, replayed %+v, %.3f s apart", name, a, b, off))
		}
	}
	return apart, wrong
}

func inOrder(events []event) []event {
	events = slices.Clone(events)
	slices.SortFunc(events, func(a, b event) int { return cmp.Or(cmp.Compare(a.label, b.label), cmp.Compare(a.onset, b.onset)) })
	return events
}
