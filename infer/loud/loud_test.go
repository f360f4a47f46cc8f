package loud

import (
	"math"
	"math/rand/v2"
	"testing"

	"earshot/gammatone"
)

// room is an evening: what its frames hold at a time, dB.
func room(seconds float64, level func(at float64) float64) (scores []float64) {
	c := gammatone.Default()
	d, rng := New(c), rand.New(rand.NewPCG(1, 2))
	frame := float64(c.HopSamples) / float64(c.SampleRate)
	energies := make([]float32, c.Bands)
	for i := range int(seconds / frame) {
		power := math.Pow(10, level(float64(i)*frame)/10) / float64(len(energies))
		for k := range energies {
			energies[k] = float32(power * rng.ExpFloat64())
		}
		if d.Frame(energies); i%64 == 63 {
			scores = append(scores, float64(d.Score()))
		}
	}
	return scores
}

// at is the score that was told of a time in seconds.
func at(scores []float64, seconds float64) float64 { return scores[int(seconds/0.743)] }

func TestLoud(t *testing.T) {
	for name, c := range map[string]struct {
		level func(at float64) float64
		when  float64
		least float64
		most  float64
	}{
		"the room":             {func(float64) float64 { return -50 }, 20, 0, 0.1},
		"a bang":               {func(at float64) float64 { return -50 + 30*step(at, 20, 20.3) }, 20, 0.6, 0.8},
		"a murmur":             {func(at float64) float64 { return -50 + 10*step(at, 20, 25) }, 22, 0.15, 0.3},
		"before it knows":      {func(at float64) float64 { return -50 + 30*step(at, 0.5, 1) }, 0.5, 0, 0},
		"a fan, a minute on":   {func(at float64) float64 { return -50 + 25*step(at, 10, 200) }, 75, 0, 0.1},
		"off again":            {func(at float64) float64 { return -50 + 25*step(at, 10, 80) + 30*step(at, 90, 91) }, 90, 0.6, 0.9},
		"digital silence ends": {func(at float64) float64 { return -150 + 60*step(at, 20, 30) }, 22, 0, 0.1},
	} {
		if got := at(room(c.when+5, c.level), c.when); got < c.least || got > c.most {
			t.Errorf("%s: %.2f, want %.2f to %.2f", name, got, c.least, c.most)
		}
	}
}

func step(at, from, to float64) float64 {
	if at >= from && at < to {
		return 1
	}
	return 0
}

func TestAllocatesNothing(t *testing.T) {
	d, e := New(gammatone.Default()), make([]float32, 128)
	if n := testing.AllocsPerRun(100, func() { d.Frame(e); d.Score() }); n != 0 {
		t.Errorf("%g allocations a frame", n)
	}
}
