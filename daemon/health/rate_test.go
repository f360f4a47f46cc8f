package health

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// TestRateMeter: what is off by what a wrong setting costs is a problem after half a minute; drift and bursts are none.
func TestRateMeter(t *testing.T) {
	burst := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct {
		name string
		at   func(s float64) float64 // samples that came by second s, as a share of the rate
		want bool                    // at the end of four minutes
	}{
		{"right", func(s float64) float64 { return s }, false},
		{"16 kHz called 44.1 kHz", func(s float64) float64 { return s * 16 / 44.1 }, true},
		{"48 kHz called 44.1 kHz", func(s float64) float64 { return s * 48 / 44.1 }, true},
		{"44.1 kHz called 48 kHz", func(s float64) float64 { return s * 44.1 / 48 }, true},
		{"a USB clock 0.1 % too fast", func(s float64) float64 { return s * 1.001 }, false},
		{"a USB clock 0.5 % too slow", func(s float64) float64 { return s * 0.995 }, false},
		{"bursts of up to two seconds", func(s float64) float64 { return s + 2*burst.Float64() }, false},
		{"eight seconds late once, and made up for", func(s float64) float64 {
			if s > 60 && s < 68 {
				return 60
			}
			return s
		}, false},
		{"wrong, then right", func(s float64) float64 { return math.Min(s, 100)*2 + math.Max(0, s-100) }, false},
		{"right, then wrong", func(s float64) float64 { return math.Min(s, 100) + math.Max(0, s-100)/2 }, true},
	} {
		const rate = 44100
		m := NewRateMeter(rate)
		problem, given, ever := false, 0.0, false
		for s := 0.0; s < 240; s += 0.1 {
			problem, given = m.Observe(time.Duration(s*float64(time.Second)), int64(c.at(s)*rate))
			ever = ever || problem
		}
		if problem != c.want {
			t.Errorf("%s: problem %v (%.3f of the rate), want %v", c.name, problem, given, c.want)
		}
		if c.name != "wrong, then right" && ever != c.want {
			t.Errorf("%s: a problem for a while", c.name)
		}
	}
}

// TestRateMeterAfterALoss: a time without sound is not held against the rate.
func TestRateMeterAfterALoss(t *testing.T) {
	m := NewRateMeter(1000)
	now, samples := time.Duration(0), int64(0)
	for range 20 {
		for range 8 {
			now, samples = now+time.Second, samples+1000
			if problem, given := m.Observe(now, samples); problem {
				t.Fatalf("a problem: %.2f of the rate", given)
			}
		}
		now += 20 * time.Second
		m.Restart()
	}
}
