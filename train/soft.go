package train

// Soft is what teachers make of a clip, stretch by stretch. Row i is about the frames from i·Hop to i·Hop+Span.
type Soft struct {
	Hop, Span float64     // frames
	Rows      [][]float32 // (n, K) probabilities that sum to 1; n ≥ 1
}

// Add adds to the soft label t (K) share times what is said of the frames from … from+span: the mean of the rows whose middle
// lies in them, or else the row whose middle is nearest.
func (s *Soft) Add(t []float32, from, span float64, share float32) {
	nearest := int((from + span/2 - s.Span/2) / s.Hop)
	first, last := nearest, nearest
	for first > 0 && s.middle(first-1) >= from {
		first--
	}
	for last+1 < len(s.Rows) && s.middle(last+1) <= from+span {
		last++
	}
	first, last = min(max(first, 0), len(s.Rows)-1), min(max(last, 0), len(s.Rows)-1)
	share /= float32(last - first + 1)
	for _, row := range s.Rows[first : last+1] {
		for k, p := range row {
			t[k] += share * p
		}
	}
}

func (s *Soft) middle(i int) float64 { return float64(i)*s.Hop + s.Span/2 }
