package verify

import (
	"fmt"

	"earshot/internal/audio"
	"earshot/verify/logmel"
)

// The grid, in samples at 44.1 kHz. 44100/16000 is 441/160, and 48 frames of 160 are a multiple of 160, so
// every block starts on a whole sample at both rates.
const (
	// PatchHop is the distance between the starts of two patches.
	PatchHop = logmel.PatchHop * logmel.HopSamples * 441 / 160
	// PatchSpan is how many samples after its start must have come before a patch can be computed: its
	// sound, and what the resampler's filter looks ahead.
	PatchSpan = PatchHop + blockSpan

	// WindowSpan is how far before the end of a window its patches may start, two or three of them: 2.08 s, the window of
	// 1.5 s and what led up to it.
	WindowSpan = 91728
	// leadSamples before a block are for the resampler's filter, which looks 225 back. It is a whole number
	// of output samples, leadOut, so that a block's outputs have the phases that they have in the stream.
	leadSamples = 441
	leadOut     = 160
	// blockOut is what 48 frames need at 16 kHz; blockSpan, what their outputs look at, at 44.1 kHz.
	blockOut  = (logmel.PatchHop-1)*logmel.HopSamples + logmel.FrameSamples
	blockSpan = 22053
	blockLen  = logmel.PatchHop * logmel.Bands
)

// PatchRange is which patches start at or after sample end−span and are complete before end, at most the last
// MaxPatches of them: first to last, none when last < first.
func PatchRange(end, span int64) (first, last int64) {
	last = floorDiv(end-PatchSpan, PatchHop)
	return max(0, last-MaxPatches+1, -floorDiv(span-end, PatchHop)), last
}

// gridder computes blocks of 48 log-mel frames. Not safe for concurrent use.
type gridder struct {
	resampler *audio.Resampler
	front     *logmel.FrontEnd
	samples   []float32 // (leadSamples + blockSpan), 44.1 kHz
}

func newGridder() *gridder {
	r, err := audio.NewResampler(SampleRate, logmel.SampleRate)
	if err != nil {
		panic("verify: " + err.Error())
	}
	return &gridder{resampler: r, front: logmel.New(), samples: make([]float32, leadSamples+blockSpan)}
}

// block writes to dst (48, 64) the frames of block b, which starts at sample b·PatchHop.
func (g *gridder) block(dst []float32, s *Sound, b int64) (state, uint64) {
	st, epoch := s.read(g.samples, b*PatchHop, leadSamples)
	if st != whole {
		return st, epoch
	}
	g.resampler.Reset()
	y := g.resampler.Process(g.samples)
	if len(y) < leadOut+blockOut {
		panic(fmt.Sprintf("verify: the resampler gives %d samples for a block, want %d", len(y), leadOut+blockOut))
	}
	g.front.Fill(dst[:blockLen], y[leadOut:])
	return whole, epoch
}
