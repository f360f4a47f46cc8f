package verify

import "math"

// Fusion makes one score of both networks' probabilities of a label:
//
//	fused = σ(A·l₁ + B·(l₂ + noise·max(0, l₁ − l₂)) + C),   l = logit(p)
//
// where noise, 0 to 1, is how much of what the second network hears is noise (see [Head.NoiseIn]): noise covers sounds and makes none,
// so it takes away from what the second says against a label, not from what it says for one. Without any it is the logistic
// regression on both networks' evidence, which is exact when each is a calibrated likelihood ratio and the two err independently (J. S. Bridle 1990; N. Brümmer, J. du Preez 2006).
type Fusion struct {
	Candidate float64 `json:"candidate"` // the first network's score from which on the second is asked, 0 to 1
	A         float64 `json:"a"`         // weight of the first network's evidence
	B         float64 `json:"b"`         // weight of the second's
	C         float64 `json:"c"`
	On        float64 `json:"on"`  // the smoothed fused score that switches on, > 0
	Off       float64 `json:"off"` // and off; ≤ On
}

// DefaultFusion is what held-out clips and hours of other sound gave (docs/results.md): both networks count alike (the second's
// own names count in its word), and the second is asked early enough to speak up for what the first all but missed.
var DefaultFusion = Fusion{Candidate: 0.01, A: 0.4, B: 0.4, On: 0.5, Off: 0.3}

// LeastOn is the lowest fused score that is an alarm: what false events cost further down is not known well enough.
const LeastOn = 0.3

// logitLimit bounds the evidence of one network: beyond it a probability says more of rounding than of sound.
const logitLimit = 12

// Fuse returns the fused score of two probabilities; noise is how much of what the second network hears is noise, 0 to 1. What is no
// number counts as no evidence against: the first network's score stands.
func (f Fusion) Fuse(first, second, noise float64) float64 {
	if math.IsNaN(first) || math.IsNaN(second) || math.IsNaN(noise) {
		return first
	}
	a, b := Logit(first), Logit(second)
	return sigmoid(f.A*a + f.B*(b+noise*max(0, a-b)) + f.C)
}

// Score is what goes to the smoothing for a window: below the candidate the second network is not asked, and the first
// one's score stands.
func (f Fusion) Score(first, second, noise float32) float32 {
	if float64(first) < f.Candidate {
		return first
	}
	return float32(f.Fuse(float64(first), float64(second), float64(noise)))
}

// Logit is ln(p/(1−p)), held to ±12.
func Logit(p float64) float64 {
	return min(max(math.Log(p)-math.Log1p(-p), -logitLimit), logitLimit)
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// valid says whether f can be used.
func (f Fusion) valid() bool {
	for _, v := range []float64{f.A, f.B, f.C} {
		if math.IsNaN(v) || math.Abs(v) > 1000 {
			return false
		}
	}
	return f.Candidate >= 0 && f.Candidate <= 1 && f.Off > 0 && f.Off <= f.On && f.On <= 1
}
