package train

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"earshot/gammatone"
	"earshot/infer"
	"earshot/internal/test/testruntime"
	"earshot/train/acrnn"
	"earshot/train/features"
)

func TestMain(m *testing.M) {
	testruntime.MustLoad()
	if name := os.Getenv(childVariable); name != "" {
		os.Exit(trainInChild(name))
	}
	os.Exit(m.Run())
}

// toneClip is a sound whose label can be heard: bursts in a place of the spectrum that the
// label sets, over a floor of noise. Energies are (frames,128).
func toneClip(label, frames int, rng *rand.Rand) *features.Clip {
	c := &features.Clip{Frames: frames, Samples: frames * 512, Energies: make([]float32, frames*bands), Silent: make([]bool, frames)}
	center, phase := float64(10+14*label)+2*rng.Float64(), rng.IntN(20)
	level := math.Pow(10, rng.Float64())
	for t := range frames {
		burst := 0.0
		if (t+phase)%20 < 10 {
			burst = level
		}
		for k := range bands {
			d := (float64(k) - center) / 2
			c.Energies[t*bands+k] = float32(burst*math.Exp(-d*d/2) + 1e-4*(1+rng.Float64()))
		}
	}
	return c
}

// silentClip is digital silence.
func silentClip(frames int) *features.Clip {
	c := &features.Clip{Frames: frames, Samples: frames * 512, Energies: make([]float32, frames*bands), Silent: make([]bool, frames)}
	for i := range c.Silent {
		c.Silent[i] = true
	}
	return c
}

// noiseClip is steady noise of energy level in every band.
func noiseClip(frames int, level float64, rng *rand.Rand) *features.Clip {
	c := silentClip(frames)
	clear(c.Silent)
	for i := range c.Energies {
		c.Energies[i] = float32(level * (0.5 + rng.Float64()))
	}
	return c
}

// toneData is clips of each of labels, as many to learn from as to test on.
func toneData(labels, clips int, seed uint64) *Data {
	rng := rand.New(rand.NewPCG(seed, 99))
	d := &Data{Background: -1, Digest: fmt.Sprint("tones ", labels, clips, seed)}
	for l := range labels {
		d.Labels = append(d.Labels, fmt.Sprint("tone_", l))
	}
	for i := range labels * clips {
		d.Train = append(d.Train, Example{Clip: toneClip(i%labels, 160, rng), Label: i % labels, Name: fmt.Sprint(i)})
		d.Test = append(d.Test, Example{Clip: toneClip(i%labels, 160, rng), Label: i % labels, Name: fmt.Sprint("held ", i)})
	}
	return d
}

// tinyArch is the narrowest network for the real window.
func tinyArch(t testing.TB, classes int) acrnn.Arch {
	t.Helper()
	a, err := acrnn.New(classes, 0.125, acrnn.Attention{Layer: 10})
	if err != nil {
		t.Fatal(err)
	}
	a.Hidden = 16
	return a
}

// oneThread is best for networks this small: a second thread would only wait.
var oneThread = infer.GraphOptions{Threads: 1}

const toneLabels, toneClips = 4, 8

// tones is a network that has learned from clips of tones.
type tones struct {
	arch   acrnn.Arch
	data   *Data
	result *Result
}

func learnTones(t testing.TB, d *Data, epochs int) *tones {
	t.Helper()
	a := tinyArch(t, toneLabels)
	r, err := Run(context.Background(), d, Config{Arch: a, Recipe: plainRecipe(epochs, 16), Seed: 2, Floor: DefaultFloor, Block: -1, Graph: oneThread})
	if err != nil {
		t.Fatal(err)
	}
	return &tones{a, d, r}
}

var learnedOnce *tones

var quantOnce acrnn.Quantisation

// learnedQuant are the spans of learnedTones's activations.
func learnedQuant(t testing.TB) acrnn.Quantisation {
	t.Helper()
	if quantOnce == nil {
		n := learnedTones(t)
		var err error
		if quantOnce, err = Calibrate(context.Background(), n.arch, n.result.Weights, testFront(), n.data.Train, 1, 1); err != nil {
			t.Fatal(err)
		}
	}
	return quantOnce
}

// learnedTones is one such network for all tests that want one.
func learnedTones(t testing.TB) *tones {
	t.Helper()
	if learnedOnce == nil {
		learnedOnce = learnTones(t, toneData(toneLabels, toneClips, 4), 24)
	}
	return learnedOnce
}

// plainRecipe learns fast and varies nothing.
func plainRecipe(epochs, batch int) Recipe {
	r := Default()
	r.Epochs, r.Batch, r.Rate, r.Decay, r.Augment = epochs, batch, 4e-3, 0, Augment{RandomWindow: true}
	r.Average = 0.9
	return r
}

func testFront() gammatone.Config {
	f := gammatone.Default()
	f.Floor = DefaultFloor
	return f
}
