package figure

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"slices"
)

// Spectrogram is what a picture shows: a log-gammatone spectrogram, its delta
// beside it, and over the first, where given, attention and labels.
type Spectrogram struct {
	Title string

	Log    []float32 // (frame, band), dB
	Delta  []float32 // (frame, band), dB per frame; nil = no second panel
	BandHz []float64 // centre frequency of each band, rising

	FrameS float64 // from one frame to the next, s
	StartS float64 // middle of the first frame, s

	Attention []Point // over time; nil = none
	Spans     []Span  // labels to write over times; nil = none
	Marks     []Mark  // moments to point out; nil = none

	// WidthPX and HeightPX size the picture; 0 = a size that suits.
	WidthPX, HeightPX int
}

// Point is a value at a time, s. An attention of 1 is what every step has when
// the network prefers none.
type Point struct{ S, Value float64 }

// Span is a text over a stretch of time, s.
type Span struct {
	FromS, ToS float64
	Text       string
}

// Mark is a moment, s, and what is written beside it.
type Mark struct {
	S    float64
	Text string
}

const (
	rangeDB    = 90    // the colours reach so far down from the loudest point, dB
	deltaShare = 0.995 // of the deltas lie within the colours
	minPX      = 300   // least width of a panel and height of the picture
	maxPX      = 20000 // greatest width and height
)

// EncodePNG writes the picture as PNG.
func (s *Spectrogram) EncodePNG(w io.Writer) error { return png.Encode(w, s.Draw()) }

// Draw makes the picture. Arrays that do not fit each other panic.
func (s *Spectrogram) Draw() *image.RGBA {
	bands := len(s.BandHz)
	if bands < 2 || len(s.Log) == 0 || len(s.Log)%bands != 0 || s.Delta != nil && len(s.Delta) != len(s.Log) || !(s.FrameS > 0) {
		panic(fmt.Sprintf("figure: spectrogram of %d values and %d deltas in %d bands, %v s a frame", len(s.Log), len(s.Delta), bands, s.FrameS))
	}
	panels := 1
	if s.Delta != nil {
		panels = 2
	}
	width, height := s.WidthPX, s.HeightPX
	if width == 0 {
		width = 1000 * panels
	}
	if height == 0 {
		height = 720
	}
	width, height = min(max(width, minPX*panels), maxPX), min(max(height, minPX), maxPX)
	c := newCanvas(width, height)
	const margin = 14
	area := image.Rect(margin, margin, width-margin, height-margin)
	if s.Title != "" {
		c.text(area.Min.X, area.Min.Y, s.Title, c.large, color.Black, 0, 0)
		area.Min.Y += c.large.Metrics().Height.Ceil() + 8
	}
	left, right := area, area
	if panels == 2 {
		left.Max.X = width/2 - margin/2
		right.Min.X = width/2 + margin/2
	}
	low, high := logLimits(s.Log)
	s.panel(c, left, panel{title: "log-gammatone", unit: "dB", values: s.Log, low: low, high: high, colours: heat, overlay: true})
	if panels == 2 {
		limit := deltaLimit(s.Delta)
		s.panel(c, right, panel{title: "delta", unit: "dB / frame", values: s.Delta, low: -limit, high: limit, colours: diverging, signed: true})
	}
	return c.img
}

// logLimits are the ends of the colours: the loudest value, and rangeDB below it
// or the quietest.
func logLimits(x []float32) (low, high float64) {
	high = math.Ceil(float64(slices.Max(x)))
	low = math.Floor(math.Max(float64(slices.Min(x)), high-rangeDB))
	if high-low < 10 { // silence
		low = high - 10
	}
	return low, high
}

// deltaLimit is the size that all but a few of the deltas stay within.
func deltaLimit(x []float32) float64 {
	size := make([]float32, len(x))
	for i, v := range x {
		size[i] = float32(math.Abs(float64(v)))
	}
	slices.Sort(size)
	return math.Max(float64(size[int(deltaShare*float64(len(size)-1))]), 0.1)
}
