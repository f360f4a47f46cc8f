package train

import (
	"math"

	"earshot/gammatone"
	"earshot/train/features"
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

// fitNorm measures Norm over the half-overlapping windows of clips that are not digital silence.
func fitNorm(items []item, front gammatone.Config) Norm {
	var sum, square [2]float64
	var count float64
	x := make([]float32, 2*bands*windowFrames)
	log := make([]float32, bands*windowFrames)
	for _, it := range items {
		for _, start := range windowStarts(it.clip, windowFrames/2) {
			cutWindow(x, log, it.clip, start, front)
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

// cutWindow writes the un-normalised window of c at start to dst; frames past
// the clip's end are digital silence. log is scratch, (128,128).
func cutWindow(dst, log []float32, c *features.Clip, start int, front gammatone.Config) {
	have := min(max(c.Frames-start, 0), windowFrames)
	clear(log)
	copy(log, c.Energies[start*bands:(start+have)*bands])
	gammatone.LogFloor(log, log, front.Floor)
	front.FillWindow(dst, log)
}
