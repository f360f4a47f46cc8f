package cadence

import "math"

// pattern is a rhythm: beeps of one pitch whose beginnings lie so far apart, over and over.
type pattern struct {
	apart    []float64 // s, from each beep's beginning to the next one's
	within   []float64 // s, how far each may be off
	shortest float64   // s, of a beep
	longest  float64   // echoes lengthen it
	beeps    int       // that must fit
	lasts    float64   // s, how long after its last beep a rhythm still counts as heard
}

// patterns are beside [Labels].
var patterns = []pattern{
	{apart: []float64{1, 1, 2}, within: []float64{0.12, 0.12, 0.25}, shortest: 0.3, longest: 0.8, beeps: 6, lasts: 5},
	{apart: []float64{0.2, 0.2, 0.2, 5.1}, within: []float64{0.05, 0.05, 0.05, 0.7}, shortest: 0.05, longest: 0.18, beeps: 8, lasts: 7},
}

// fits tells whether the newest beeps follow the rhythm, wherever in it they begin.
func (p *pattern) fits(b *beeps) bool {
	if b.n < p.beeps {
		return false
	}
	newest := b.list[b.n-p.beeps : b.n]
	low, high := newest[0].band, newest[0].band
	for _, x := range newest {
		if x.length < p.shortest || x.length > p.longest {
			return false
		}
		low, high = min(low, x.band), max(high, x.band)
	}
	if high-low > samePitch {
		return false
	}
	for from := range p.apart {
		if p.follows(newest, from) {
			return true
		}
	}
	return false
}

func (p *pattern) follows(newest []beep, from int) bool {
	for i := range newest[1:] {
		k := (from + i) % len(p.apart)
		if math.Abs(newest[i+1].at-newest[i].at-p.apart[k]) > p.within[k] {
			return false
		}
	}
	return true
}
