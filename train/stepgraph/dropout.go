package stepgraph

import "math/rand/v2"

// Dropout is dropout of one half: it fills a mask with 0 or 2, each as likely, so that nothing changes when it is over.
func Dropout(mask []float32, rng *rand.Rand) {
	for i := 0; i < len(mask); i += 64 {
		bits := rng.Uint64()
		for j := i; j < min(i+64, len(mask)); j++ {
			mask[j] = float32(bits & 1 * 2)
			bits >>= 1
		}
	}
}
