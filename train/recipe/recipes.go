package recipe

import (
	"fmt"

	"earshot/train/acrnn"
)

// Default is the recipe that ships.
func Default() Recipe {
	return Recipe{
		Name: "default", Optimiser: acrnn.AdamW, Init: acrnn.HeInit, Epochs: 200, Batch: 32,
		Rate: 1.5e-3, Schedule: "one-cycle", WarmUp: 0.1, Decay: 0.4, Average: 0.999, ClipNorm: 5, Background: 0.04,
		Augment: Augment{Mix: 0.7, Splice: 0.5, Calm: 0.15, Room: 0.35, GainDB: 12, Stretch: 0.25, ShiftBands: 5, EqualiserDB: 4, Band: 0.35,
			Noise: 0.35, NoiseMinSNR: 0, NoiseMaxSNR: 40, TimeMask: 16, BandMask: 12, RandomWindow: true},
	}
}

// Paper is section 4.1 of Zhang et al. 2020 to the letter.
func Paper() Recipe {
	return Recipe{
		Name: "paper", Optimiser: acrnn.SGD, Init: acrnn.PaperInit, Epochs: 300, Batch: 64,
		Rate: 0.01, Schedule: "step", Decay: 1e-4, AllWindows: true,
		Augment: Augment{MixupAlpha: 0.2, Waveform: true},
	}
}

// FineTune is the recipe for adding labels to a trained network: short, gentle
// on the trunk, each label drawn about equally often.
func FineTune() Recipe {
	r := Default()
	r.Name = "finetune"
	r.Epochs, r.Rate, r.WarmUp, r.Average = 8, 6e-4, 0.1, 0.99
	r.TrunkRate, r.FreezeTrunk, r.Balance, r.Decay = 0.15, 0.25, true, 0.02
	r.Augment.Mix = 0.4
	return r
}

// ByName returns a recipe; "" is the default one.
func ByName(name string) (Recipe, error) {
	switch name {
	case "", "default":
		return Default(), nil
	case "paper":
		return Paper(), nil
	case "finetune":
		return FineTune(), nil
	}
	return Recipe{}, fmt.Errorf("recipe %q: want default, paper or finetune", name)
}
