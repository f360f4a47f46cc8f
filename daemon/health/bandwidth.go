package health

import (
	"fmt"
	"math/cmplx"
	"time"

	"gonum.org/v1/gonum/dsp/fourier"
	"gonum.org/v1/gonum/dsp/window"

	"earshot/internal/sampletime"
)

// Bandwidth finds out up to which frequency a source has sound. A camera that samples at 8 kHz, or a codec, leaves
// nothing above a cliff, however loud it is below. It looks through a window of its own: through the front end's,
// which is made for other things, a loud low sound shows at −35 dB in all bands above it.
//
// It belongs to one goroutine and allocates nothing while samples come.
type Bandwidth struct {
	rate  int // Hz
	fft   *fourier.FFT
	shape []float64 // the window
	scale float64   // |X|² of a bin → mean square of the sound in it
	frame []float64
	bins  []complex128
	have  int   // samples of the frame
	skip  int   // samples until the next frame begins
	age   int64 // samples since what follows is counted

	loud  int            // frames that had something to tell
	heard [bandCount]int // of them, those in which a band had sound
}

const (
	bandFrame = 1024 // samples
	bandEvery = 250 * time.Millisecond
	bandSpan  = 10 * time.Minute // that are judged together
	bandWidth = 500              // Hz
	bandCount = 64

	// A band has sound when it is far above what rounding to 16 bits leaves in it, −117 dBFS, and not so far below the
	// loudest band that a resampler lets as much through.
	bandLeast = 3e-11 // mean square, full scale 1: −105 dBFS
	bandUnder = 1e-6
	// A frame has something to tell of the high bands when these low ones have sound for certain.
	loudFrom, loudTo = 1000 / bandWidth, 3000 / bandWidth
	loudLeast        = 1000 * bandLeast
	loudFrames       = 120  // half a minute of sound
	heardShare       = 0.05 // of the loud frames; the clicks of lost packets are in all bands
)

// NewBandwidth makes a Bandwidth for samples at rate, Hz.
func NewBandwidth(rate int) *Bandwidth {
	b := &Bandwidth{
		rate: rate, fft: fourier.NewFFT(bandFrame),
		shape: make([]float64, bandFrame), frame: make([]float64, bandFrame), bins: make([]complex128, bandFrame/2+1),
	}
	for i := range b.shape {
		b.shape[i] = 1
	}
	window.BlackmanHarris(b.shape)
	energy := 0.0
	for _, v := range b.shape {
		energy += v * v
	}
	b.scale = 2 / (bandFrame * energy)
	return b
}

// Push takes the next samples. When it knows something new it says so, and up to which frequency, Hz, there was sound in
// the last minutes, at least ten.
func (b *Bandwidth) Push(x []float32) (upTo int, known bool) {
	b.age += int64(len(x))
	for len(x) > 0 {
		if n := min(b.skip, len(x)); n > 0 {
			b.skip, x = b.skip-n, x[n:]
			continue
		}
		n := min(bandFrame-b.have, len(x))
		for i, v := range x[:n] {
			b.frame[b.have+i] = float64(v) * b.shape[b.have+i]
		}
		b.have, x = b.have+n, x[n:]
		if b.have == bandFrame {
			b.have, b.skip = 0, int(sampletime.Samples(bandEvery, b.rate))-bandFrame
			b.look()
		}
	}
	if b.loud < loudFrames || b.age < sampletime.Samples(bandSpan, b.rate) {
		return 0, false
	}
	for i, n := range b.heard {
		if float64(n) >= heardShare*float64(b.loud) {
			upTo = (i + 1) * bandWidth
		}
	}
	b.age, b.loud, b.heard = 0, 0, [bandCount]int{}
	return upTo, true
}

// look counts the bands of a whole frame that have sound.
func (b *Bandwidth) look() {
	var levels [bandCount]float64 // mean square
	b.fft.Coefficients(b.bins, b.frame)
	loudest := 0.0
	for k, x := range b.bins {
		if i := k * b.rate / (bandFrame * bandWidth); i < bandCount {
			a := cmplx.Abs(x)
			levels[i] += a * a * b.scale
			loudest = max(loudest, levels[i])
		}
	}
	low := 0.0
	for _, v := range levels[loudFrom:loudTo] {
		low = max(low, v)
	}
	if low < loudLeast {
		return
	}
	b.loud++
	for i, v := range levels {
		if v > bandLeast && v > bandUnder*loudest {
			b.heard[i]++
		}
	}
}

// narrowBelow is a bandwidth below which the labels suffer; what is above it costs little.
const narrowBelow = 9000 // Hz

// JudgeBandwidth puts a bandwidth into a verdict; cost says what it does to the labels.
func JudgeBandwidth(upTo int, cost func() string) Verdict {
	if upTo >= narrowBelow {
		return Verdict{}
	}
	return Verdict{Narrow, fmt.Sprintf("nothing above %.1f kHz for %v: %s; want a source that samples at 32 kHz or more, and a codec that keeps what is high",
		float64(upTo)/1000, bandSpan, cost())}
}
