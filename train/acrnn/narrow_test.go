package acrnn

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestNarrow: a network whose other half of filters and cells does nothing says the same without them.
func TestNarrow(t *testing.T) {
	for _, name := range []string{"l10", "l4-softmax", "none"} {
		att, err := ParseAttention(name)
		if err != nil {
			t.Fatal(err)
		}
		small, err := New(5, 0.25, att)
		if err != nil {
			t.Fatal(err)
		}
		w := randomWeights(small, 7)
		wide, padded := pad(t, small, w, att)
		got, narrow, err := Narrow(wide, padded, 0.25)
		if err != nil {
			t.Fatal(err)
		}
		if got.Size() != small.Size() || len(narrow.Means) != small.StatSize() {
			t.Fatalf("%s: %d parameters, want %d", name, got.Size(), small.Size())
		}
		for i, v := range narrow.Flat {
			if math.Abs(float64(v-w.Flat[i])) > 1e-4 {
				t.Fatalf("%s: parameter %d is %g, want %g", name, i, v, w.Flat[i])
			}
		}
		if !slices.Equal(narrow.Means, w.Means) || !slices.Equal(narrow.Vars, w.Vars) {
			t.Errorf("%s: other statistics", name)
		}
	}
	a, err := New(3, 0.25, Attention{})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := Narrow(a, randomWeights(a, 1), 0.5); err == nil {
		t.Error("a wider network was taken for a narrower one")
	}
}

func randomWeights(a Arch, seed uint64) Weights {
	rng := rand.New(rand.NewPCG(seed, 1))
	w := Weights{Flat: InitWeights(a, HeInit, rng)}
	for range a.StatSize() {
		w.Means, w.Vars = append(w.Means, rng.Float32()), append(w.Vars, 1+rng.Float32())
	}
	return w
}

// pad is w among filters and cells that nothing reads: of each layer the odd ones.
func pad(t *testing.T, a Arch, w Weights, att Attention) (Arch, Weights) {
	t.Helper()
	wide, err := New(a.Classes, 0.5, att)
	if err != nil {
		t.Fatal(err)
	}
	out := Weights{Flat: make([]float32, wide.Size())}
	from, to := a.Named(w.Flat), wide.Named(out.Flat)
	shapes := map[string][]int{}
	for _, p := range wide.Params() {
		shapes[p.Name] = p.Shape
	}
	for _, p := range a.Params() {
		spread(from[p.Name], p.Shape, to[p.Name], shapes[p.Name], a, wide)
	}
	for _, m := range w.Means {
		out.Means = append(out.Means, m, 0)
	}
	for _, v := range w.Vars {
		out.Vars = append(out.Vars, v, 1)
	}
	return wide, out
}

// spread writes src of shape from into every second place of dst of shape to, along each dimension that grew.
func spread(src []float32, from []int, dst []float32, to []int, a, wide Arch) {
	_, bands, _ := a.Steps()
	at := func(d, k int) int {
		switch {
		case from[d] == to[d]:
			return k
		case len(from) == 3 && d == 2 && from[d] == a.Convs[len(a.Convs)-1].Out*bands: // channels × bands
			return 2*(k/bands)*bands + k%bands
		}
		return 2 * k
	}
	for i := range src {
		rest, index, stride := i, 0, 1
		for d := len(from) - 1; d >= 0; d-- {
			index += at(d, rest%from[d]) * stride
			stride *= to[d]
			rest /= from[d]
		}
		dst[index] = src[i]
	}
}
