package train

import (
	"math"

	"earshot/gammatone"
)

// Norm is the training set's mean and standard deviation by channel
// (0 log-gammatone in dB, 1 delta in dB a frame).
type Norm struct {
	Mean, Std [2]float32
}

// Apply normalises a window (2,128,128) in place.
func (n Norm) Apply(x []float32) {
	plane := len(x) / 2
	for c := range 2 {
		mean, inv := n.Mean[c], 1/n.Std[c]
		for i := c * plane; i < (c+1)*plane; i++ {
			x[i] = (x[i] - mean) * inv
		}
	}
}

// Undo takes Apply back.
func (n Norm) Undo(x []float32) {
	plane := len(x) / 2
	for c := range 2 {
		for i := c * plane; i < (c+1)*plane; i++ {
			x[i] = x[i]*n.Std[c] + n.Mean[c]
		}
	}
}

// FitNorm measures Norm over the half-overlapping windows of clips that are not digital silence.
func FitNorm(examples []Example, front gammatone.Config) Norm {
	var sum, square [2]float64
	var count float64
	x := make([]float32, WindowLen)
	log := make([]float32, Bands*Frames)
	for _, e := range examples {
		for _, start := range Starts(e.Clip, Frames/2) {
			Cut(x, log, e.Clip, start, front)
			for c := range 2 {
				for _, v := range x[c*len(x)/2 : (c+1)*len(x)/2] {
					sum[c] += float64(v)
					square[c] += float64(v) * float64(v)
				}
			}
			count += float64(len(x) / 2)
		}
	}
	var n Norm
	for c := range 2 {
		mean := sum[c] / count
		n.Mean[c] = float32(mean)
		n.Std[c] = float32(math.Max(1e-3, math.Sqrt(square[c]/count-mean*mean)))
	}
	return n
}
