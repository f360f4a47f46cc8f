package figure

import (
	"image"
	"image/color"
	"math"
)

// Overlap averages the attention of overlapping windows, frame by frame.
type Overlap struct {
	sum   []float64
	count []int
}

// NewOverlap begins with so many frames that no window has looked at.
func NewOverlap(frames int) *Overlap {
	return &Overlap{make([]float64, frames), make([]int, frames)}
}

// Add lays a window's attention, whose steps sum to 1, over the window's frames, of which the first is frame first.
// What lies outside the picture is left out.
func (o *Overlap) Add(first, frames int, steps []float32) {
	for t := range frames {
		if at := first + t; at >= 0 && at < len(o.sum) && len(steps) > 0 {
			o.sum[at] += float64(steps[t*len(steps)/frames]) * float64(len(steps))
			o.count[at]++
		}
	}
}

// Points are the means at every second frame that a window looked at, an even attention being 1.
func (o *Overlap) Points(startS, frameS float64) (all []Point) {
	for t := 0; t < len(o.sum); t += 2 {
		if o.count[t] > 0 {
			all = append(all, Point{S: startS + float64(t)*frameS, Value: o.sum[t] / float64(o.count[t])})
		}
	}
	return all
}

// attention draws the curve over the lowest quarter of the data, on a scale of
// its own from 0; the dashed line is at 1, an even attention.
func (s *Spectrogram) attention(c *canvas, data image.Rectangle) {
	if len(s.Attention) == 0 {
		return
	}
	from, to := s.span()
	top := 1.5
	for _, p := range s.Attention {
		top = math.Max(top, p.Value)
	}
	at := func(p Point) xy {
		return xy{
			float64(data.Min.X) + (p.S-from)/(to-from)*float64(data.Dx()),
			float64(data.Max.Y) - p.Value/top*float64(data.Dy())*0.25,
		}
	}
	curve := make([]xy, len(s.Attention))
	for i, p := range s.Attention {
		curve[i] = at(p)
	}
	foot := float64(data.Max.Y)
	area := append([]xy{{curve[0].x, foot}}, curve...)
	c.polygon(data, append(area, xy{curve[len(curve)-1].x, foot}), color.NRGBA{255, 255, 255, 60})
	c.line(data, curve, 5, color.NRGBA{0, 0, 0, 150})
	c.line(data, curve, 2.2, color.NRGBA{110, 255, 230, 255})
	one := int(at(Point{from, 1}).y)
	for x := data.Min.X; x < data.Max.X; x += 12 {
		c.fill(image.Rect(x, one, min(x+6, data.Max.X), one+1), color.NRGBA{255, 255, 255, 150})
	}
	c.halo(data.Min.X+6, one-2, "attention", c.small, 0, 1)
}

// marks draws a line through the data at each marked moment that lies in it.
func (s *Spectrogram) marks(c *canvas, data image.Rectangle) {
	from, to := s.span()
	for _, m := range s.Marks {
		if m.S < from || m.S > to {
			continue
		}
		x := data.Min.X + int((m.S-from)/(to-from)*float64(data.Dx()-1))
		for y := data.Min.Y; y < data.Max.Y; y += 8 {
			c.fill(image.Rect(x-1, y, x+2, min(y+5, data.Max.Y)), color.NRGBA{0, 0, 0, 150})
			c.fill(image.Rect(x, y, x+1, min(y+5, data.Max.Y)), color.White)
		}
		c.halo(x+5, data.Max.Y-6, m.Text, c.small, 0, 1)
	}
}
