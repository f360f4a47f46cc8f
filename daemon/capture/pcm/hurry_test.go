package pcm

import (
	"math"
	"strings"
	"testing"
	"time"
)

// TestHurry: what comes faster than a clock can give it is found; what a clock gives, whatever its bursts, is not.
func TestHurry(t *testing.T) {
	const rate = 44100
	for _, c := range []struct {
		name   string
		chunks func(i int) (samples int64, pause time.Duration)
		faster float64 // 0 = not found
		says   string
	}{
		{"real time", func(int) (int64, time.Duration) { return 4410, 100 * time.Millisecond }, 0, ""},
		{"8 % too fast", func(int) (int64, time.Duration) { return 4800, 100 * time.Millisecond }, 0, ""},
		{"a burst of a second and a half, then real time", func(i int) (int64, time.Duration) {
			if i < 15 {
				return 4410, 0
			}
			return 4410, 100 * time.Millisecond
		}, 0, ""},
		{"a network that stands still for eight seconds at a time", func(i int) (int64, time.Duration) {
			switch since := i % 100; {
			case i > 0 && since == 0:
				return 4410, 8 * time.Second
			case i > 99 && since < 80:
				return 4410, 0
			}
			return 4410, 100 * time.Millisecond
		}, 0, ""},
		{"48 kHz stereo called mono", func(int) (int64, time.Duration) { return 9600, 100 * time.Millisecond }, 2.177, "gives about 96000 samples a second, the configuration says 44100"},
		{"a recording", func(int) (int64, time.Duration) { return 4410, 0 }, recorded, ""},
	} {
		h := hurry{rate: rate}
		now := time.Now()
		found := false
		for i := range 3000 {
			n, pause := c.chunks(i)
			now = now.Add(pause)
			found = h.observe(n, now) || found
		}
		if found != (c.faster > 0) {
			t.Errorf("%s: found %v (%.2f times)", c.name, found, h.faster)
			continue
		}
		if said := h.wrong(rate, byConfiguration); !strings.Contains(said, c.says) || (said == "") != (c.says == "") && found {
			t.Errorf("%s: says %q, want %q", c.name, said, c.says)
		}
		if c.says != "" && math.Abs(h.faster/c.faster-1) > 0.02 {
			t.Errorf("%s: %.2f times as fast, want %.2f", c.name, h.faster, c.faster)
		}
		if c.faster == recorded && h.faster < recorded {
			t.Errorf("%s: %.2f times as fast", c.name, h.faster)
		}
	}
}
