package sampletime

import (
	"testing"
	"time"
)

func TestSpanDoesNotOverflow(t *testing.T) {
	const year = 365 * 24 * time.Hour
	n := Samples(100*year, 44100)
	if got := Span(n, 44100); (got - 100*year).Abs() > time.Second {
		t.Errorf("a hundred years come back as %v", got)
	}
	for _, d := range []time.Duration{0, time.Millisecond, time.Second, time.Hour + time.Millisecond} {
		if back := Span(Samples(d, 44100), 44100); (back - d).Abs() > time.Second/44100 {
			t.Errorf("%v comes back as %v", d, back)
		}
	}
}
