package learn

import (
	"fmt"
	"math"
	"slices"
	"time"

	"earshot/daemon/models"
	"earshot/daemon/streams"
	"earshot/train/job"
)

// judgement is a new model beside the one in use.
type judgement struct {
	memory        job.Rehearsal
	home          *job.Home
	before, after *streamEvaluation    // on recordings that hold none of the labels; nil: none were given
	own           [2]*streamEvaluation // before and after on the room alone and on what was judged wrong; nil: there is neither
	half          [2]*streams.Result   // before and after on half an hour of speech and music, see [judged]
}

// leastHeard is the share of recordings left out that a taught label must hear to be worth anything.
const leastHeard = 0.75

// moreInHalfHour is how many more events a new model may tell of half an hour of speech and music.
const moreInHalfHour = 1

// allowed is how many events new labels may tell of so many hours that hold none: one in half an hour.
func allowed(hours float64) int { return max(1, int(math.Ceil(2*hours))) }

// worse says in what the new model is worse.
func (v judgement) worse() (in []models.Reason) {
	add := func(kind, label, format string, a ...any) {
		in = append(in, models.Reason{Kind: kind, Label: label, Text: fmt.Sprintf(format, a...)})
	}
	if v.memory.After < v.memory.Before {
		add(models.WorseMemory, "", "of %d remembered windows of the labels it knew it names %d right, and named %d", v.memory.Windows, v.memory.After, v.memory.Before)
	}
	if v.home != nil {
		for _, l := range v.home.Labels {
			if share := float64(l.Heard) / float64(max(1, l.Hearings)); l.Hearings > 0 && share < leastHeard {
				add(models.WorseHeard, l.Label, "%s is heard in %.0f %% of the recordings that were left out, want %.0f %%", l.Label, 100*share, 100*leastHeard)
			}
			if on := l.RoomsOn + l.NoiseOn; on > 0 {
				add(models.WorseQuiet, l.Label, "%s is ON for %.1f min in %.0f min of quiet noise", l.Label, on, v.home.Rooms+v.home.Noise)
			}
		}
	}
	if own := v.own; own[0] != nil && own[1].All.False > own[0].All.False {
		add(models.WorseOwn, "", "on your room alone and on what you judged wrong it tells %d events, and told %d", own[1].All.False, own[0].All.False)
	}
	if before, after := v.half[0].All.False, v.half[1].All.False; after > before+moreInHalfHour {
		add(models.WorseHalf, "", "on half an hour of speech and music it tells %d false events, and told %d; want at most %d more", after, before, moreInHalfHour)
	}
	if v.before == nil {
		return in
	}
	old, fresh := eventsOf(v.before.Result, v.after.Result)
	if old > v.before.All.False {
		add(models.WorseOld, "", "the labels it knew tell %d false events, and told %d", old, v.before.All.False)
	}
	if most := allowed(v.after.Hours); fresh > most {
		add(models.WorseFresh, "", "the new labels tell %d false events in %.1f h, want at most %d", fresh, v.after.Hours, most)
	}
	return in
}

// eventsOf are the new model's false ones, of labels that the one before knew and of new ones.
func eventsOf(before, after *streams.Result) (old, fresh int) {
	for _, l := range after.Labels {
		if slices.Contains(before.Watched, l.Label) {
			old += l.False
		} else {
			fresh += l.False
		}
	}
	return old, fresh
}

// halfHourLine is what both models tell of it, for people.
func halfHourLine(half [2]*streams.Result) string {
	line := fmt.Sprintf("false events on half an hour of speech and music: before %d, after %d", half[0].All.False, half[1].All.False)
	if _, fresh := eventsOf(half[0], half[1]); fresh > 0 {
		line += fmt.Sprintf(" (%d of them by the new labels, in that half of it which they were not made from)", fresh)
	}
	return line
}

// lines are the comparison for people.
func (v judgement) lines() []string {
	out := []string{fmt.Sprintf("labels it knew, remembered windows named right: %d of %d before, %d now", v.memory.Before, v.memory.Windows, v.memory.After)}
	if own := v.own; own[0] != nil {
		out = append(out, fmt.Sprintf("events on your room alone and on what you judged wrong: %d before, %d now", own[0].All.False, own[1].All.False))
	}
	out = append(out, halfHourLine(v.half))
	if v.before == nil {
		return out
	}
	old, fresh := eventsOf(v.before.Result, v.after.Result)
	return append(out, fmt.Sprintf("false events in %.2f h that hold none of the labels: labels it knew %d before, %d now; new labels %d", v.after.Hours, v.before.All.False, old, fresh))
}

// report is the same for the shelf and for programs.
func (v judgement) report(now time.Time) *models.Report {
	r := &models.Report{At: now, Labels: []models.LabelReport{}, Memory: models.Memory(v.memory), Worse: append([]models.Reason{}, v.worse()...),
		Own: eventReport(v.own[0].result(), v.own[1].result()), None: eventReport(v.before.result(), v.after.result()), HalfHour: eventReport(v.half[0], v.half[1])}
	if v.home == nil {
		return r
	}
	r.RoomMinutes, r.NoiseMinutes = v.home.Rooms, v.home.Noise
	for _, l := range v.home.Labels {
		r.Labels = append(r.Labels, models.LabelReport{Label: l.Label, Recordings: l.Recordings, Hearings: l.Hearings, Heard: l.Heard, On: l.On, RoomOn: l.RoomsOn, NoiseOn: l.NoiseOn})
	}
	return r
}

func eventReport(before, after *streams.Result) *models.Events {
	if before == nil {
		return nil
	}
	old, fresh := eventsOf(before, after)
	return &models.Events{Hours: after.Hours, Before: before.All.False, After: old, Fresh: fresh}
}
