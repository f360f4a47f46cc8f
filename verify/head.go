package verify

import (
	"fmt"
	"math"

	"github.com/tphakala/simd/f32"
)

// Head turns an embedding into probabilities of labels: a softmax over K labels and "none of these". It is
// read-only once made, so many goroutines may use it.
//
//	p = softmax(W·e + b),  e (1024) as the second network gives it; the standardisation is folded into W and b
type Head struct {
	Embedder string    // name of the second network whose embedding it reads
	Labels   []string  // (K) ids
	Weights  []float32 // (K+1, 1024) row-major; row K is none of these
	Bias     []float32 // (K+1)
	Fusions  []Fusion  // (K)
	Sounds   [][]int   // (K) which of AudioSet's sounds are a label's, see Hear; nil: the head's word alone
	Noise    []int     // which of AudioSet's sounds are noise, see NoiseIn; nil: the second network is always heard
	Curve    *Curve    // what thresholds cost; nil: not known
}

// Classes is K+1, the length of what Apply gives.
func (h *Head) Classes() int { return len(h.Labels) + 1 }

// Apply writes to dst (K+1) the probabilities of one embedding (1024); the last is that of none of these.
func (h *Head) Apply(dst, embedding []float32) {
	if len(dst) != h.Classes() || len(embedding) != EmbeddingLen {
		panic(fmt.Sprintf("verify: Apply of %d values into %d, want %d and %d", len(embedding), len(dst), EmbeddingLen, h.Classes()))
	}
	for c := range dst {
		dst[c] = h.logit(c, embedding)
	}
	softmax(dst)
}

func (h *Head) logit(class int, embedding []float32) float32 {
	return f32.DotProduct(h.Weights[class*EmbeddingLen:(class+1)*EmbeddingLen], embedding) + h.Bias[class]
}

// LogSum is ln Σ exp of the logits of an embedding (1024): what a further class's logit would stand against.
func (h *Head) LogSum(embedding []float32) float64 {
	most, sum := math.Inf(-1), 0.0
	for c := range h.Classes() {
		z := float64(h.logit(c, embedding))
		if z > most {
			sum, most = sum*math.Exp(most-z), z
		}
		sum += math.Exp(z - most)
	}
	return most + math.Log(sum)
}

// softmax turns logits into probabilities, in place.
func softmax(x []float32) {
	most := x[0]
	for _, v := range x {
		most = max(most, v)
	}
	sum := 0.0
	for i, v := range x {
		e := math.Exp(float64(v - most))
		sum += e
		x[i] = float32(e)
	}
	for i := range x {
		x[i] = float32(float64(x[i]) / sum)
	}
}

// Mean writes to dst (K+1) the mean of what Hear gives each class for the patches, 0 when there is no patch: one
// patch that is taken for something else does not decide. scratch (K+1) is overwritten.
func (h *Head) Mean(dst, scratch []float32, patches []Patch) {
	clear(dst)
	for i := range patches {
		h.Hear(scratch, patches[i].Embedding, patches[i].AudioSet)
		for c, p := range scratch {
			dst[c] += p / float32(len(patches))
		}
	}
}

// Index returns the index of a label, or −1 when the head does not know it.
func (h *Head) Index(label string) int {
	for i, l := range h.Labels {
		if l == label {
			return i
		}
	}
	return -1
}

// NewHead folds a standardisation into a solution found on standardised embeddings:
//
//	W·((e − mean)/deviation) + b = (W/deviation)·e + (b − Σ W·mean/deviation)
//
// weights (K+1, 1024), bias (K+1), mean and deviation (1024), deviation > 0. The fusions start as
// [DefaultFusion].
func NewHead(embedder string, labels []string, weights, bias, mean, deviation []float64) *Head {
	classes := len(labels) + 1
	if len(weights) != classes*EmbeddingLen || len(bias) != classes || len(mean) != EmbeddingLen || len(deviation) != EmbeddingLen {
		panic(fmt.Sprintf("verify: NewHead for %d labels with %d weights, %d biases, %d means, %d deviations",
			len(labels), len(weights), len(bias), len(mean), len(deviation)))
	}
	h := &Head{Embedder: embedder, Labels: labels, Weights: make([]float32, len(weights)), Bias: make([]float32, classes)}
	for c := range classes {
		b := bias[c]
		for i := range EmbeddingLen {
			w := weights[c*EmbeddingLen+i] / deviation[i]
			h.Weights[c*EmbeddingLen+i] = float32(w)
			b -= w * mean[i]
		}
		h.Bias[c] = float32(b)
	}
	for range labels {
		h.Fusions = append(h.Fusions, DefaultFusion)
	}
	return h
}
