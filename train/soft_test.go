package train

import (
	"math"
	"testing"
)

func TestSoftAdd(t *testing.T) {
	s := &Soft{Hop: 40, Span: 80, Rows: [][]float32{{1, 0}, {0, 1}, {0.5, 0.5}, {1, 0}}} // middles at 40, 80, 120, 160
	for _, c := range []struct {
		what       string
		from, span float64
		want       float32 // of the first label, all of them summing to 1
	}{
		{"before the first", -300, 10, 1},
		{"between two middles: the nearest one", 72, 20, 0},
		{"two middles", 70, 60, 0.25},
		{"all", 0, 1000, 0.625},
		{"behind the last", 900, 10, 1},
	} {
		got := []float32{0.25, 0}
		s.Add(got, c.from, c.span, 0.5)
		if math.Abs(float64(got[0]-0.25-0.5*c.want)) > 1e-6 || math.Abs(float64(got[1]-0.5*(1-c.want))) > 1e-6 {
			t.Errorf("%s: %v, want %v", c.what, got, []float32{0.25 + 0.5*c.want, 0.5 * (1 - c.want)})
		}
	}
}
