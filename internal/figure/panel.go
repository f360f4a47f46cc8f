package figure

import (
	"image"
	"image/color"
	"math"
)

// panel is one picture with axes and a colour bar.
type panel struct {
	title, unit string
	values      []float32 // (frame, band)
	low, high   float64   // the colours' ends
	colours     colourMap
	signed      bool // the size counts, not the value, when frames share a pixel
	overlay     bool // draw attention and labels
}

// Room around a panel's data, px.
const (
	roomLeft, roomRight = 86, 92
	roomTop, roomBottom = 28, 56
	barGap, barWidth    = 14, 18
	tickLong, tickShort = 7, 4
	tickApart           = 14 // between two labels, one above the other
)

// panel draws p into the rectangle r.
func (s *Spectrogram) panel(c *canvas, r image.Rectangle, p panel) {
	data := image.Rect(r.Min.X+roomLeft, r.Min.Y+roomTop, r.Max.X-roomRight, r.Max.Y-roomBottom)
	c.text((data.Min.X+data.Max.X)/2, r.Min.Y, p.title, c.medium, color.Black, 0.5, 0)
	s.heatMap(c, data, p)
	if p.overlay {
		s.attention(c, data)
		s.marks(c, data)
		s.spans(c, data)
	}
	c.frame(data)
	s.axes(c, r, data)
	colourBar(c, r, data, p)
}

// span is the time that the picture covers, s: from half a hop before the first
// frame's middle to half a hop behind the last one's.
func (s *Spectrogram) span() (from, to float64) {
	frames := len(s.Log) / len(s.BandHz)
	return s.StartS - s.FrameS/2, s.StartS + (float64(frames)-0.5)*s.FrameS
}

// heatMap colours the data area, the lowest band at the bottom. Where several
// frames share a column of pixels, the strongest shows, so that nothing short is
// lost.
func (s *Spectrogram) heatMap(c *canvas, data image.Rectangle, p panel) {
	bands, w, h := len(s.BandHz), data.Dx(), data.Dy()
	frames := len(p.values) / bands
	column := make([]color.RGBA, bands)
	for x := range w {
		first := x * frames / w
		last := max((x+1)*frames/w, first+1)
		for b := range bands {
			v := float64(p.values[first*bands+b])
			for t := first + 1; t < last; t++ {
				if u := float64(p.values[t*bands+b]); p.signed && math.Abs(u) > math.Abs(v) || !p.signed && u > v {
					v = u
				}
			}
			column[b] = p.colours.at((v - p.low) / (p.high - p.low))
		}
		for y := range h {
			c.img.SetRGBA(data.Min.X+x, data.Max.Y-1-y, column[y*bands/h])
		}
	}
}

// axes draws ticks and names: time below, frequency at the left.
func (s *Spectrogram) axes(c *canvas, r, data image.Rectangle) {
	from, to := s.span()
	for _, t := range roundTicks(from, to, max(2, data.Dx()/90)) {
		x := data.Min.X + int((t.value-from)/(to-from)*float64(data.Dx()))
		c.fill(image.Rect(x, data.Max.Y+1, x+1, data.Max.Y+1+tickLong), color.Black)
		c.text(x, data.Max.Y+tickLong+3, t.label, c.small, color.Black, 0.5, 0)
	}
	c.text((data.Min.X+data.Max.X)/2, r.Max.Y, "time (s)", c.medium, color.Black, 0.5, 1)
	below := data.Max.Y + tickApart // the label before
	for _, t := range hertzTicks(s.BandHz) {
		// band b covers the pixels from b/bands to (b+1)/bands
		y := data.Max.Y - 1 - int((t.value+0.5)/float64(len(s.BandHz))*float64(data.Dy()))
		long := tickShort
		if t.label != "" && below-y >= tickApart {
			below = y
			long = tickLong
			c.text(data.Min.X-tickLong-4, y, t.label, c.small, color.Black, 1, 0.5)
		}
		c.fill(image.Rect(data.Min.X-1-long, y, data.Min.X-1, y+1), color.Black)
	}
	c.upright(r.Min.X+12, (data.Min.Y+data.Max.Y)/2, "centre frequency (Hz)", c.medium)
}

// colourBar draws the scale at the right.
func colourBar(c *canvas, r, data image.Rectangle, p panel) {
	bar := image.Rect(data.Max.X+barGap, data.Min.Y, data.Max.X+barGap+barWidth, data.Max.Y)
	for y := range bar.Dy() {
		col := p.colours.at(1 - float64(y)/float64(bar.Dy()-1))
		c.fill(image.Rect(bar.Min.X, bar.Min.Y+y, bar.Max.X, bar.Min.Y+y+1), col)
	}
	c.frame(bar)
	for _, t := range roundTicks(p.low, p.high, max(2, bar.Dy()/60)) {
		y := bar.Max.Y - 1 - int((t.value-p.low)/(p.high-p.low)*float64(bar.Dy()-1))
		c.fill(image.Rect(bar.Max.X+1, y, bar.Max.X+1+tickShort, y+1), color.Black)
		c.text(bar.Max.X+tickShort+5, y, t.label, c.small, color.Black, 0, 0.5)
	}
	c.text(bar.Min.X, r.Min.Y, p.unit, c.small, color.Black, 0, 0)
}
