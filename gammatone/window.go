package gammatone

import (
	"fmt"

	"github.com/tphakala/simd/f32"
)

// FillWindow writes one window of the default geometry: dst (2, 128, 128) as (channel,
// band, frame) takes the first 128 frames of logFrames (≥ 128 frames, 128 bands,
// frame-major, dB) transposed, and their delta in channel 1.
func FillWindow(dst, logFrames []float32) { defaultConfig.FillWindow(dst, logFrames) }

var defaultConfig = Default()

// FillWindow writes one window: dst (2, Bands, WindowFrames) as (channel, band, frame)
// takes the first WindowFrames frames of logFrames (frames, Bands; frame-major, dB)
// transposed, and in channel 1 their window-local delta. It panics if either is short.
func (c Config) FillWindow(dst, logFrames []float32) {
	n := min(len(logFrames), c.Bands*c.WindowFrames)
	c.fillWindow(dst, logFrames[:n], nil, make([]float32, deltaChunk))
}

// fillWindow is FillWindow of frames that lie in two places, as in a ring, with scratch
// (deltaChunk) of the caller's.
func (c *Config) fillWindow(dst, head, rest, scratch []float32) {
	n := c.Bands * c.WindowFrames
	if len(dst) < 2*n || len(head)+len(rest) != n {
		panic(fmt.Sprintf("gammatone: FillWindow of %d values into %d, want %d into %d",
			len(head)+len(rest), len(dst), n, 2*n))
	}
	transpose(dst[:n], head, c.Bands, c.WindowFrames)
	transpose(dst[len(head)/c.Bands:n], rest, c.Bands, c.WindowFrames)
	delta(dst[n:2*n], dst[:n], c.Bands, c.WindowFrames, c.DeltaWidth, scratch)
}

// transpose writes src (rows, cols) to the first columns of dst (cols, stride), eight rows
// at a time so that each cache line of dst is filled in one go.
func transpose(dst, src []float32, cols, stride int) {
	rows, r := len(src)/cols, 0
	for ; r+8 <= rows; r += 8 {
		block := src[r*cols : (r+8)*cols]
		s0, s1, s2, s3 := block[:cols], block[cols:2*cols], block[2*cols:3*cols], block[3*cols:4*cols]
		s4, s5, s6, s7 := block[4*cols:5*cols], block[5*cols:6*cols], block[6*cols:7*cols], block[7*cols:8*cols]
		for c := range cols {
			d := dst[c*stride+r:][:8]
			d[0], d[1], d[2], d[3] = s0[c], s1[c], s2[c], s3[c]
			d[4], d[5], d[6], d[7] = s4[c], s5[c], s6[c], s7[c]
		}
	}
	for ; r < rows; r++ {
		for c, v := range src[r*cols : (r+1)*cols] {
			dst[c*stride+r] = v
		}
	}
}

// deltaChunk is how many values Delta works on at once: 4 KB, which stay in the first
// cache through all its passes.
const deltaChunk = 1024

// Delta writes to dst the window-local delta of win, both (bands, frames) band-major:
// the slope, in dB a frame, of a line fitted to width frames. The first and last
// (width−1)/2 frames copy their nearest inner neighbour. It panics on a width that is
// even, below 3 or above frames, and on short slices; dst and win must not overlap.
func Delta(dst, win []float32, bands, frames, width int) {
	delta(dst, win, bands, frames, width, make([]float32, deltaChunk))
}

func delta(dst, win []float32, bands, frames, width int, scratch []float32) {
	if width < 3 || width%2 == 0 || width > frames || len(dst) < bands*frames || len(win) < bands*frames {
		panic(fmt.Sprintf("gammatone: Delta of width %d over %d bands × %d frames in slices of %d and %d",
			width, bands, frames, len(dst), len(win)))
	}
	half := (width - 1) / 2
	dst, win = dst[:bands*frames], win[:bands*frames]
	// The bands are taken as one long row: what that gets wrong, at the seams between
	// bands, is just what the edges overwrite.
	for lo := half; lo < len(win)-half; lo += deltaChunk {
		slopes(dst, win, lo, min(lo+deltaChunk, len(win)-half), half, scratch)
	}
	for i := range bands {
		d := dst[i*frames : (i+1)*frames]
		for t := range half {
			d[t], d[frames-1-t] = d[half], d[frames-1-half]
		}
	}
}

// slopes sets dst[t] = Σ n·(x[t+n] − x[t−n]) / (2·Σ n²), n = 1 … half, for t in [lo, hi).
// Differences come first, so that equal neighbours give exactly 0. scratch is a variable
// of the caller's because f32 calls through function values, which would let one here escape.
func slopes(dst, x []float32, lo, hi, half int, scratch []float32) {
	diff, out := scratch[:hi-lo], dst[lo:hi]
	norm := 0
	for n := 1; n <= half; n++ {
		norm += 2 * n * n
	}
	f32.Sub(out, x[lo+1:hi+1], x[lo-1:hi-1])
	for n := 2; n <= half; n++ {
		f32.Sub(diff, x[lo+n:hi+n], x[lo-n:hi-n])
		f32.AddScaled(out, float32(n), diff)
	}
	f32.Scale(out, out, 1/float32(norm))
}
