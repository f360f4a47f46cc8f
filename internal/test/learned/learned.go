// Package learned is one small network that has learned tones, for tests of what is done with finished ones.
package learned

import (
	"context"
	"testing"

	"earshot/infer"
	"earshot/internal/test/tones"
	"earshot/train"
	"earshot/train/acrnn"
	"earshot/train/trainer"
)

// Labels and Clips are how many labels it knows and how many clips of each it learned from.
const Labels, Clips = 4, 8

// Network is a network that has learned.
type Network struct {
	Arch    acrnn.Arch
	Data    *train.Data
	Weights acrnn.Weights
}

var once *Network

// Tones is one such network for all tests of a package.
func Tones(t testing.TB) *Network {
	t.Helper()
	if once == nil {
		n := &Network{Arch: tones.Arch(t, Labels), Data: tones.Data(Labels, Clips, 4)}
		r, err := trainer.Run(context.Background(), n.Data, trainer.Config{Arch: n.Arch, Recipe: tones.Recipe(24, 16), Seed: 2,
			Floor: train.DefaultFloor, Block: -1, Graph: infer.GraphOptions{Threads: 1}})
		if err != nil {
			t.Fatal(err)
		}
		n.Weights = r.Weights
		once = n
	}
	return once
}
