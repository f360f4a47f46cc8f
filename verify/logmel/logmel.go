package logmel

import (
	"fmt"
	"math"

	"earshot/internal/spectrum"
)

// The numbers of the front end. YAMNet was trained with these and no others.
const (
	SampleRate   = 16000 // Hz
	FrameSamples = 400   // samples a frame
	HopSamples   = 160   // samples from one frame's start to the next's
	FFTSamples   = 512   // frame with zeros behind it
	Bands        = 64    // mel bands
	PatchFrames  = 96    // frames a patch
	PatchHop     = 48    // frames from one patch's start to the next's

	// PatchLen is the number of values in one patch (frame, band).
	PatchLen = PatchFrames * Bands
	// PatchSamples is the number of samples that one patch covers.
	PatchSamples = (PatchFrames-1)*HopSamples + FrameSamples

	bins   = FFTSamples/2 + 1
	lowHz  = 125
	highHz = 7500
	offset = 0.001
)

// Fingerprint names every number of the front end; a model file carries the same text.
const Fingerprint = `{"bands":64,"fft_samples":512,"fmax_hz":7500,"fmin_hz":125,"frame_samples":400,"hop_samples":160,` +
	`"log":"ln(M+0.001)","mel":"htk","patch_frames":96,"power":"|X|","sample_rate":16000,"version":1,"window":"hann_periodic"}`

// FrontEnd computes log-mel frames. It is a plan: made once, it allocates nothing a frame. One
// goroutine may use it at a time.
type FrontEnd struct {
	plan      *spectrum.Plan
	magnitude []float64     // (bins)
	bank      spectrum.Bank // (Bands)
}

// New plans a front end.
func New() *FrontEnd {
	return &FrontEnd{plan: spectrum.New(FrameSamples, FFTSamples), magnitude: make([]float64, bins), bank: spectrum.NewBank(Weights(), Bands)}
}

// Frame writes to dst (Bands) the log-mel values of the one frame x (FrameSamples). Longer slices are
// used up to these lengths; shorter ones panic. A sample that is no number makes its frame silence.
func (f *FrontEnd) Frame(dst, x []float32) {
	if len(x) < FrameSamples || len(dst) < Bands {
		panic(fmt.Sprintf("logmel: Frame of %d samples into %d values, want %d and %d", len(x), len(dst), FrameSamples, Bands))
	}
	f.plan.Power(f.magnitude, x)
	for k, power := range f.magnitude {
		f.magnitude[k] = math.Sqrt(power)
	}
	for b := range f.bank {
		dst[b] = logOf(f.bank.Energy(b, f.magnitude))
	}
}

// logOf is the logarithm of the network's input; what is no finite number counts as silence.
func logOf(energy float64) float32 {
	if !(energy >= 0 && energy <= math.MaxFloat32) {
		energy = 0
	}
	return float32(math.Log(energy + offset))
}

// Frames is the number of whole frames in n samples.
func Frames(n int) int {
	if n < FrameSamples {
		return 0
	}
	return (n-FrameSamples)/HopSamples + 1
}

// Batch returns the values of all whole frames in x, (frames, Bands), frame-major.
func (f *FrontEnd) Batch(x []float32) []float32 {
	out := make([]float32, Frames(len(x))*Bands)
	f.Fill(out, x)
	return out
}

// Fill is Batch into dst, which is as long as wished: dst (frames, Bands) takes as many whole frames as
// fit, and x must hold them.
func (f *FrontEnd) Fill(dst, x []float32) {
	for t := range len(dst) / Bands {
		f.Frame(dst[t*Bands:(t+1)*Bands], x[t*HopSamples:])
	}
}

// Weights returns W, (257, Bands) row-major: what each bin of the magnitude spectrum counts in each band.
func Weights() []float64 {
	w := make([]float64, bins*Bands)
	low, high := mel(lowHz), mel(highHz)
	step := (high - low) / (Bands + 1)
	for k := 1; k < bins; k++ { // bin 0, the constant part, counts for nothing
		m := mel(float64(k) * SampleRate / FFTSamples)
		for b := range Bands {
			rise := (m - (low + float64(b)*step)) / step
			fall := (low + float64(b+2)*step - m) / step
			w[k*Bands+b] = max(0, min(rise, fall))
		}
	}
	return w
}

// mel is the HTK mel scale.
func mel(hz float64) float64 { return 1127 * math.Log(1+hz/700) }
