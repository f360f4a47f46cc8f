package figure

import (
	"bytes"
	"testing"
)

// TestSpans draws more labels than there is room for: no overlap makes two of
// them unreadable, so a fourth over the same time changes nothing.
func TestSpans(t *testing.T) {
	draw := func(n int) []byte {
		s := sample(100, 16)
		s.Delta, s.Attention, s.Spans = nil, nil, nil
		for i := range n {
			s.Spans = append(s.Spans, Span{0.1, 0.6 - float64(i)*0.01, "a sound 0.9"})
		}
		return s.Draw().Pix
	}
	for n := range spanRows {
		if bytes.Equal(draw(n), draw(n+1)) {
			t.Errorf("label %d is not drawn", n+1)
		}
	}
	if !bytes.Equal(draw(spanRows), draw(spanRows+1)) {
		t.Error("a label is drawn over others")
	}
}
