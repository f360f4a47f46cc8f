package gammatone_test

import (
	"fmt"
	"math"

	"earshot/gammatone"
)

// A tone of one second, streamed in pieces as a microphone gives them.
func ExampleStream() {
	c := gammatone.Default()
	x := make([]float32, 2*c.SampleRate)
	for i := range x {
		x[i] = float32(0.5 * math.Sin(2*math.Pi*1000*float64(i)/float64(c.SampleRate)))
	}
	loudest := func(w *gammatone.Window) int {
		frame, best := w.Frame(0), 0
		for band, level := range frame {
			if level > frame[best] {
				best = band
			}
		}
		return best
	}

	s := gammatone.NewStream(c, 32, 0)
	const piece = 441
	for at := 0; at+piece <= len(x); at += piece {
		s.Push(int64(at), x[at:at+piece], false, func(w *gammatone.Window) {
			hz := gammatone.CentreFrequencies(c)[loudest(w)]
			fmt.Printf("samples %d to %d: strongest at %.0f Hz\n", w.At, w.End, hz)
		})
	}
	// Output:
	// samples 0 to 66048: strongest at 986 Hz
	// samples 16384 to 82432: strongest at 986 Hz
}

// A whole clip at once, and its first window.
func ExampleFrontEnd_BatchLog() {
	c := gammatone.Default()
	clip := make([]float32, 5*c.SampleRate) // digital silence
	logs := gammatone.NewFrontEnd(c).BatchLog(clip)
	window := make([]float32, c.WindowLen())
	c.FillWindow(window, logs)
	fmt.Println(len(logs)/c.Bands, "frames;", window[0], "dB, slope", window[c.Bands*c.WindowFrames])
	// Output: 429 frames; -100 dB, slope 0
}
