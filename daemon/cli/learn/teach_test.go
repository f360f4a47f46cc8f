package learn

import (
	"strings"
	"testing"
	"time"

	"earshot/daemon/streams"
	"earshot/train/job"
	"earshot/train/metrics/stream"
)

// told is what a model tells of an hour and a half without labels: false events by label.
func told(watched []string, events map[string]int) *streamEvaluation {
	r := &streams.Result{Hours: 1.5, Watched: watched}
	for _, l := range watched {
		r.Labels = append(r.Labels, stream.Counts{Label: l, False: events[l]})
		r.All.False += events[l]
	}
	return &streamEvaluation{Result: r}
}

// TestJudgement: a new model is worse when it is worse in one thing alone.
func TestJudgement(t *testing.T) {
	good := func() judgement {
		return judgement{
			memory: job.Rehearsal{Windows: 204, Before: 175, After: 175},
			home:   &job.Home{Labels: []job.HomeLabel{{Label: "bell", Recordings: 10, Hearings: 20, Heard: 15}}, Rooms: 6, Noise: 10},
			before: told([]string{"dog", "cat"}, map[string]int{"dog": 2}),
			after:  told([]string{"dog", "cat", "bell"}, map[string]int{"dog": 1, "cat": 1, "bell": 3}),
			half:   [2]*streams.Result{told([]string{"dog", "cat"}, map[string]int{"dog": 2}).Result, told([]string{"dog", "cat", "bell"}, map[string]int{"dog": 1, "bell": 2}).Result},
			own:    [2]*streamEvaluation{told([]string{"dog"}, map[string]int{"dog": 2}), told([]string{"dog", "bell"}, map[string]int{"dog": 1, "bell": 1})},
		}
	}
	if in := good().worse(); in != nil {
		t.Errorf("a model that is no worse is refused: %+v", in)
	}
	for want, spoil := range map[string]func(*judgement){
		"174 right, and named 175":                               func(v *judgement) { v.memory.After-- },
		"bell is heard in 70 %":                                  func(v *judgement) { v.home.Labels[0].Heard = 14 },
		"bell is ON for 0.2 min in 16 min":                       func(v *judgement) { v.home.Labels[0].RoomsOn = 0.2 },
		"on what you judged wrong it tells 3 events, and told 2": func(v *judgement) { v.own[1] = told([]string{"dog", "bell"}, map[string]int{"dog": 2, "bell": 1}) },
		"music it tells 4 false events, and told 2":              func(v *judgement) { v.half[1] = told([]string{"dog", "bell"}, map[string]int{"bell": 4}).Result },
		"labels it knew tell 3 false events":                     func(v *judgement) { v.after = told([]string{"dog", "bell"}, map[string]int{"dog": 3}) },
		"new labels tell 4 false events in 1.5":                  func(v *judgement) { v.after = told([]string{"dog", "bell"}, map[string]int{"bell": 4}) },
	} {
		v := good()
		spoil(&v)
		if in := v.worse(); len(in) != 1 || !strings.Contains(in[0].Text, want) {
			t.Errorf("%+v, want %q", in, want)
		}
	}
	v := good()
	if r := v.report(time.Now()); r.Taken || len(r.Worse) != 0 || r.Own.Before != 2 || r.Own.After != 1 || r.Own.Fresh != 1 || r.None.Fresh != 3 || r.HalfHour.Before != 2 || r.HalfHour.After != 1 || r.HalfHour.Fresh != 2 || r.Labels[0].Heard != 15 || r.Memory.After != 175 {
		t.Errorf("report %+v", r)
	}
	v.before, v.after = nil, nil
	if in, text := v.worse(), strings.Join(v.lines(), "\n"); in != nil || strings.Contains(text, "none of the labels") ||
		!strings.Contains(text, "half an hour of speech and music: before 2, after 3 (2 of them by the new labels,") {
		t.Errorf("without recordings of nothing: %+v, %q", in, text)
	}
}
