package acrnn

import "math"

// Named returns views of a flat parameter vector by parameter name.
func (a Arch) Named(flat []float32) map[string][]float32 {
	m := map[string][]float32{}
	for _, p := range a.Params() {
		m[p.Name], flat = flat[:p.Size():p.Size()], flat[p.Size():]
	}
	return m
}

// Unfold recovers filters from ones that batch norm was folded into: the
// inverse of what [InferenceGraph] does. A filter with γ = 0 stays zero.
func Unfold(w, folded, gamma, variance []float32) {
	per := len(w) / len(gamma)
	for o, g := range gamma {
		s := 0.0
		if g != 0 {
			s = math.Sqrt(float64(variance[o])+bnEpsilon) / float64(g)
		}
		for k := range per {
			w[o*per+k] = float32(float64(folded[o*per+k]) * s)
		}
	}
}

// SplitGRUBias cuts the ONNX GRU operator's bias (2,6H) into input and recurrent biases (2,3H).
func SplitGRUBias(wb, rb, both []float32) {
	h := len(wb) / 2
	for d := range 2 {
		copy(wb[d*h:(d+1)*h], both[d*2*h:])
		copy(rb[d*h:(d+1)*h], both[d*2*h+h:])
	}
}
