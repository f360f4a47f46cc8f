// Package tones makes training data that can be heard in numbers alone, without a
// sound file: bursts in a place of the spectrum that the label sets. For tests.
package tones

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"earshot/gammatone"
	"earshot/train"
	"earshot/train/acrnn"
	"earshot/train/features"
	"earshot/train/recipe"
)

// Clip is a sound whose label can be heard: bursts in a place of the spectrum that the
// label sets, over a floor of noise. Energies are (frames,128).
func Clip(label, frames int, rng *rand.Rand) *features.Clip {
	c := &features.Clip{Frames: frames, Samples: frames * 512, Energies: make([]float32, frames*train.Bands), Silent: make([]bool, frames)}
	center, phase := float64(10+14*label)+2*rng.Float64(), rng.IntN(20)
	level := math.Pow(10, rng.Float64())
	for t := range frames {
		burst := 0.0
		if (t+phase)%20 < 10 {
			burst = level
		}
		for k := range train.Bands {
			d := (float64(k) - center) / 2
			c.Energies[t*train.Bands+k] = float32(burst*math.Exp(-d*d/2) + 1e-4*(1+rng.Float64()))
		}
	}
	return c
}

// Silent is digital silence.
func Silent(frames int) *features.Clip {
	c := &features.Clip{Frames: frames, Samples: frames * 512, Energies: make([]float32, frames*train.Bands), Silent: make([]bool, frames)}
	for i := range c.Silent {
		c.Silent[i] = true
	}
	return c
}

// Noise is steady noise of energy level in every band.
func Noise(frames int, level float64, rng *rand.Rand) *features.Clip {
	c := Silent(frames)
	clear(c.Silent)
	for i := range c.Energies {
		c.Energies[i] = float32(level * (0.5 + rng.Float64()))
	}
	return c
}

// Quiet is two clips of background.
func Quiet() []*features.Clip {
	rng := rand.New(rand.NewPCG(3, 3))
	return []*features.Clip{Noise(200, 1e-3, rng), Noise(140, 1e-2, rng)}
}

// Data is clips of each of labels, as many to learn from as to test on.
func Data(labels, clips int, seed uint64) *train.Data {
	rng := rand.New(rand.NewPCG(seed, 99))
	d := &train.Data{Background: -1, Digest: fmt.Sprint("tones ", labels, clips, seed)}
	for l := range labels {
		d.Labels = append(d.Labels, fmt.Sprint("tone_", l))
	}
	for i := range labels * clips {
		d.Train = append(d.Train, train.Example{Clip: Clip(i%labels, 160, rng), Label: i % labels, Name: fmt.Sprint(i)})
		d.Test = append(d.Test, train.Example{Clip: Clip(i%labels, 160, rng), Label: i % labels, Name: fmt.Sprint("held ", i)})
	}
	return d
}

// Arch is the narrowest network for the real window.
func Arch(t testing.TB, classes int) acrnn.Arch {
	t.Helper()
	a, err := acrnn.New(classes, 0.125, acrnn.Attention{Layer: 10})
	if err != nil {
		t.Fatal(err)
	}
	a.Hidden = 16
	return a
}

// Recipe learns fast and varies nothing.
func Recipe(epochs, batch int) recipe.Recipe {
	r := recipe.Default()
	r.Epochs, r.Batch, r.Rate, r.Decay, r.Augment = epochs, batch, 4e-3, 0, recipe.Augment{RandomWindow: true}
	r.Average = 0.9
	return r
}

func Front() gammatone.Config {
	f := gammatone.Default()
	f.Floor = train.DefaultFloor
	return f
}

// Weights are random ones, as of a network that has learned nothing.
func Weights(a acrnn.Arch, seed uint64) acrnn.Weights {
	w := acrnn.Weights{Flat: acrnn.InitWeights(a, acrnn.HeInit, rand.New(rand.NewPCG(seed, 1))), Means: make([]float32, a.StatSize()),
		Vars: make([]float32, a.StatSize()), Mean: [2]float32{-30, 0}, Std: [2]float32{15, 2}}
	for i := range w.Vars {
		w.Vars[i] = 1
	}
	return w
}

// Apart is the largest difference between two lists' values.
func Apart(a, b []float32) (d float64) {
	for i := range a {
		d = math.Max(d, math.Abs(float64(a[i]-b[i])))
	}
	return d
}
