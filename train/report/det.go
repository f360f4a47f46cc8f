package report

import (
	"fmt"
	"html/template"
	"math"

	"earshot/train/metrics/stream"
)

// DET draws detection error trade-offs: false events an hour, on a logarithmic
// axis, against the share of a label's sounds that was missed. Nearer the lower
// left corner is better. Rates below least are drawn at least: a stream of N
// hours cannot tell less than 1/N from none.
func DET(title string, curves []stream.DET, least float64, name func(string) string) Chart {
	var lines []series
	most := least * 10
	for _, c := range curves {
		s := series{name: name(c.Label)}
		for _, p := range c.Points {
			most = math.Max(most, p.FalseHour)
			s.xs, s.ys = append(s.xs, math.Log10(math.Max(least, p.FalseHour))), append(s.ys, p.Missed)
		}
		if len(s.xs) > 0 {
			lines = append(lines, s)
		}
	}
	a := axes{left: 56, top: 26, width: 470, height: 300, x0: math.Log10(least), x1: math.Ceil(math.Log10(most)), y0: 0, y1: 1}
	if a.x1 <= a.x0 {
		a.x1 = a.x0 + 1
	}
	var xs []float64
	for v := math.Ceil(a.x0); v <= a.x1; v++ {
		xs = append(xs, v)
	}
	d := newDrawing(540, 370, title)
	d.grid(a, xs, ticks(0, 1, 5), func(v float64) string { return general(math.Pow(10, v)) }, percentTick, "false events an hour", "missed")
	d.series(a, lines, func(name string, x, y float64) string {
		return fmt.Sprintf("%s: %.2g false an hour, %s missed", name, math.Pow(10, x), percent(y))
	})
	return Chart{title, template.HTML(legend(lines)) + d.html()}
}
