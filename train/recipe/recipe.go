// Package recipe says everything about learning that is not data or network:
// rates and their schedule, batches, and how windows are varied.
package recipe

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"earshot/train/acrnn"
)

// Augment says how windows are varied; zero values switch each off.
type Augment struct {
	Mix          float64 // probability of between-class mixing (Tokozume et al. 2018), gain-aware
	Splice       float64 // probability that an unmixed window begins as one sound and ends as another (CutMix, Yun et al. 2019, along time)
	Room         float64 // probability of a room's reverberation
	MixupAlpha   float64 // the paper's mixup: Beta(α,α) on windows and labels
	Calm         float64 // last share of the training with mixing lowered to a third
	GainDB       float64 // ± gain
	Stretch      float64 // time scale drawn from [1/(1+s), 1+s], on the spectrogram
	ShiftBands   float64 // ± bands of pitch shift, on the spectrogram (one band is about 0.6 semitone)
	EqualiserDB  float64 // ± smooth random frequency response
	Band         float64 // probability of a band limit, as telephones, cameras and codecs have
	Noise        float64 // probability of added background
	NoiseMinSNR  float64 // dB
	NoiseMaxSNR  float64 // dB
	TimeMask     int     // frames hidden, up to
	BandMask     int     // bands hidden, up to
	RandomWindow bool    // windows start anywhere; otherwise at multiples of half a window
	Waveform     bool    // the paper's: time stretch 0.8–1.3 and pitch shift ±3.5 semitones, as copies of every clip
}

// Without switches off one augmentation by its name, or "all" but the random window.
func (a *Augment) Without(name string) error {
	off := map[string]func(){
		"all": func() { *a = Augment{RandomWindow: a.RandomWindow} }, "mix": func() { a.Mix = 0 }, "mixup": func() { a.MixupAlpha = 0 },
		"gain": func() { a.GainDB = 0 }, "stretch": func() { a.Stretch = 0 }, "shift": func() { a.ShiftBands = 0 },
		"equaliser": func() { a.EqualiserDB = 0 }, "band": func() { a.Band = 0 }, "noise": func() { a.Noise = 0 }, "mask": func() { a.TimeMask, a.BandMask = 0, 0 },
		"random-window": func() { a.RandomWindow = false }, "waveform": func() { a.Waveform = false },
		"splice": func() { a.Splice = 0 }, "room": func() { a.Room = 0 }, "calm": func() { a.Calm = 0 },
	}
	change, ok := off[name]
	if !ok {
		return fmt.Errorf("%q: want one of %s", name, strings.Join(slices.Sorted(maps.Keys(off)), ", "))
	}
	change()
	return nil
}

// Recipe is everything about learning that is not data or network.
type Recipe struct {
	Name        string
	Optimiser   acrnn.Optimiser
	Init        acrnn.Initialisation
	Epochs      int
	Batch       int
	Rate        float64 // peak learning rate
	Schedule    string  // "one-cycle" or "step"
	WarmUp      float64 // one-cycle: share of the steps
	Decay       float64 // weight decay (AdamW) or L2 (SGD)
	Average     float64 // decay of the averaged weights; 0 uses the raw weights
	ClipNorm    float64
	Smoothing   float64 // label smoothing
	AllWindows  bool    // an epoch is every window of every clip, not one a clip
	Background  float64 // share of each batch that is background, when that label is learned
	Mine        float64 // share of these that are hard negatives: background that the network took for something when it was last asked
	Balance     bool    // repeat clips of rare labels, so that labels are drawn about equally often
	TrunkRate   float64 // fine-tuning: factor on the rate of everything below the last layer; 0 means 1
	FreezeTrunk float64 // fine-tuning: first share of the steps with the trunk frozen
	Frozen      int     // going on from a trained network: first convolution layers that stay as they are
	Augment     Augment
}

// Validate reports the first number that cannot work.
func (r Recipe) Validate() error {
	switch {
	case r.Epochs < 1:
		return fmt.Errorf("epochs %d: want at least 1", r.Epochs)
	case r.Batch < 2 || r.Batch > 1024:
		return fmt.Errorf("batch %d: want 2 to 1024", r.Batch)
	case !(r.Rate > 0 && r.Rate < 10):
		return fmt.Errorf("learning rate %g: want over 0 and below 10", r.Rate)
	case r.Schedule != "one-cycle" && r.Schedule != "step":
		return fmt.Errorf("schedule %q: want one-cycle or step", r.Schedule)
	case !(r.Average >= 0 && r.Average < 1):
		return fmt.Errorf("average %g: want 0 (off) to below 1", r.Average)
	case !(r.Smoothing >= 0 && r.Smoothing < 1):
		return fmt.Errorf("label smoothing %g: want 0 to below 1", r.Smoothing)
	case !(r.Decay >= 0 && r.Decay < 10):
		return fmt.Errorf("weight decay %g: want 0 to below 10", r.Decay)
	case !(r.ClipNorm >= 0):
		return fmt.Errorf("gradient clipping %g: want a norm over 0, or 0 for none", r.ClipNorm)
	case !(r.WarmUp >= 0 && r.WarmUp <= 1):
		return fmt.Errorf("warm-up %g: want a share of the steps, 0 to 1", r.WarmUp)
	case r.Frozen < 0:
		return fmt.Errorf("frozen layers %d: want 0 or more", r.Frozen)
	case !(r.Augment.Band >= 0 && r.Augment.Band <= 1):
		return fmt.Errorf("band limits %g: want a probability, 0 to 1", r.Augment.Band)
	case !(r.Background >= 0 && r.Background < 1):
		return fmt.Errorf("share of background %g: want 0 to below 1", r.Background)
	case !(r.Mine >= 0 && r.Mine <= 1):
		return fmt.Errorf("share of hard negatives %g: want 0 to 1", r.Mine)
	}
	return nil
}

// At returns the rates of step (from 0) of steps.
func (r Recipe) At(step, steps int) acrnn.Rate {
	done := float64(step) / float64(max(steps, 1))
	lr := r.Rate
	switch r.Schedule {
	case "step": // ÷10 after every third of the training (the paper's 100 of 300 epochs)
		lr *= math.Pow(0.1, math.Floor(3*done))
	default:
		if done < r.WarmUp {
			lr *= 0.04 + 0.96*done/r.WarmUp
		} else {
			lr *= 0.001 + 0.999*0.5*(1+math.Cos(math.Pi*(done-r.WarmUp)/(1-r.WarmUp)))
		}
	}
	trunk := 1.0
	if r.TrunkRate > 0 {
		trunk = r.TrunkRate
		if done < r.FreezeTrunk {
			trunk = 0
		}
	}
	// The average starts short, so that it forgets the start.
	average := math.Min(r.Average, float64(1+step)/float64(10+step))
	return acrnn.Rate{Learning: lr, Decay: r.Decay, Average: average, Trunk: trunk, Step: step + 1}
}
