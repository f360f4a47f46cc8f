package train

import "math/rand/v2"

// shuffleLabels permutes the labels among the examples.
func shuffleLabels(examples []Example, seed uint64) {
	rand.New(rand.NewPCG(seed, 0x5f)).Shuffle(len(examples), func(i, j int) {
		examples[i].Label, examples[j].Label = examples[j].Label, examples[i].Label
	})
}
