package pipeline

import (
	"math/rand/v2"
	"testing"

	"earshot/gammatone"
)

// gated plays sound through front end and gate and tells of each window where it lies and whether it idles.
func gated(x []float32) (at []int64, idle []bool) {
	c := gammatone.Default()
	g := newGate(c)
	s := gammatone.NewStream(c, 64, 0)
	s.Energies = func(_ int64, energies []float32) { g.hear(energies) }
	s.Push(0, x, false, func(w *gammatone.Window) {
		at, idle = append(at, w.At), append(idle, g.idles())
	})
	return at, idle
}

// room is white noise of −60 dBFS.
func room(seconds int, seed uint64) []float32 {
	rng := rand.New(rand.NewPCG(seed, 9))
	x := make([]float32, seconds*44100)
	for i := range x {
		x[i] = float32(0.001 * rng.NormFloat64())
	}
	return x
}

// TestGate: in a steady room most windows idle; a click, a faint tone and noise that ends are heard in every window that
// holds them, and the first and every eighth quiet window is computed.
func TestGate(t *testing.T) {
	x := room(120, 1)
	type span struct{ from, to int }
	var news []span
	for s := 10; s < 60; s += 10 { // clicks of 10 ms
		from := s*44100 + 12345
		for i := range 441 {
			x[from+i] += float32(0.02 * rand.New(rand.NewPCG(uint64(i), 1)).NormFloat64())
		}
		news = append(news, span{from, from + 441})
	}
	for i := 70 * 44100; i < 71*44100; i++ { // a second of a tone 10 dB under the noise
		x[i] += 0.00045 * float32(i/22%2*2-1)
	}
	news = append(news, span{70*44100 + 15000, 71 * 44100})
	at, idle := gated(x)
	idles, run := 0, 0
	for i, from := range at {
		if !idle[i] {
			run = 0
			continue
		}
		idles++
		if run++; run >= gateComputed {
			t.Errorf("%d windows in a row idle, the last at %.1f s", run, float64(from)/44100)
		}
		for _, n := range news {
			if int(from)+1024 < n.to && int(from)+128*512 > n.from+1024 {
				t.Errorf("the window at %.2f s idles over what comes at %.2f s", float64(from)/44100, float64(n.from)/44100)
			}
		}
	}
	if share := float64(idles) / float64(len(idle)); share < 0.6 {
		t.Errorf("%.0f %% of the windows idle, want most", 100*share)
	}
}

// TestGateSettles: a fan that is switched on is news for a minute and then the room; switched off, it is news again.
func TestGateSettles(t *testing.T) {
	x := append(room(20, 2), room(100, 3)...)
	for i := 20 * 44100; i < len(x); i++ {
		x[i] *= 10
	}
	x = append(x, room(10, 4)...)
	at, idle := gated(x)
	for i, from := range at {
		s := float64(from) / 44100
		if idle[i] && (s > 19 && s < 78 || s > 119.5) {
			t.Errorf("the window at %.1f s idles", s)
		}
		if s > 90 && s < 115 && !idle[i] && !idle[i+1] && !idle[i+2] {
			t.Errorf("from %.1f s on nothing idles", s)
		}
	}
}

// TestGateForgets: behind a gap nothing is known.
func TestGateForgets(t *testing.T) {
	g := newGate(gammatone.Default())
	g.frames, g.quiet, g.due = 1000, 500, false
	if !g.idles() {
		t.Fatal("a quiet window does not idle")
	}
	g.forget()
	if g.idles() {
		t.Error("the first window behind a gap idles")
	}
}

// TestGateLearnsWhileMuchHappens: a room that begins with loud sounds has no ripple of its own for that, under which what comes later would
// be nothing new.
func TestGateLearnsWhileMuchHappens(t *testing.T) {
	x := room(60, 5)
	for i := range 5 * 44100 {
		if i/8820%2 == 0 { // five bursts of 0.2 s in two seconds
			x[i] *= 300
		}
	}
	var news []int
	for s := 8; s < 60; s += 7 { // tones 30 dB over the noise
		from := s*44100 + 9000
		for i := range 8820 {
			x[from+i] += 0.03 * float32(i/22%2*2-1)
		}
		news = append(news, from)
	}
	at, idle := gated(x)
	heard := 0
	for i, from := range at {
		for _, n := range news {
			if int(from)+1024 < n+8820 && int(from)+128*512 > n+1024 {
				if heard++; idle[i] {
					t.Errorf("the window at %.2f s idles over the tone at %.2f s", float64(from)/44100, float64(n)/44100)
				}
			}
		}
	}
	if heard < len(news) {
		t.Errorf("%d windows over %d tones", heard, len(news))
	}
}
