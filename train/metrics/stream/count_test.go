package stream

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestCount(t *testing.T) {
	r := Recording{Seconds: 1800, References: []Reference{
		{"dog", 10, 12}, {"dog", 14, 15}, {"dog", 100, 103}, {"cat", 200, 202}, {"rooster", 300, 303},
	}, Found: []Found{
		{"dog", 10.1, 15.5, 11.5, 20.5, 0.9}, // both dogs at the start; the second was on already
		{"dog", 300, 302, 302.5, 308, 0.7},   // the rooster
		{"cat", 50, 51, 52, 58, 0.6},         // nothing
		{"cat", 200.9, 202, 203, 212, 0.6},
		{"owl", 400, 402, 403, 409, 0.6}, // not asked for
	}}
	each, all := Count([]string{"dog", "cat", "bee"}, []Recording{r})
	dog, cat, bee := each[0], each[1], each[2]
	if dog.References != 3 || dog.Heard != 2 || dog.Events != 2 || dog.False != 1 || dog.FalseHour != 2 {
		t.Errorf("dog: %+v", dog)
	}
	if dog.DelayP50 != 1.5 || dog.DelayP95 != 1.5 {
		t.Errorf("dog: delays %g and %g, want 1.5: the second bark was on before it began", dog.DelayP50, dog.DelayP95)
	}
	if want := []Other{{"rooster", 1}}; !slices.Equal(dog.Confused, want) {
		t.Errorf("dog: taken for %v, want %v", dog.Confused, want)
	}
	if want := (9 + 5.5) / 60; math.Abs(dog.MinutesOn-want) > 1e-12 {
		t.Errorf("dog: on for %g min, want %g", dog.MinutesOn, want)
	}
	if cat.Matches[0].Matched != 0 || cat.Matches[1].Matched != 1 || cat.Matches[1].Precision != 0.5 || cat.Matches[1].Recall != 1 || math.Abs(cat.Matches[1].F1-2./3) > 1e-12 {
		t.Errorf("cat: %+v", cat.Matches)
	}
	if bee.References != 0 || bee.Recall != 0 || bee.DelayP50 != -1 || bee.FalseMost < 5.9 || bee.FalseMost > 6 {
		t.Errorf("bee: %+v", bee)
	}
	if all.References != 4 || all.Heard != 3 || all.False != 2 || all.FalseHour != 4 || all.Recall != 0.75 || all.Matches[0].Matched != 1 {
		t.Errorf("together: %+v", all)
	}
}

// A reference is met up to Slack away and no farther, on either side.
func TestSlack(t *testing.T) {
	ref := Reference{"a", 10, 12}
	for _, c := range []struct {
		onset, end float64
		want       bool
	}{{12 + Slack, 20, true}, {12.01 + Slack, 20, false}, {1, 10 - Slack, true}, {1, 9.99 - Slack, false}, {0, 100, true}} {
		if got := meets(Found{Label: "a", Onset: c.onset, End: c.end}, ref); got != c.want {
			t.Errorf("event %g to %g: %v, want %v", c.onset, c.end, got, c.want)
		}
	}
}

// No pairing has more pairs than ours: held against a search of all, on small random cases.
func TestMatchOnsetsIsTheMost(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	for range 2000 {
		r := Recording{}
		for range rng.IntN(6) {
			r.References = append(r.References, Reference{Label: "a", Onset: 3 * rng.Float64()})
		}
		for range rng.IntN(6) {
			r.Found = append(r.Found, Found{Label: "a", Onset: 3 * rng.Float64()})
		}
		refs, found := r.with("a")
		if got, want := matchOnsets(refs, found, 0.5), most(refs, found, 0.5); got != want {
			t.Fatalf("%d pairs of %v and %v, want %d", got, refs, found, want)
		}
	}
}

// most tries every pairing.
func most(refs []Reference, found []Found, collar float64) int {
	if len(refs) == 0 {
		return 0
	}
	best := most(refs[1:], found, collar)
	for j, f := range found {
		if math.Abs(f.Onset-refs[0].Onset) <= collar {
			best = max(best, 1+most(refs[1:], slices.Delete(slices.Clone(found), j, j+1), collar))
		}
	}
	return best
}

func TestRateBound(t *testing.T) {
	// Garwood's limits, as tables of the Poisson distribution have them.
	for n, want := range []float64{2.996, 4.744, 6.296, 7.754, 9.154} {
		if got := RateBound(n, 1); math.Abs(got-want) > 0.001 {
			t.Errorf("%d events in an hour: %.4f, want %.3f", n, got, want)
		}
	}
	if got := RateBound(0, 72); math.Abs(got*24-1) > 0.01 {
		t.Errorf("none in 72 h: at most %.3f a day, want about 1", got*24)
	}
}

func TestCurves(t *testing.T) {
	r := []Recording{{Seconds: 3600, References: []Reference{{"a", 10, 12}}}}
	low := Point{0.1, [][]Found{{{Label: "a", Onset: 10, End: 12}, {Label: "a", Onset: 100, End: 102}}}}
	high := Point{0.9, [][]Found{nil}}
	got := Curves([]string{"a"}, r, []Point{low, high})
	if len(got) != 2 || got[1].Label != "together" {
		t.Fatalf("%+v", got)
	}
	if want := []DETPoint{{0.1, 1, 0}, {0.9, 0, 1}}; !slices.Equal(got[0].Points, want) {
		t.Errorf("%v, want %v", got[0].Points, want)
	}
}
