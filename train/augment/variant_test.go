package augment

import (
	"math"
	"slices"
	"strings"
	"testing"

	"earshot/train/dataset"
)

func TestVariant(t *testing.T) {
	x := sine(25000, 500)
	apply := func(n int, seed uint64, r Ranges) []float32 {
		y, err := Variant(n, seed, r).Apply(dataset.Clip{}, slices.Clone(x))
		if err != nil {
			t.Fatal(err)
		}
		return y
	}
	lengths := map[int]bool{}
	for n := 0; n < 8; n += 2 {
		y := apply(n, 1, Paper)
		if rate := 25000 / float64(len(y)); rate < 0.8-1e-3 || rate > 1.3+1e-3 {
			t.Errorf("copy %d is stretched by %g", n, rate)
		}
		if f := frequency(y); math.Abs(f-500) > 3 {
			t.Errorf("copy %d is stretched and at %g Hz", n, f)
		}
		lengths[len(y)] = true
		z := apply(n+1, 1, Paper)
		semitones := 12 * math.Log2(frequency(z)/500)
		if len(z) != len(x) || math.Abs(semitones) > 3.6 {
			t.Errorf("copy %d has %d samples, shifted by %g semitones", n+1, len(z), semitones)
		}
	}
	if len(lengths) < 4 {
		t.Errorf("four stretched copies have %d lengths", len(lengths))
	}
	if !slices.Equal(apply(4, 1, Paper), apply(4, 1, Paper)) || slices.Equal(apply(4, 1, Paper), apply(4, 2, Paper)) {
		t.Error("a copy does not follow its seed")
	}
	if !slices.Equal(apply(3, 1, Ranges{}), x) || !slices.Equal(apply(3, 1, Ranges{StretchLo: 1, StretchHi: 1}), x) {
		t.Error("nothing switched on changed the sound")
	}
	if y := apply(3, 1, Ranges{StretchLo: 0.8, StretchHi: 0.8}); len(y) != 31250 {
		t.Errorf("stretch alone, odd copy: %d samples, want 31250", len(y))
	}
	if Variant(1, 1, Paper).Name == Variant(2, 1, Paper).Name || Variant(1, 1, Paper).Name == Variant(1, 1, Ranges{Semitones: 1}).Name {
		t.Error("two variants of one name: the cache would mix them up")
	}
}

func TestRangesCheck(t *testing.T) {
	if err := Paper.Check(); err != nil {
		t.Error(err)
	}
	for _, c := range []struct {
		r    Ranges
		want string
	}{
		{Ranges{StretchLo: 1.3, StretchHi: 0.8}, "time stretch 1.3 to 0.8; want two rates from 0.25 to 4, the smaller first"},
		{Ranges{StretchLo: 0, StretchHi: 1.3}, "time stretch 0 to 1.3"},
		{Ranges{StretchLo: math.NaN(), StretchHi: 1}, "time stretch NaN"},
		{Ranges{Semitones: -1}, "pitch shift ±-1 semitones; want 0 to 12"},
		{Ranges{Semitones: math.NaN()}, "pitch shift"},
	} {
		if err := c.r.Check(); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %s…", c.r, err, c.want)
		}
		mustPanic(t, func() { Variant(0, 0, c.r) })
	}
}
