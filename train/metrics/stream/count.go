package stream

import (
	"math"
	"slices"
)

// Match is event-based precision and recall with an onset collar.
type Match struct {
	Collar    float64 `json:"collar_s"`
	Matched   int     `json:"matched"`
	Precision float64 `json:"precision"` // of the events, the share matched; 0 if there are none
	Recall    float64 `json:"recall"`    // of the references, the share matched; 0 if there are none
	F1        float64 `json:"f1"`        // harmonic mean of both
}

// Counts are one label's figures, or those of several together.
type Counts struct {
	Label      string   `json:"label"`
	References int      `json:"references"`
	Heard      int      `json:"heard"` // references that an event met
	Events     int      `json:"events"`
	False      int      `json:"false_events"` // events that met no reference
	FalseHour  float64  `json:"false_per_hour"`
	FalseMost  float64  `json:"false_per_hour_95"`  // 95 % upper bound, see [RateBound]
	DelayP50   float64  `json:"delay_p50_s"`        // of the switch behind the onset; −1 when no reference was heard anew
	DelayP95   float64  `json:"delay_p95_s"`        // nearest rank
	MinutesOn  float64  `json:"minutes_on"`         // from switch on to switch off
	Matches    [2]Match `json:"onset_collar"`       // by [Collars]
	Recall     float64  `json:"recall"`             // Heard of References; 0 if there are none
	Confused   []Other  `json:"confused,omitempty"` // other labels that sounded at a false event, most often first
	delays     []float64
	matched    [2]int
}

// Other is another label, and how many false events met it.
type Other struct {
	Label  string `json:"label"`
	Events int    `json:"events"`
}

// Count holds events against references: each of labels in turn, and all of
// them together. References and events of other labels are left out, but that
// other references name what a false event may have been taken for.
func Count(labels []string, recordings []Recording) (each []Counts, all Counts) {
	hours := Hours(recordings)
	all.Label = "together"
	for _, l := range labels {
		c := Counts{Label: l}
		others := map[string]int{}
		for i := range recordings {
			c.add(&recordings[i], others)
		}
		for o, n := range others {
			c.Confused = append(c.Confused, Other{o, n})
		}
		slices.SortFunc(c.Confused, func(a, b Other) int {
			if a.Events != b.Events {
				return b.Events - a.Events
			}
			return compareText(a.Label, b.Label)
		})
		all.sum(&c)
		c.finish(hours)
		each = append(each, c)
	}
	all.finish(hours)
	return each, all
}

func compareText(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// add counts one recording.
func (c *Counts) add(r *Recording, others map[string]int) {
	refs, found := r.with(c.Label)
	c.References += len(refs)
	c.Events += len(found)
	for i, collar := range Collars {
		c.matched[i] += matchOnsets(refs, found, collar)
	}
	met := make([]bool, len(found))
	for _, ref := range refs {
		first := -1
		for j, f := range found {
			if meets(f, ref) {
				met[j] = true
				if first < 0 || f.On < found[first].On {
					first = j
				}
			}
		}
		if first < 0 {
			continue
		}
		c.Heard++
		// What an earlier sound of the label had switched on was not late for this one.
		if delay := found[first].On - ref.Onset; delay >= 0 {
			c.delays = append(c.delays, delay)
		}
	}
	for j, f := range found {
		c.MinutesOn += (f.Off - f.On) / 60
		if met[j] {
			continue
		}
		c.False++
		seen := map[string]bool{}
		for _, ref := range r.References {
			if ref.Label != c.Label && !seen[ref.Label] && meets(f, ref) {
				seen[ref.Label] = true
				others[ref.Label]++
			}
		}
	}
}

// meets tells whether an event and a reference overlap, give or take [Slack].
func meets(f Found, r Reference) bool {
	return f.Onset <= r.Offset+Slack && f.End >= r.Onset-Slack
}

// matchOnsets is how many pairs of an event and a reference, each used once,
// have onsets within collar of each other. Both are in order of onset, and all
// collars are alike, so pairing each with the first that is free is the most
// that any pairing can do.
func matchOnsets(refs []Reference, found []Found, collar float64) int {
	n, i, j := 0, 0, 0
	for i < len(refs) && j < len(found) {
		switch d := found[j].Onset - refs[i].Onset; {
		case d < -collar:
			j++
		case d > collar:
			i++
		default:
			n, i, j = n+1, i+1, j+1
		}
	}
	return n
}

// sum adds another label's counts, before they are finished.
func (c *Counts) sum(o *Counts) {
	c.References += o.References
	c.Heard += o.Heard
	c.Events += o.Events
	c.False += o.False
	c.MinutesOn += o.MinutesOn
	c.delays = append(c.delays, o.delays...)
	for i := range c.matched {
		c.matched[i] += o.matched[i]
	}
}

// finish turns counts into rates.
func (c *Counts) finish(hours float64) {
	c.Recall = share(c.Heard, c.References)
	if hours > 0 {
		c.FalseHour = float64(c.False) / hours
		c.FalseMost = RateBound(c.False, hours)
	}
	slices.Sort(c.delays)
	c.DelayP50, c.DelayP95 = quantile(c.delays, 0.5), quantile(c.delays, 0.95)
	for i, collar := range Collars {
		m := Match{Collar: collar, Matched: c.matched[i], Precision: share(c.matched[i], c.Events), Recall: share(c.matched[i], c.References)}
		m.F1 = share(2*m.Matched, c.Events+c.References)
		c.Matches[i] = m
	}
}

func share(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

// quantile is the q-quantile of sorted values, by nearest rank; −1 when there are none.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return -1
	}
	return sorted[max(0, int(math.Ceil(q*float64(len(sorted))))-1)]
}
