package figure

import (
	"image/color"
	"math"
)

// colourMap turns 0…1 into a colour.
type colourMap []color.RGBA

// heat goes from black over violet and orange to pale yellow, evenly in
// perceived lightness (the anchors of matplotlib's "magma", CC0).
var heat = anchors(0x000004, 0x180f3d, 0x440f76, 0x721f81, 0x9e2f7f, 0xcd4071, 0xf1605d, 0xfd9668, 0xfeca8d, 0xfcfdbf)

// diverging goes from blue for less over white to red for more (ColorBrewer's
// RdBu, Apache 2.0).
var diverging = anchors(0x053061, 0x2166ac, 0x4393c3, 0x92c5de, 0xd1e5f0, 0xf7f7f7, 0xfddbc7, 0xf4a582, 0xd6604d, 0xb2182b, 0x67001f)

func anchors(rgb ...uint32) colourMap {
	m := make(colourMap, len(rgb))
	for i, c := range rgb {
		m[i] = color.RGBA{byte(c >> 16), byte(c >> 8), byte(c), 255}
	}
	return m
}

// at returns the colour for v, 0…1; what lies outside takes the ends' colours.
func (m colourMap) at(v float64) color.RGBA {
	if !(v > 0) {
		return m[0]
	}
	p := math.Min(v, 1) * float64(len(m)-1)
	i := min(int(p), len(m)-2)
	f := p - float64(i)
	mix := func(a, b uint8) uint8 { return uint8(math.Round(float64(a)*(1-f) + float64(b)*f)) }
	a, b := m[i], m[i+1]
	return color.RGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 255}
}
