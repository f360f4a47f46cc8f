package health

import (
	"math"
	"math/rand/v2"
	"testing"

	"earshot/internal/audio"
)

// bursts makes seconds of a room at 44.1 kHz in which something sounds every other second: noise at amplitude, which
// falls with the frequency, over the microphone's own at floor.
func bursts(seconds int, amplitude, floor float64) []float32 {
	rng := rand.New(rand.NewPCG(1, 2))
	x := make([]float32, seconds*44100)
	low := 0.0
	for i := range x {
		v := floor * rng.NormFloat64()
		if i/44100%2 == 0 {
			low += 0.2 * (amplitude*rng.NormFloat64() - low)
			v += low
		}
		x[i] = float32(v)
	}
	return x
}

// through is x as a camera sends it that samples at rate with 16 bits.
func through(t *testing.T, x []float32, rate int) []float32 {
	t.Helper()
	for _, step := range [][2]int{{44100, rate}, {rate, 44100}} {
		r, err := audio.NewResampler(step[0], step[1])
		if err != nil {
			t.Fatal(err)
		}
		y := append([]float32(nil), r.Process(x)...)
		x = append(y, r.Flush()...)
		for i, v := range x {
			x[i] = float32(math.Round(float64(v)*32768)) / 32768
		}
	}
	return x
}

func TestBandwidth(t *testing.T) {
	sound := bursts(40, 0.1, 0)
	for name, c := range map[string]struct {
		x    []float32
		want [2]int // Hz, from and to; 0 = never known
	}{
		"camera at 8 kHz":                  {through(t, sound, 8000), [2]int{3500, 4500}},
		"camera at 16 kHz":                 {through(t, sound, 16000), [2]int{7500, 8500}},
		"microphone":                       {sound, [2]int{20000, 22500}},
		"far away, over a converter's own": {bursts(40, 0.003, 3e-5), [2]int{20000, 22500}},
		"nothing but 16 bits' rounding":    {through(t, bursts(40, 0, 2e-5), 8000), [2]int{}},
		"digital silence":                  {make([]float32, 40*44100), [2]int{}},
	} {
		b := NewBandwidth(44100)
		got, told := 0, 0
		for range 16 { // ten minutes and a little
			for i := 0; i < len(c.x); i += 512 {
				if upTo, known := b.Push(c.x[i:min(i+512, len(c.x))]); known {
					got = upTo
					told++
				}
			}
		}
		if got < c.want[0] || got > c.want[1] || told != min(1, c.want[1]) {
			t.Errorf("%s: up to %d Hz, told %d times; want %v", name, got, told, c.want)
		}
	}
}

func TestBandwidthAllocatesNothing(t *testing.T) {
	b := NewBandwidth(44100)
	x := make([]float32, 44100)
	if n := testing.AllocsPerRun(5, func() { b.Push(x) }); n != 0 {
		t.Errorf("%g allocations a second", n)
	}
}
