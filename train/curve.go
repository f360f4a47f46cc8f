package train

import (
	"math"

	"earshot/train/report"
)

// Curve turns a training's history into a line of the report.
func Curve(name string, history []Epoch) report.Run {
	r := report.Run{Name: name}
	for _, e := range history {
		p := report.Point{Epoch: float64(e.Epoch), Loss: e.Loss, Accuracy: math.NaN()}
		if e.Measured {
			p.Accuracy = e.Accuracy
		}
		r.Points = append(r.Points, p)
	}
	return r
}
