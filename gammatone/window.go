package gammatone

import "fmt"

// FillWindow writes one window of the default geometry: dst (2, 128, 128) as (channel,
// band, frame) takes the first 128 frames of logFrames (≥ 128 frames, 128 bands,
// frame-major, dB) transposed, and their delta in channel 1.
func FillWindow(dst, logFrames []float32) { defaultConfig.FillWindow(dst, logFrames) }

var defaultConfig = Default()

// FillWindow writes one window: dst (2, Bands, WindowFrames) as (channel, band, frame)
// takes the first WindowFrames frames of logFrames (frames, Bands; frame-major, dB)
// transposed, and in channel 1 their window-local delta. It panics if either is short.
func (c Config) FillWindow(dst, logFrames []float32) {
	n := c.Bands * c.WindowFrames
	if len(dst) < 2*n || len(logFrames) < n {
		panic(fmt.Sprintf("gammatone: FillWindow of %d values into %d, want %d into %d",
			len(logFrames), len(dst), n, 2*n))
	}
	for t := range c.WindowFrames {
		row := logFrames[t*c.Bands : (t+1)*c.Bands]
		for i, v := range row {
			dst[i*c.WindowFrames+t] = v
		}
	}
	Delta(dst[n:2*n], dst[:n], c.Bands, c.WindowFrames, c.DeltaWidth)
}

// Delta writes to dst the window-local delta of win, both (bands, frames) band-major:
// the slope, in dB a frame, of a line fitted to width frames. The first and last
// (width−1)/2 frames copy their nearest inner neighbour. It panics on a width that is
// even, below 3 or above frames, and on short slices; dst and win must not overlap.
func Delta(dst, win []float32, bands, frames, width int) {
	if width < 3 || width%2 == 0 || width > frames || len(dst) < bands*frames || len(win) < bands*frames {
		panic(fmt.Sprintf("gammatone: Delta of width %d over %d bands × %d frames in slices of %d and %d",
			width, bands, frames, len(dst), len(win)))
	}
	half := (width - 1) / 2
	scale := deltaScale(half)
	for i := range bands {
		x, d := win[i*frames:(i+1)*frames], dst[i*frames:(i+1)*frames]
		for t := half; t < frames-half; t++ {
			var sum float32
			for n := 1; n <= half; n++ {
				sum += float32(n) * (x[t+n] - x[t-n])
			}
			d[t] = sum * scale
		}
		for t := range half {
			d[t], d[frames-1-t] = d[half], d[frames-1-half]
		}
	}
}

// deltaScale is 1/(2·Σ n²), n = 1 … half: 1/60 for width 9.
func deltaScale(half int) float32 {
	sum := 0
	for n := 1; n <= half; n++ {
		sum += n * n
	}
	return 1 / float32(2*sum)
}
