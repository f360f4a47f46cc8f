package piczak

import (
	"fmt"
	"math"

	"earshot/internal/spectrum"
)

// The numbers of the front end.
const (
	SampleRate     = 22050
	FFTSamples     = 1024                      // a frame
	HopSamples     = 512                       // from one frame's middle to the next's
	Bands          = 60                        // mel, 0 to 11 025 Hz
	Frames         = 41                        // of a segment
	SegmentSamples = (Frames - 1) * HopSamples // 20 480, 0.93 s: the middles of its first and last frame are its ends
	SegmentHop     = SegmentSamples / 2        // from one segment's start to the next's
	SegmentLen     = Frames * Bands            // values of a segment's decibels
	smallestPower  = 1e-10                     // before the logarithm
	rangeDB        = 80                        // under the loudest of a segment nothing counts
	silentDB       = -70                       // mean of a segment that is silent
	deltaWidth     = 4                         // frames to each side
	spectrumBins   = FFTSamples/2 + 1
)

// FrontEnd computes segments. It is a plan: made once, it allocates nothing a segment. One goroutine may use it at a time.
type FrontEnd struct {
	plan   *spectrum.Plan
	bank   spectrum.Bank // (Bands)
	padded []float32     // (SegmentSamples + FFTSamples) mirrored at both ends
	power  []float64     // (spectrumBins)
}

// NewFrontEnd plans one.
func NewFrontEnd() *FrontEnd {
	return &FrontEnd{plan: spectrum.New(FFTSamples, FFTSamples), bank: spectrum.NewBank(melWeights(), Bands),
		padded: make([]float32, SegmentSamples+FFTSamples), power: make([]float64, spectrumBins)}
}

// Segment writes to dst (Frames, Bands) the decibels of the segment x (SegmentSamples), frame-major, and returns their mean.
// Other lengths panic.
func (f *FrontEnd) Segment(dst, x []float32) (mean float64) {
	if len(x) != SegmentSamples || len(dst) != SegmentLen {
		panic(fmt.Sprintf("piczak: Segment of %d samples into %d values, want %d and %d", len(x), len(dst), SegmentSamples, SegmentLen))
	}
	const half = FFTSamples / 2
	copy(f.padded[half:], x)
	for i := 1; i <= half; i++ {
		f.padded[half-i] = x[i]
		f.padded[half+SegmentSamples-1+i] = x[SegmentSamples-1-i]
	}
	loudest := math.Inf(-1)
	for t := range Frames {
		f.plan.Power(f.power, f.padded[t*HopSamples:])
		for b := range Bands {
			db := 10 * math.Log10(math.Max(f.bank.Energy(b, f.power), smallestPower))
			loudest = math.Max(loudest, db)
			dst[t*Bands+b] = float32(db)
		}
	}
	floor := float32(loudest - rangeDB)
	for i, v := range dst {
		dst[i] = max(v, floor)
		mean += float64(dst[i]) / SegmentLen
	}
	return mean
}

// deltas writes to dst, rows of stride values of which Bands are written, the slope of x (Frames, Bands) in each band.
func deltas(dst, x []float32, stride int) {
	for t := range Frames {
		row := dst[t*stride : t*stride+Bands]
		clear(row)
		for k := 1; k <= deltaWidth; k++ {
			after, before := x[min(t+k, Frames-1)*Bands:], x[max(t-k, 0)*Bands:]
			for b := range row {
				row[b] += float32(k) * (after[b] - before[b])
			}
		}
	}
}

// melWeights returns (spectrumBins, Bands) row-major: triangles on Slaney's mel scale between edges that are evenly spaced on it, linear in
// Hz, each of area 1 (M. Slaney, "Auditory Toolbox", 1998; librosa's filters.mel).
func melWeights() []float64 {
	top := hzToMel(SampleRate / 2)
	edge := make([]float64, Bands+2) // Hz
	for i := range edge {
		edge[i] = melToHz(top * float64(i) / (Bands + 1))
	}
	w := make([]float64, spectrumBins*Bands)
	for k := range spectrumBins {
		hz := float64(k) * SampleRate / FFTSamples
		for b := range Bands {
			rise := (hz - edge[b]) / (edge[b+1] - edge[b])
			fall := (edge[b+2] - hz) / (edge[b+2] - edge[b+1])
			w[k*Bands+b] = max(0, min(rise, fall)) * 2 / (edge[b+2] - edge[b])
		}
	}
	return w
}

// Slaney's mel scale: 3 mel every 200 Hz up to 1000 Hz, above 27 for each factor of 6.4.
const (
	melPerHz  = 3.0 / 200
	bendHz    = 1000
	bendMel   = bendHz * melPerHz
	melFactor = 27
)

func hzToMel(hz float64) float64 {
	if hz < bendHz {
		return hz * melPerHz
	}
	return bendMel + melFactor*math.Log(hz/bendHz)/math.Log(6.4)
}

func melToHz(mel float64) float64 {
	if mel < bendMel {
		return mel / melPerHz
	}
	return bendHz * math.Pow(6.4, (mel-bendMel)/melFactor)
}
