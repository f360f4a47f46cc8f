package trainer

import (
	"errors"

	"earshot/train"
	"earshot/train/acrnn"
)

// Wrong tells of each of the windows of background what probability a network gives to anything but background.
type Wrong func(acrnn.Weights, []train.Place) ([]float32, error)

// mineEpochs is how many epochs are learned between two rounds of looking for hard negatives.
const mineEpochs = 2

// ErrNothingToMine is returned for hard negatives without a background label, or without anyone to say what the network makes of it.
var ErrNothingToMine = errors.New("hard negatives are windows of background that the network takes for something, and background is not learned here; leave out --mine or --no-background")

// mines tells whether a round of looking for hard negatives belongs before the next step. A network that starts at random is wrong about
// everything, so its first is after two epochs.
func (t *trainer) mines() bool {
	if t.cfg.Recipe.Mine == 0 || t.step >= t.steps || t.minedAt == t.step {
		return false
	}
	return t.step%(mineEpochs*t.sampler.StepsPerEpoch()) == 0 && (t.step > 0 || t.cfg.Init != nil)
}

// mine asks the network, with its averaged weights, about windows of background, and lets the sampler draw what it is wrong about.
func (t *trainer) mine() error {
	w, err := t.finalWeights()
	if err != nil {
		return err
	}
	asked, fresh := t.sampler.Round(t.step)
	wrong, err := t.cfg.Wrong(w, t.sampler.Places(asked))
	if err != nil {
		return err
	}
	t.mined = &train.Mined{Asked: fresh}
	for i := range asked {
		if asked[i].Wrong = wrong[i]; i < fresh && asked[i].Hard() {
			t.mined.Wrong++
		}
	}
	t.sampler.Keep(asked)
	t.mined.Hard, t.minedAt = len(t.sampler.Hard()), t.step
	return nil
}
