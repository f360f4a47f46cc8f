package head

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
)

// Without a memory nothing holds the new column down on the old labels' sounds:
// the reason why a model file carries one.
func TestHeadForgetsWithoutMemory(t *testing.T) {
	const width = 8
	rng := rand.New(rand.NewPCG(2, 2))
	// Old label 0 lives at +e0, background 1 at −e0, the new label 2 at +e0 + e1.
	at := func(x, y float64) []float32 {
		v := make([]float32, width)
		for i := range v {
			v[i] = float32(0.05 * rng.NormFloat64())
		}
		v[0], v[1] = v[0]+float32(x), v[1]+float32(y)
		return v
	}
	learn := func(remember bool) (oldScore float64) {
		h := &head{width: width, classes: 3, learned: []bool{false, false, true}, firstOld: -1}
		for _, x := range []float64{3, -3, 0} {
			column := make([]float64, width+1)
			column[0] = x
			h.w = append(h.w, column)
			h.start = append(h.start, slices.Clone(column))
		}
		for range 40 {
			h.add(at(1, 0.4), 2, 1)
			h.add(at(-1, 0), 1, 1)
			if remember {
				h.add(at(1, 0), 0, 1)
			}
		}
		if _, err := h.learn(context.Background(), 1); err != nil {
			t.Fatal(err)
		}
		z := make([]float64, 3)
		h.logits(at(1, 0), z)
		softmax(z, 0)
		return z[0]
	}
	with, without := learn(true), learn(false)
	if with < 0.6 || without > 0.4 {
		t.Errorf("the old label's score on its own sound is %.2f with a memory and %.2f without; want over 0.6 and below 0.4", with, without)
	}
}

// A new label that sounds just like an old one ends up as likely as that one, though its examples weigh ten times as much.
func TestNewLabelsGetEvenOdds(t *testing.T) {
	const old, width = 50, 50
	place := func(label int) []float32 {
		v := make([]float32, width)
		v[label] = 1
		return v
	}
	h := &head{width: width, classes: old + 1, learned: make([]bool, old+1)}
	h.learned[old] = true
	for k := range old + 1 {
		column := make([]float64, width+1)
		if k < old {
			column[k] = 4
		}
		h.w = append(h.w, column)
		h.start = append(h.start, slices.Clone(column))
	}
	for range 20 {
		h.add(place(7), old, taughtWeight/20.0)
	}
	h.firstOld = len(h.examples)
	for k := range old {
		h.add(place(k), k, memoryWeight/float64(old))
	}
	odds := func() float64 {
		z := make([]float64, old+1)
		h.logits(place(7), z)
		softmax(z, 0)
		return z[old] / z[7]
	}
	if _, err := h.learn(context.Background(), 1); err != nil {
		t.Fatal(err)
	}
	before := odds()
	h.evenOdds(-1)
	if after := odds(); before < 5 || after < 0.5 || after > 1.5 {
		t.Errorf("odds of the new label to the old: %.2f, evened out %.2f; want about 10 and 1", before, after)
	}
}
