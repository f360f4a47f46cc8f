package latest

import (
	"testing"
	"time"
)

func TestQuantile(t *testing.T) {
	var l Durations
	if got := l.Quantile(0.5); got != 0 {
		t.Errorf("of nothing: %v", got)
	}
	for i := range 1000 { // 488 … 999 stay
		l.Add(time.Duration(i))
	}
	for q, want := range map[float64]time.Duration{0: 488, 0.5: 744, 0.99: 994, 1: 999} {
		if got := l.Quantile(q); got != want {
			t.Errorf("%g: %d, want %d", q, got, want)
		}
	}
}

func TestHistogram(t *testing.T) {
	var l Durations
	for _, ms := range []int{1, 2, 3, 50, 5000} {
		l.Add(time.Duration(ms) * time.Millisecond)
	}
	h := l.Histogram()
	if h.Count != 5 || h.Sum != 5056*time.Millisecond || h.Counts[0] != 2 || h.Counts[1] != 3 || h.Counts[4] != 4 || h.Counts[len(Bounds)-1] != 4 {
		t.Errorf("%+v", h)
	}
}
