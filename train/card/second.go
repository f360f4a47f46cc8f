package card

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// second tells of the second opinion, if there is one.
func (c *Card) second(w io.Writer) {
	h := c.Second
	if h == nil {
		return
	}
	fmt.Fprintf(w, "## Second opinion\n\nBefore a label switches on, a second network of another kind is asked about the sound around it, and one score is made\n"+
		"of both: σ(a·logit p₁ + b·logit p₂ + c). The second network is not part of this file; the head on its embedding is.\n\n")
	row := rows(w, "", "")
	row("Second network", h.Embedder)
	if e := c.Embedder; e != nil && e.Name == h.Embedder {
		row("Its licence", words(e.Licence))
		row("Its origin", words(e.Provenance))
	}
	row("Labels", fmt.Sprintf("%d, and none of these", len(h.Labels)))
	if n := len(h.Noise); n > 0 {
		row("Noise", fmt.Sprintf("%d of its own sounds: as far as these are what it hears, it says nothing against a label", n))
	}
	if p := c.Provenance.Verify; p != nil {
		row("Data", fmt.Sprintf("%s, folds %s: %d patches of 0.96 s", p.Data, folds(p.Train), p.Patches))
		row("None of these", fmt.Sprintf("%d patches of %s", p.None, strings.Join(append([]string{"silence, noise and hum"}, p.Background...), ", ")))
		if len(p.Taught) > 0 {
			row("Taught", strings.Join(p.Taught, ", ")+", beside the labels that it knew")
		}
		if len(p.Tune) > 0 {
			row("Thresholds", fmt.Sprintf("for at most %.2g false alarms a day of each label, on %.1f h of %s, which was not learned from", 24*p.PerHour, p.Hours, strings.Join(p.Tune, ", ")))
		}
		if v := p.Validation; v["clips"] > 0 {
			row("Clips right", fmt.Sprintf("the network of this file alone %.1f %%, the second opinion alone %.1f %%, both %.1f %% (%.0f clips of folds %s, mean log-probability)",
				100*v["first_clip_accuracy"], 100*v["second_clip_accuracy"], 100*v["both_clip_accuracy"], v["clips"], folds(p.Test)))
		}
		row("Made", strings.TrimSpace(p.Date+" by earshot "+p.Build))
	}
	fmt.Fprint(w, "\nWhat each threshold of the fused score cost. False alarms: on sound that neither network learned from. Own clips: on folds that the head was not\nfitted on; where the first network learned from them (see Data), this column flatters.\n\n| Label | Asked from | On | Off | False alarms an hour | Own clips heard |\n|---|---|---|---|---|---|\n")
	for i, l := range h.Labels {
		f := h.Fusions[i]
		fmt.Fprintf(w, "| `%s` | %.3g | %.3g | %.3g | %s |\n", l, f.Candidate, f.On, f.Off, c.cost(l, f.On))
	}
	fmt.Fprintln(w)
}

// cost is what a label's threshold costs: two cells.
func (c *Card) cost(label string, on float64) string {
	rate, recall := "", ""
	if c.Curve != nil {
		t, known := c.Curve.Labels[label]
		for i, s := range c.Curve.Steps {
			if !known || s < on {
				continue
			}
			if t.Hours > 0 {
				rate = fmt.Sprintf("%.2g (%d in %.1f h)", float64(t.Events[i])/t.Hours, t.Events[i], t.Hours)
			}
			if t.Clips > 0 {
				recall = fmt.Sprintf("%.0f %%", 100*float64(t.Heard[i])/float64(t.Clips))
			}
			break
		}
	}
	return rate + " | " + recall
}

// words are the values of a JSON object that are text, for a table.
func words(object []byte) string {
	var facts map[string]any
	if json.Unmarshal(object, &facts) != nil {
		return ""
	}
	var out []string
	for _, key := range slices.Sorted(maps.Keys(facts)) {
		if text, ok := facts[key].(string); ok {
			out = append(out, text)
		}
	}
	return strings.Join(out, "; ")
}
