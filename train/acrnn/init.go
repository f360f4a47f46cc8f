package acrnn

import (
	"math"
	"math/rand/v2"
	"strings"
)

// Initialisation names how weights start.
type Initialisation string

// The ways to start: the paper's N(0, 0.05), or He for convolutions and
// 1/√H uniform for the GRU layers (the default recipe).
const (
	PaperInit Initialisation = "paper"
	HeInit    Initialisation = "he"
)

// InitWeights fills a flat parameter vector. γ starts at 1, biases and β at 0.
func InitWeights(a Arch, how Initialisation, rng *rand.Rand) []float32 {
	flat := make([]float32, 0, a.Size())
	for _, p := range a.Params() {
		draw := drawer(a, p, how, rng)
		for range p.Size() {
			flat = append(flat, float32(draw()))
		}
	}
	return flat
}

func drawer(a Arch, p Param, how Initialisation, rng *rand.Rand) func() float64 {
	switch {
	case strings.HasSuffix(p.Name, ".gamma"):
		return func() float64 { return 1 }
	case !p.Decay:
		return func() float64 { return 0 }
	case how == PaperInit:
		return func() float64 { return 0.05 * rng.NormFloat64() }
	case len(p.Shape) == 4: // convolution: He, fan-in
		std := math.Sqrt(2 / float64(p.Shape[1]*p.Shape[2]*p.Shape[3]))
		return func() float64 { return std * rng.NormFloat64() }
	case len(p.Shape) == 3: // GRU
		k := 1 / math.Sqrt(float64(a.Hidden))
		if strings.HasSuffix(p.Name, ".w") {
			k = math.Sqrt(3 / float64(p.Shape[2]))
		}
		return func() float64 { return k * (2*rng.Float64() - 1) }
	}
	std := 1 / math.Sqrt(float64(p.Shape[0]))
	return func() float64 { return std * rng.NormFloat64() }
}
