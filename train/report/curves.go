package report

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strings"

	"earshot/train/metrics"
)

// Point is one moment of a training. A value that was not measured then is
// NaN.
type Point struct {
	Epoch    float64
	Loss     float64 // of training
	Accuracy float64 // of validation clips, 0 … 1
}

// Run is one training's learning curve.
type Run struct {
	Name   string
	Points []Point
}

// Chart is a titled drawing.
type Chart struct {
	Title string
	Body  template.HTML
}

// series is one line of a chart.
type series struct {
	name   string
	xs, ys []float64
}

// maxSeries lines have colours of their own; more are drawn in grey.
const maxSeries = 6

// curves draws loss and accuracy over epochs, all runs in each.
func curves(runs []Run) []Chart {
	var out []Chart
	for _, c := range []struct {
		title, unit string
		value       func(Point) float64
		format      func(float64) string
		tip         func(float64) string
	}{
		{"Training loss", "nats", func(p Point) float64 { return p.Loss }, general, general},
		{"Validation accuracy, clips", "", func(p Point) float64 { return p.Accuracy }, percentTick, percent},
	} {
		var lines []series
		for _, r := range runs {
			s := series{name: r.Name}
			for _, p := range r.Points {
				if v := c.value(p); finite(v) && finite(p.Epoch) {
					s.xs, s.ys = append(s.xs, p.Epoch), append(s.ys, v)
				}
			}
			if len(s.xs) > 0 {
				lines = append(lines, s)
			}
		}
		if len(lines) == 0 {
			continue
		}
		a := frame(lines, 470, 300)
		d := newDrawing(540, 370, c.title)
		d.grid(a, ticks(a.x0, a.x1, 6), ticks(a.y0, a.y1, 5), general, c.format, "epoch", c.unit)
		d.series(a, lines, func(name string, x, y float64) string {
			return fmt.Sprintf("%s, epoch %s: %s", name, general(x), c.tip(y))
		})
		out = append(out, Chart{c.title, template.HTML(legend(lines)) + d.html()})
	}
	return out
}

// frame fits axes around lines, with the zero of y in sight.
func frame(lines []series, width, height float64) axes {
	a := axes{left: 56, top: 26, width: width, height: height, x0: math.Inf(1), x1: math.Inf(-1)}
	for _, s := range lines {
		for i := range s.xs {
			a.x0, a.x1 = math.Min(a.x0, s.xs[i]), math.Max(a.x1, s.xs[i])
			a.y0, a.y1 = math.Min(a.y0, s.ys[i]), math.Max(a.y1, s.ys[i])
		}
	}
	if a.x1 <= a.x0 {
		a.x0, a.x1 = a.x0-1, a.x1+1
	}
	if a.y1 <= a.y0 {
		a.y1 = a.y0 + 1
	}
	a.y1 += 0.04 * (a.y1 - a.y0)
	return a
}

// series draws lines; few points get dots to point at, many an invisible one
// each.
func (d *drawing) series(a axes, lines []series, tip func(name string, x, y float64) string) {
	for i, s := range lines {
		xs, ys := make([]float64, len(s.xs)), make([]float64, len(s.xs))
		for j := range xs {
			xs[j], ys[j] = a.x(s.xs[j]), a.y(s.ys[j])
		}
		d.path(xs, ys, "line "+colour(i))
		class := "dot " + colour(i)
		if len(xs) > 40 {
			class = "ghost"
		}
		for j := range xs {
			d.dot(xs[j], ys[j], class, tip(s.name, s.xs[j], s.ys[j]))
		}
	}
}

func colour(i int) string {
	if i >= maxSeries {
		return "s0"
	}
	return fmt.Sprintf("s%d", i+1)
}

// legend names the lines above a chart; a single line needs none.
func legend(lines []series) string {
	if len(lines) < 2 {
		return ""
	}
	var b strings.Builder
	b.WriteString(`<p class="legend">`)
	for i, s := range lines {
		fmt.Fprintf(&b, `<span><i class="%s"></i>%s</span>`, colour(i), html.EscapeString(s.name))
	}
	b.WriteString("</p>")
	return b.String()
}

// snrChart draws accuracy against SNR, quiet to the left of loud noise.
func snrChart(points []metrics.SNRPoint, clean float64) template.HTML {
	var lines []series
	at := map[string]int{}
	for _, p := range points {
		i, ok := at[p.Noise]
		if !ok {
			i = len(lines)
			at[p.Noise] = i
			lines = append(lines, series{name: p.Noise})
		}
		lines[i].xs, lines[i].ys = append(lines[i].xs, p.SNR), append(lines[i].ys, p.Accuracy)
	}
	a := frame(lines, 470, 300)
	a.x0, a.x1 = a.x1, a.x0 // the cleanest first
	a.y1 = 1
	d := newDrawing(540, 370, "Accuracy against signal-to-noise ratio")
	d.grid(a, snrTicks(points), ticks(0, 1, 5), general, percentTick, "SNR over the whole clip, dB", "")
	if clean > 0 {
		d.line(a.left, a.y(clean), a.left+a.width, a.y(clean), "reference")
		d.text(a.left+a.width, a.y(clean)-6, "tick end", "clean "+percent(clean))
	}
	d.series(a, lines, func(name string, x, y float64) string {
		return fmt.Sprintf("%s noise at %s dB: %s", name, general(x), percent(y))
	})
	return template.HTML(legend(lines)) + d.html()
}

func snrTicks(points []metrics.SNRPoint) []float64 {
	seen := map[float64]bool{}
	var out []float64
	for _, p := range points {
		if !seen[p.SNR] {
			seen[p.SNR] = true
			out = append(out, p.SNR)
		}
	}
	return out
}
