package figure

import (
	"image"
	"image/color"
	"image/png"
	"io"
)

// EncodeSmall writes the picture as PNG with at most 256 colours, which makes it half as long.
func (s *Spectrogram) EncodeSmall(w io.Writer) error { return png.Encode(w, paletted(s.Draw())) }

// paletted tells colours eight apart; where there are more than 256 of them the rest takes the nearest.
func paletted(img *image.RGBA) *image.Paletted {
	out := image.NewPaletted(img.Rect, nil)
	known := map[color.RGBA]uint8{}
	for i := range out.Pix { // img is its own whole, so rows follow one another in both
		p := img.Pix[4*i:][:3]
		c := color.RGBA{p[0]&^7 | p[0]>>5, p[1]&^7 | p[1]>>5, p[2]&^7 | p[2]>>5, 255}
		n, is := known[c]
		if !is {
			if n = uint8(len(out.Palette)); len(out.Palette) < 256 {
				out.Palette = append(out.Palette, c)
			} else {
				n = uint8(out.Palette.Index(c))
			}
			known[c] = n
		}
		out.Pix[i] = n
	}
	return out
}
