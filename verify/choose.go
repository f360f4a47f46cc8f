package verify

import (
	"fmt"
	"math"
	"slices"
)

// Wish is a rate that a threshold is to keep, whatever that costs in recall.
type Wish struct {
	PerHour float64 // false events of a label
	Least   float64 // no threshold is lower
}

// Price is what false alarms are worth against recall, for who has to choose between the two.
type Price struct {
	Event float64 // share of the label's own clips that one false event an hour is worth
	Wrong float64 // own clips that another label's clip is worth which switches it on, both as shares
	Least float64 // no threshold is lower
}

// Found is a threshold and what it costs.
type Found struct {
	On      float64
	PerHour float64 // false events; what was counted, 0 when there was nothing to count on
	Recall  float64 // −1 where nothing is known
}

// Choose is the lowest step at which a label raises no more false events than wished, the highest where none does. Hours too
// few to tell the rate apart from none allow no event at all.
func (c Curve) Choose(label string, w Wish) (Found, bool) {
	t, known := c.Labels[label]
	if !known || len(c.Steps) == 0 {
		return Found{}, false
	}
	for i, on := range c.Steps {
		if on >= w.Least && t.Events[i] <= int(w.PerHour*t.Hours) {
			return c.found(t, i), true
		}
	}
	return c.found(t, len(c.Steps)-1), true
}

// Balance is the step with the most recall after its false alarms are paid for. Of steps that are equally good it takes the
// middle one, which stands clear both of the label's quietest clip and of what is taken for it. Where no clip tells the
// recall, there is nothing to balance.
func (c Curve) Balance(label string, p Price) (Found, bool) {
	t := c.Labels[label]
	const alike = 1e-9
	best, worth := []int(nil), math.Inf(-1)
	for i, on := range c.Steps {
		if on < p.Least || t.Clips == 0 {
			continue
		}
		v := float64(t.Heard[i])/float64(t.Clips) - p.Event*ratio(t.Events[i], t.Hours) - p.Wrong*ratio(t.Wrong[i], float64(t.Others))
		switch {
		case v > worth+alike:
			best, worth = []int{i}, v
		case v > worth-alike:
			best = append(best, i)
		}
	}
	if len(best) == 0 {
		return Found{}, false
	}
	return c.found(t, best[len(best)/2]), true
}

// found is what step i costs.
func (c Curve) found(t Tradeoff, i int) Found {
	f := Found{On: c.Steps[i], PerHour: ratio(t.Events[i], t.Hours), Recall: -1}
	if t.Clips > 0 {
		f.Recall = float64(t.Heard[i]) / float64(t.Clips)
	}
	return f
}

// ratio is n/of, 0 where there was nothing to count on.
func ratio(n int, of float64) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / of
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
