package figure

import (
	"cmp"
	"image"
	"image/color"
	"math"
	"slices"

	"golang.org/x/image/font"
)

const (
	spanRows   = 3
	spanHeight = 28 // of a row, px
	spanGap    = 8  // between neighbours, px
)

// spans writes the labels along the top of the data, in up to three rows. Where
// they do not all find room the longer ones come first, and the rest is left out.
func (s *Spectrogram) spans(c *canvas, data image.Rectangle) {
	from, to := s.span()
	px := func(sec float64) int {
		return data.Min.X + int((math.Min(math.Max(sec, from), to)-from)/(to-from)*float64(data.Dx()))
	}
	order := slices.Clone(s.Spans)
	slices.SortStableFunc(order, func(a, b Span) int { return cmp.Compare(b.ToS-b.FromS, a.ToS-a.FromS) })
	var taken [spanRows][]image.Rectangle // x only
	for _, span := range order {
		a, b := px(span.FromS)+1, px(span.ToS)-1
		width := font.MeasureString(c.small, span.Text).Ceil()
		left := min(max((a+b-width)/2, data.Min.X+spanGap/2), data.Max.X-width-spanGap/2)
		room := image.Rect(min(a, left)-spanGap/2, 0, max(b, left+width)+spanGap/2, 1)
		for row := range taken {
			if slices.ContainsFunc(taken[row], room.Overlaps) {
				continue
			}
			taken[row] = append(taken[row], room)
			y := data.Min.Y + (row+1)*spanHeight
			c.fill(image.Rect(a, y-1, b, y+2), color.NRGBA{0, 0, 0, 150})
			c.fill(image.Rect(a, y, b, y+1), color.White)
			c.halo(left, y-3, span.Text, c.small, 0, 1)
			break
		}
	}
}
