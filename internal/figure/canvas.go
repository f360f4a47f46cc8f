package figure

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// canvas is a white picture with the few things that a plot is made of.
type canvas struct {
	img                  *image.RGBA
	small, medium, large font.Face
}

func newCanvas(width, height int) *canvas {
	c := &canvas{img: image.NewRGBA(image.Rect(0, 0, width, height))}
	draw.Draw(c.img, c.img.Bounds(), image.White, image.Point{}, draw.Src)
	c.small, c.medium, c.large = face(15), face(17), face(20)
	return c
}

// CanWrite tells whether pictures have a letter for each of s: they have those of European languages.
func CanWrite(s string) bool {
	f, err := opentype.Parse(goregular.TTF)
	if err != nil {
		panic("figure: " + err.Error())
	}
	for _, r := range s {
		if i, err := f.GlyphIndex(nil, r); err != nil || i == 0 {
			return false
		}
	}
	return true
}

// face is the Go font (Bigelow & Holmes, BSD licence) in a size of px.
func face(px float64) font.Face {
	f, err := opentype.Parse(goregular.TTF)
	if err != nil {
		panic("figure: " + err.Error())
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: px, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		panic("figure: " + err.Error())
	}
	return face
}

// text writes s so that the point x, y lies at the share ax of its width from
// the left and ay of its height from the top.
func (c *canvas) text(x, y int, s string, f font.Face, col color.Color, ax, ay float64) {
	m := f.Metrics()
	width := font.MeasureString(f, s)
	height := (m.Ascent + m.Descent).Ceil()
	d := font.Drawer{Dst: c.img, Src: image.NewUniform(col), Face: f}
	d.Dot = fixed.Point26_6{
		X: fixed.I(x) - fixed.Int26_6(ax*float64(width)),
		Y: fixed.I(y-int(ay*float64(height))) + m.Ascent,
	}
	d.DrawString(s)
}

// halo writes light text with a dark edge, legible on any colour.
func (c *canvas) halo(x, y int, s string, f font.Face, ax, ay float64) {
	for dy := -1; dy <= 1; dy++ {
		for dx := -1; dx <= 1; dx++ {
			if dx != 0 || dy != 0 {
				c.text(x+dx, y+dy, s, f, color.NRGBA{0, 0, 0, 170}, ax, ay)
			}
		}
	}
	c.text(x, y, s, f, color.White, ax, ay)
}

// upright writes s from bottom to top, its middle at x, y.
func (c *canvas) upright(x, y int, s string, f font.Face) {
	w, h := font.MeasureString(f, s).Ceil(), f.Metrics().Height.Ceil()
	flat := canvas{img: image.NewRGBA(image.Rect(0, 0, w, h))}
	flat.text(0, 0, s, f, color.Black, 0, 0)
	turned := image.NewRGBA(image.Rect(0, 0, h, w))
	for j := range h {
		for i := range w {
			turned.SetRGBA(j, w-1-i, flat.img.RGBAAt(i, j))
		}
	}
	at := image.Rect(x-h/2, y-w/2, x-h/2+h, y-w/2+w)
	draw.Draw(c.img, at, turned, image.Point{}, draw.Over)
}

// fill fills a rectangle.
func (c *canvas) fill(r image.Rectangle, col color.Color) {
	draw.Draw(c.img, r, image.NewUniform(col), image.Point{}, draw.Over)
}

// frame draws a rectangle's edge, just outside of it.
func (c *canvas) frame(r image.Rectangle) {
	o := r.Inset(-1)
	for _, e := range []image.Rectangle{
		{o.Min, image.Pt(o.Max.X, r.Min.Y)}, {image.Pt(o.Min.X, r.Max.Y), o.Max},
		{o.Min, image.Pt(r.Min.X, o.Max.Y)}, {image.Pt(r.Max.X, o.Min.Y), o.Max},
	} {
		c.fill(e, color.Black)
	}
}

// xy is a point in pixels.
type xy struct{ x, y float64 }

// polygon fills a polygon within the rectangle clip.
func (c *canvas) polygon(clip image.Rectangle, p []xy, col color.Color) {
	r := vector.NewRasterizer(clip.Dx(), clip.Dy())
	at := func(q xy) (float32, float32) {
		return float32(q.x - float64(clip.Min.X)), float32(q.y - float64(clip.Min.Y))
	}
	r.MoveTo(at(p[0]))
	for _, q := range p[1:] {
		r.LineTo(at(q))
	}
	r.ClosePath()
	r.Draw(c.img, clip, image.NewUniform(col), image.Point{})
}

// line draws a line through the points, width px wide, within the rectangle clip.
// Its pieces go into one shape, so that a translucent line does not darken where
// they meet.
func (c *canvas) line(clip image.Rectangle, p []xy, width float64, col color.Color) {
	r := vector.NewRasterizer(clip.Dx(), clip.Dy())
	at := func(x, y float64) (float32, float32) {
		return float32(x - float64(clip.Min.X)), float32(y - float64(clip.Min.Y))
	}
	for i := 1; i < len(p); i++ {
		a, b := p[i-1], p[i]
		length := math.Hypot(b.x-a.x, b.y-a.y)
		if length == 0 {
			continue
		}
		// half the width across, and as much along, to close the joints
		ux, uy := (b.x-a.x)/length*width/2, (b.y-a.y)/length*width/2
		r.MoveTo(at(a.x-ux/2-uy, a.y-uy/2+ux))
		r.LineTo(at(b.x+ux/2-uy, b.y+uy/2+ux))
		r.LineTo(at(b.x+ux/2+uy, b.y+uy/2-ux))
		r.LineTo(at(a.x-ux/2+uy, a.y-uy/2-ux))
		r.ClosePath()
	}
	r.Draw(c.img, clip, image.NewUniform(col), image.Point{})
}
