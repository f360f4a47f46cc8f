package gammatone

import (
	"fmt"

	"github.com/tphakala/simd/f32"
)

// FrontEnd computes gammatone energies. It is a plan: made once, it allocates nothing a
// frame. One goroutine may use it at a time; make one for each.
type FrontEnd struct {
	c        Config
	spectrum *spectrum
	power    []float32 // (stride) |X|², zero beyond the bins
	w2       []float32 // (bands, stride) W∘W, zero beyond the bins
	stride   int       // bins rounded up to whole vectors
}

// vectorFloats is a multiple of the widest vector that the dot product works with, four
// registers of sixteen float32, so that no row ends in a scalar rest.
const vectorFloats = 64

// NewFrontEnd plans a front end. It panics if c is not valid ([Config.Validate]).
func NewFrontEnd(c Config) *FrontEnd {
	w := Weights(c)
	bins := c.Bins()
	stride := (bins + vectorFloats - 1) / vectorFloats * vectorFloats
	f := &FrontEnd{
		c:        c,
		spectrum: newSpectrum(c.FrameSamples),
		power:    make([]float32, stride),
		w2:       make([]float32, c.Bands*stride),
		stride:   stride,
	}
	for i := range c.Bands {
		for k := range bins {
			f.w2[i*stride+k] = float32(w[i*bins+k] * w[i*bins+k])
		}
	}
	return f
}

// Config returns the numbers that the front end was made with.
func (f *FrontEnd) Config() Config { return f.c }

// Energies writes to dst (Bands) the energies of the one frame x (FrameSamples), linear,
// before floor and logarithm, and returns Bands. Longer slices are used up to these
// lengths; shorter ones panic.
func (f *FrontEnd) Energies(dst, x []float32) int {
	if len(x) < f.c.FrameSamples || len(dst) < f.c.Bands {
		panic(fmt.Sprintf("gammatone: Energies with %d samples and room for %d bands, want %d and %d",
			len(x), len(dst), f.c.FrameSamples, f.c.Bands))
	}
	f.spectrum.power(f.power, x)
	for i := range f.c.Bands {
		dst[i] = f32.DotProduct(f.w2[i*f.stride:(i+1)*f.stride], f.power)
	}
	return f.c.Bands
}

// BatchEnergies returns the linear energies, (frames, Bands) frame-major, of all whole
// frames in x. Fewer samples than one frame give an empty slice.
func (f *FrontEnd) BatchEnergies(x []float32) []float32 {
	frames := f.c.Frames(len(x))
	out := make([]float32, frames*f.c.Bands)
	for t := range frames {
		f.Energies(out[t*f.c.Bands:(t+1)*f.c.Bands], x[t*f.c.HopSamples:])
	}
	return out
}

// BatchLog returns the log energies in dB, (frames, Bands) frame-major, of all whole
// frames in x, floored at the configured floor.
func (f *FrontEnd) BatchLog(x []float32) []float32 {
	e := f.BatchEnergies(x)
	LogFloor(e, e, f.c.Floor)
	return e
}
