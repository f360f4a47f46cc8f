package report

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strings"
)

// drawing collects SVG. Colours are CSS classes of page.html, so that they
// follow the page's light or dark theme.
type drawing struct {
	strings.Builder
	w, h float64
}

func newDrawing(w, h float64, label string) *drawing {
	d := &drawing{w: w, h: h}
	fmt.Fprintf(d, `<svg viewBox="0 0 %g %g" role="img" aria-label="%s">`, w, h, html.EscapeString(label))
	return d
}

func (d *drawing) html() template.HTML {
	return template.HTML(d.String() + "</svg>")
}

func (d *drawing) text(x, y float64, class, s string) {
	fmt.Fprintf(d, `<text x="%.1f" y="%.1f" class="%s">%s</text>`, x, y, class, html.EscapeString(s))
}

func (d *drawing) line(x1, y1, x2, y2 float64, class string) {
	fmt.Fprintf(d, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" class="%s"/>`, x1, y1, x2, y2, class)
}

// rect draws a box with a tip under the mouse; opacity below 1 is for heat.
func (d *drawing) rect(x, y, w, h float64, class string, opacity float64, tip string) {
	fmt.Fprintf(d, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" class="%s" fill-opacity="%.2f">`, x, y, w, h, class, opacity)
	d.tip(tip)
	d.WriteString("</rect>")
}

func (d *drawing) dot(x, y float64, class, tip string) {
	fmt.Fprintf(d, `<circle cx="%.1f" cy="%.1f" r="3.5" class="%s">`, x, y, class)
	d.tip(tip)
	d.WriteString("</circle>")
}

func (d *drawing) tip(s string) {
	if s != "" {
		fmt.Fprintf(d, "<title>%s</title>", html.EscapeString(s))
	}
}

// path joins points; one that is not finite breaks the line.
func (d *drawing) path(xs, ys []float64, class string) {
	fmt.Fprintf(d, `<path class="%s" d="`, class)
	pen := "M"
	for i := range xs {
		if !finite(xs[i]) || !finite(ys[i]) {
			pen = "M"
			continue
		}
		fmt.Fprintf(d, "%s%.1f %.1f", pen, xs[i], ys[i])
		pen = "L"
	}
	d.WriteString(`"/>`)
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// axes is the frame of a chart of values.
type axes struct {
	left, top, width, height float64
	x0, x1, y0, y1           float64
}

func (a axes) x(v float64) float64 { return a.left + a.width*(v-a.x0)/(a.x1-a.x0) }
func (a axes) y(v float64) float64 { return a.top + a.height*(1-(v-a.y0)/(a.y1-a.y0)) }

// grid draws ticks with labels; the axes' names stand at their ends.
func (d *drawing) grid(a axes, xTicks, yTicks []float64, xFormat, yFormat func(float64) string, xName, yName string) {
	for _, v := range yTicks {
		d.line(a.left, a.y(v), a.left+a.width, a.y(v), "grid")
		d.text(a.left-8, a.y(v)+4, "tick end", yFormat(v))
	}
	for _, v := range xTicks {
		d.line(a.x(v), a.top+a.height, a.x(v), a.top+a.height+4, "axis")
		d.text(a.x(v), a.top+a.height+18, "tick mid", xFormat(v))
	}
	d.line(a.left, a.top+a.height, a.left+a.width, a.top+a.height, "axis")
	d.text(a.left+a.width/2, a.top+a.height+36, "name mid", xName)
	d.text(a.left-8, a.top-10, "name", yName)
}

// ticks are about n round values from lo to hi.
func ticks(lo, hi float64, n int) []float64 {
	if !(hi > lo) {
		return []float64{lo}
	}
	raw := (hi - lo) / float64(n)
	step := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range []float64{1, 2, 5, 10} {
		if m*step >= raw {
			step *= m
			break
		}
	}
	var out []float64
	for i := math.Ceil(lo/step-1e-9) + 0; i*step <= hi+1e-9*step; i++ {
		out = append(out, i*step)
	}
	return out
}

func general(v float64) string {
	if v == 0 { // never "-0"
		return "0"
	}
	return strings.Replace(fmt.Sprintf("%.4g", v), "-", "−", 1)
}
func percentTick(v float64) string { return fmt.Sprintf("%.0f %%", 100*v) }
