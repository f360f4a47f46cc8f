package testmodel

import "earshot/verify"

// HeadSpec says what a head on the tiny second network looks like:
//
//	softmax_k( Weight_k · level + Bias_k ), none of these: 0
//
// where level is the patch's mean log-mel energy, some −6.9 (silence) to 2.
type HeadSpec struct {
	Labels       []string
	Weight, Bias []float64 // (K)
	Fusions      []verify.Fusion
}

// Head makes it, for [NewEmbedder]'s network.
func (s HeadSpec) Head() *verify.Head {
	k := len(s.Labels) + 1
	weights, bias := make([]float64, k*verify.EmbeddingLen), make([]float64, k)
	mean, deviation := make([]float64, verify.EmbeddingLen), make([]float64, verify.EmbeddingLen)
	for i := range deviation {
		deviation[i] = 1
	}
	for c := range s.Labels {
		bias[c] = s.Bias[c]
		for i := range verify.EmbeddingLen {
			weights[c*verify.EmbeddingLen+i] = s.Weight[c] / verify.EmbeddingLen
		}
	}
	h := verify.NewHead("test", s.Labels, weights, bias, mean, deviation)
	copy(h.Fusions, s.Fusions)
	return h
}

// Text is the head for a model's metadata "verify".
func (s HeadSpec) Text() string {
	text, err := s.Head().Marshal()
	if err != nil {
		panic("testmodel: " + err.Error())
	}
	return string(text)
}

// Level is what the tiny second network does with patches, without a runtime; sounds is 0.
func Level(patches []float32, n int, embedding, _ []float32) error {
	size := len(patches) / n
	for i := range n {
		sum := 0.0
		for _, v := range patches[i*size:][:size] {
			sum += float64(v)
		}
		row := embedding[i*verify.EmbeddingLen:][:verify.EmbeddingLen]
		for j := range row {
			row[j] = float32(sum / float64(size))
		}
	}
	return nil
}
