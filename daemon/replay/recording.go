package replay

import "earshot/infer/smooth"

// Recording is what a recording came to.
type Recording struct {
	Samples int64   // its length
	Rate    int     // Hz
	Events  []Event // in the order in which they ended
	Windows []Window
}

// Event is a label's or a group's time on. All times are sample indices.
type Event struct {
	Label      int   // index as in smooth.Config
	Onset, End int64 // where the sound is said to have been
	On, Off    int64 // ends of the windows that switched it
	Peak       float64
}

// Window is one window as the network, or both of them, scored it, before any smoothing.
type Window struct {
	At, End   int64     // samples [At, End)
	Scores    []float32 // (K)
	Attention []float32 // (T)
}

// Seconds is the recording's length.
func (r *Recording) Seconds() float64 { return float64(r.Samples) / float64(r.Rate) }

// Again smooths the recording's windows by other rules. The same rules give Events: a recording has no gaps, and
// smoothing is a pure function of windows.
func (r *Recording) Again(c smooth.Config) []Event {
	s := smooth.New(c)
	on := map[int]Event{}
	var out []Event
	var switches []smooth.Event
	take := func(now int64) {
		for _, e := range switches {
			if e.On {
				on[e.Label] = Event{Label: e.Label, Onset: e.Onset, On: now}
				continue
			}
			done := on[e.Label]
			done.End, done.Off, done.Peak = e.End, now, e.Peak
			out = append(out, done)
		}
		switches = switches[:0]
	}
	last := int64(0)
	for _, w := range r.Windows {
		last = w.End
		switches = s.Push(w.At, w.End, w.Scores, w.Attention, switches)
		take(last)
	}
	switches = s.Reset(last, switches)
	take(last)
	return out
}
