package gammatone

import (
	"errors"
	"fmt"
	"math"
)

// Config holds every number of the front end that may differ between models.
type Config struct {
	SampleRate   int     // Hz
	FrameSamples int     // samples a frame = FFT length; even
	HopSamples   int     // samples from one frame's start to the next's
	Bands        int     // gammatone filters
	WindowFrames int     // frames a window
	DeltaWidth   int     // frames the delta looks at, odd, ≥ 3
	FMinHz       float64 // centre frequency of band 0
	FMaxHz       float64 // upper end of the ERB scale; the last band lies just below it
	Width        float64 // factor on the filters' bandwidth
	Floor        float64 // smallest energy, before the logarithm; > 0
}

// Default is the front end of docs/design.md with the floor of the golden reference.
func Default() Config {
	return Config{
		SampleRate:   44100,
		FrameSamples: 1024,
		HopSamples:   512,
		Bands:        128,
		WindowFrames: 128,
		DeltaWidth:   9,
		FMinHz:       50,
		FMaxHz:       22050,
		Width:        1,
		Floor:        1e-10,
	}
}

// Bins is the number of FFT bins from 0 Hz to half the sample rate, both included.
func (c Config) Bins() int { return c.FrameSamples/2 + 1 }

// WindowSamples is the number of samples that one window covers.
func (c Config) WindowSamples() int { return (c.WindowFrames-1)*c.HopSamples + c.FrameSamples }

// WindowLen is the number of values in one window: 2 channels × bands × frames.
func (c Config) WindowLen() int { return 2 * c.Bands * c.WindowFrames }

// Frames is the number of whole frames in n samples.
func (c Config) Frames(n int) int {
	if n < c.FrameSamples {
		return 0
	}
	return (n-c.FrameSamples)/c.HopSamples + 1
}

// Validate reports every number that the front end cannot work with.
func (c Config) Validate() error {
	var errs []error
	check := func(ok bool, name string, value any, want string) {
		if !ok {
			errs = append(errs, fmt.Errorf("gammatone: %s is %v, want %s", name, value, want))
		}
	}
	const most = 1 << 20 // keeps a hostile fingerprint from asking for all the memory
	check(c.SampleRate > 0 && c.SampleRate <= most, "sample rate", c.SampleRate, "1 to 1048576 Hz")
	check(c.FrameSamples >= 4 && c.FrameSamples <= 1<<16 && c.FrameSamples%2 == 0,
		"frame", c.FrameSamples, "an even number of samples from 4 to 65536")
	check(c.HopSamples >= 1 && c.HopSamples <= c.FrameSamples,
		"hop", c.HopSamples, "1 sample to one frame")
	check(c.Bands >= 1 && c.Bands <= 1024, "bands", c.Bands, "1 to 1024")
	check(c.DeltaWidth >= 3 && c.DeltaWidth%2 == 1 && c.DeltaWidth <= 1023,
		"delta width", c.DeltaWidth, "an odd number of frames from 3 to 1023")
	check(c.WindowFrames >= c.DeltaWidth && c.WindowFrames <= 1<<14,
		"window", c.WindowFrames, "at least the delta's width and at most 16384 frames")
	check(c.FMinHz > 0 && c.FMinHz < c.FMaxHz, "lowest frequency", c.FMinHz, "above 0 Hz and below the highest")
	check(c.FMaxHz <= float64(c.SampleRate)/2, "highest frequency", c.FMaxHz, "at most half the sample rate")
	check(c.Width > 0 && c.Width <= 100, "filter width", c.Width, "above 0, at most 100")
	check(c.Floor >= minFloor && c.Floor <= 1 && !math.IsNaN(c.Floor), "floor", c.Floor, "from 1e-30 to 1")
	return errors.Join(errs...)
}

// minFloor keeps the floor well inside the normal range of a float32.
const minFloor = 1e-30
