package corpus

import (
	"math/rand/v2"

	"earshot/train"
)

// ShuffleLabels permutes the labels among the examples.
func ShuffleLabels(examples []train.Example, seed uint64) {
	rand.New(rand.NewPCG(seed, 0x5f)).Shuffle(len(examples), func(i, j int) {
		examples[i].Label, examples[j].Label = examples[j].Label, examples[i].Label
	})
}
