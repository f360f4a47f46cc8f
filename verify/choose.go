package verify

import (
	"fmt"
	"slices"
)

// Wish is what a threshold is chosen for.
type Wish struct {
	PerHour float64 // false events of a label
	Share   float64 // of other labels' clips that may switch it on
	Recall  float64 // of the label's own clips, the share that must still switch it on where there are such clips
	Least   float64 // no threshold is lower, unless fewer than Enough of the label's own clips reach it
	Enough  float64 // share of the label's own clips for which a threshold goes below Least, down to Floor
	Floor   float64
}

// Found is a threshold and what it costs.
type Found struct {
	On      float64
	PerHour float64 // false events; what was counted, 0 when there was nothing to count on
	Recall  float64 // −1 where nothing is known
	Quiet   bool    // the false events are no more than wished, as far as the curve's hours can tell
	Heard   bool    // the recall is as wished, or unknown
}

// Choose is the lowest step at which a label raises no more false events than wished, but none higher than what the
// wished share of its own clips reaches. Hours too few to tell the rate apart from none allow no event at all.
func (c Curve) Choose(label string, w Wish) (Found, bool) {
	t, known := c.Labels[label]
	if !known || len(c.Steps) == 0 {
		return Found{}, false
	}
	quiet, heard := len(c.Steps), -1
	for i, on := range c.Steps {
		if quiet == len(c.Steps) && on >= w.Least && t.Events[i] <= int(w.PerHour*t.Hours) && t.Wrong[i] <= int(w.Share*float64(t.Others)) {
			quiet = i
		}
		if t.Clips > 0 && float64(t.Heard[i]) >= w.Recall*float64(t.Clips) {
			heard = i
		}
	}
	f := Found{Quiet: quiet < len(c.Steps), Heard: true}
	i := min(quiet, len(c.Steps)-1)
	if t.Clips > 0 && i > heard {
		// Both cannot be had: what the wished share of clips reaches, or the lowest step if that is higher.
		i, f.Quiet = max(0, heard), false
		for i < len(c.Steps)-1 && c.Steps[i] < w.Least &&
			(c.Steps[i] < w.Floor || float64(t.Heard[i+1]) >= w.Enough*float64(t.Clips) || t.Heard[i+1] == t.Heard[i]) {
			i++
		}
		f.Heard = heard >= i
	}
	f.On, f.Recall = c.Steps[i], -1
	if t.Hours > 0 {
		f.PerHour = float64(t.Events[i]) / t.Hours
	}
	if t.Clips > 0 {
		f.Recall = float64(t.Heard[i]) / float64(t.Clips)
	}
	return f, true
}

// WithClips is the curve whose knowledge of clips is another's, of the same steps: that of a model which held them out.
func (c Curve) WithClips(clips Curve) (Curve, error) {
	if !slices.Equal(c.Steps, clips.Steps) {
		return c, fmt.Errorf("curves of steps %g and %g do not go together", c.Steps, clips.Steps)
	}
	out := Curve{Steps: c.Steps, Labels: map[string]Tradeoff{}}
	for l, t := range c.Labels {
		if other, ok := clips.Labels[l]; ok {
			t.Clips, t.Heard, t.Others, t.Wrong = other.Clips, other.Heard, other.Others, other.Wrong
		}
		out.Labels[l] = t
	}
	return out, nil
}
