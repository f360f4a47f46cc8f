package report

import (
	"fmt"
	"html/template"
	"sort"

	"earshot/train/metrics"
)

// confusion draws truth down, what was named across; the share of the row is
// the depth of the colour. The diagonal has a colour of its own, so that what
// is off it can be seen.
func confusion(r *metrics.Result, name func(string) string) template.HTML {
	n := len(r.Labels)
	cell := min(max(900/float64(n), 14), 48)
	const margin = 150.0
	size := margin + cell*float64(n)
	d := newDrawing(size+margin/2, size+4, "Confusion matrix") // the last names lean out to the right
	for i, l := range r.Labels {
		at := margin + cell*(float64(i)+0.5)
		d.text(margin-6, at+4, "tick end", name(l))
		fmt.Fprintf(d, `<g transform="translate(%.1f,%.1f) rotate(-60)">`, at+4, margin-6)
		d.text(0, 0, "tick", name(l))
		d.WriteString("</g>")
	}
	d.rect(margin, margin, cell*float64(n), cell*float64(n), "plate", 1, "")
	for i, row := range r.Confusion {
		total := 0
		for _, c := range row {
			total += c
		}
		for j, c := range row {
			if c == 0 {
				continue
			}
			share := float64(c) / float64(total)
			class, digit := "off", "count mid"
			if i == j {
				class = "on"
			}
			if share > 0.6 {
				digit = "count mid inverse"
			}
			x, y := margin+cell*float64(j), margin+cell*float64(i)
			d.rect(x+0.5, y+0.5, cell-1, cell-1, class, 0.25+0.75*share,
				fmt.Sprintf("%d of %d %s clips were named %s", c, total, name(r.Labels[i]), name(r.Labels[j])))
			if cell >= 14 {
				d.text(x+cell/2, y+cell/2+3.5, digit, fmt.Sprint(c))
			}
		}
	}
	return d.html()
}

// Pair is two labels that are taken for each other.
type Pair struct {
	Truth, Named string
	Clips, Of    int
}

// pairs lists the commonest confusions.
func pairs(r *metrics.Result, name func(string) string) []Pair {
	var out []Pair
	for i, row := range r.Confusion {
		total := 0
		for _, c := range row {
			total += c
		}
		for j, c := range row {
			if i != j && c > 0 {
				out = append(out, Pair{name(r.Labels[i]), name(r.Labels[j]), c, total})
			}
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Clips > out[j].Clips })
	return out[:min(len(out), 12)]
}

// ClassRow is a class with its display name.
type ClassRow struct {
	Name string
	metrics.Class
}

// classes sorts the weakest first: they are what to work on.
func classes(r *metrics.Result, name func(string) string) []ClassRow {
	var out []ClassRow
	for _, c := range r.PerClass {
		out = append(out, ClassRow{name(c.Label), c})
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].F1 < out[j].F1 })
	return out
}

// reliability draws accuracy over confidence: bars on the diagonal mean that
// a score of 0.8 is right in 80 % of cases.
func reliability(bins []metrics.Bin) template.HTML {
	a := axes{left: 56, top: 26, width: 330, height: 330, x1: 1, y1: 1}
	d := newDrawing(420, 400, "Reliability diagram")
	d.grid(a, ticks(0, 1, 5), ticks(0, 1, 5), percentTick, percentTick, "confidence", "share that was right")
	most := 1
	for _, b := range bins {
		most = max(most, b.Clips)
	}
	for _, b := range bins {
		if b.Clips == 0 {
			continue
		}
		x, w := a.x(b.Lo)+1, a.x(b.Hi)-a.x(b.Lo)-2
		tip := fmt.Sprintf("%d clips at %.0f–%.0f %% confidence (mean %s): %s right", b.Clips, 100*b.Lo, 100*b.Hi, percent(b.Confidence), percent(b.Accuracy))
		d.rect(x, a.y(b.Accuracy), w, a.top+a.height-a.y(b.Accuracy), "bar", 0.35+0.65*float64(b.Clips)/float64(most), tip)
		d.dot(a.x(b.Confidence), a.y(b.Accuracy), "dot s2", tip)
		d.text(x+w/2, a.top+a.height-5, "count mid", fmt.Sprint(b.Clips))
	}
	d.line(a.x(0), a.y(0), a.x(1), a.y(1), "reference")
	return d.html()
}
