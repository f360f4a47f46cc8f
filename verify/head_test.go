package verify

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// aHead is a head of made-up weights.
func aHead(seed uint64, labels ...string) *Head {
	rng := rand.New(rand.NewPCG(seed, 9))
	k := len(labels) + 1
	normal := func(n int) []float64 {
		x := make([]float64, n)
		for i := range x {
			x[i] = rng.NormFloat64() * 0.1
		}
		return x
	}
	deviation := make([]float64, EmbeddingLen)
	for i := range deviation {
		deviation[i] = 0.2 + rng.Float64()
	}
	return NewHead("test", labels, normal(k*EmbeddingLen), normal(k), normal(EmbeddingLen), deviation)
}

func TestHeadAgainstOracle(t *testing.T) {
	const classes = 3
	rng := rand.New(rand.NewPCG(5, 6))
	w, b := make([]float64, classes*EmbeddingLen), []float64{0.1, -0.3, 0.2}
	mean, deviation, e := make([]float64, EmbeddingLen), make([]float64, EmbeddingLen), make([]float32, EmbeddingLen)
	for i := range w {
		w[i] = rng.NormFloat64() * 0.05
	}
	for i := range e {
		mean[i], deviation[i], e[i] = rng.Float64(), 0.5+rng.Float64(), float32(rng.Float64()*3)
	}
	want, sum := make([]float64, classes), 0.0
	for c := range want {
		z := b[c]
		for i, v := range e {
			z += w[c*EmbeddingLen+i] * (float64(v) - mean[i]) / deviation[i]
		}
		want[c] = math.Exp(z)
		sum += want[c]
	}
	got := make([]float32, classes)
	NewHead("test", []string{"dog", "cat"}, w, b, mean, deviation).Apply(got, e)
	for c := range want {
		if d := math.Abs(float64(got[c]) - want[c]/sum); !(d <= 1e-5) {
			t.Errorf("class %d: %g, want %g", c, got[c], want[c]/sum)
		}
	}
}

func TestMeanOfPatches(t *testing.T) {
	h := aHead(1, "dog", "cat")
	var patches []Patch
	want := make([]float64, 3)
	mean, scratch := make([]float32, 3), make([]float32, 3)
	h.Mean(mean, scratch, nil)
	if mean[0] != 0 {
		t.Errorf("no patch gives %v", mean)
	}
	for seed := range uint64(3) {
		p := Patch{Embedding: noise(seed, EmbeddingLen)}
		patches = append(patches, p)
		h.Apply(scratch, p.Embedding)
		for c := range want {
			want[c] += float64(scratch[c]) / 3
		}
	}
	h.Mean(mean, scratch, patches)
	for c := range want {
		if d := math.Abs(float64(mean[c]) - want[c]); !(d <= 1e-6) {
			t.Errorf("class %d: %g, want %g", c, mean[c], want[c])
		}
	}
	if n := testing.AllocsPerRun(10, func() { h.Mean(mean, scratch, patches) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestHear: what the second network calls a sound itself moves the label whose sound it is, and no other.
func TestHear(t *testing.T) {
	names := []string{"Speech", "Bark", "Meow", "Silence"}
	h := aHead(1, "dog", "doorbell")
	h.Sounds = SoundsOf(h.Labels, names)
	e := noise(1, EmbeddingLen)
	alone, got := make([]float32, 3), make([]float32, 3)
	h.Apply(alone, e)
	for _, c := range []struct{ bark, by float64 }{{0, -3}, {1, 4}, {0.5, 2}, {1 / (1 + math.Exp(2)), 0}} {
		h.Hear(got, e, []float32{0.9, float32(c.bark), 0.7, 0})
		if want := Logit(float64(alone[0])) + c.by; math.Abs(Logit(float64(got[0]))-want) > 1e-4 || got[1] != alone[1] || got[2] != alone[2] {
			t.Errorf("a bark of %g: %v beside %v, want a logit of %g and the rest as it was", c.bark, got, alone, want)
		}
	}
	for _, heard := range [][]float32{nil, {0.1}} { // none, or fewer than the head thinks: nothing is read that is not there
		if h.Hear(got, e, heard); heard == nil && got[0] != alone[0] {
			t.Errorf("without names %v, want %v", got, alone)
		}
	}
	if n := testing.AllocsPerRun(10, func() { h.Hear(got, e, []float32{0, 1, 0, 0}) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestHeadRoundTrip(t *testing.T) {
	h := aHead(2, "dog", "cat")
	h.Fusions[1] = Fusion{Candidate: 0.05, A: 0.7, B: 1.1, C: -2, On: 0.9, Off: 0.2}
	h.Sounds = [][]int{{3, 520}, {}} // the last that YAMNet has
	h.Noise = []int{1, 520}
	text, err := h.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseHead(text, []string{"cow", "cat", "dog"})
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got.Sounds, h.Sounds) || !reflect.DeepEqual(got.Noise, h.Noise) || got.Index("cat") != 1 || got.Index("cow") != -1 || got.Fusions[1] != h.Fusions[1] || got.Embedder != "test" {
		t.Errorf("%v %v", got.Labels, got.Fusions)
	}
	for i, w := range h.Weights {
		if d := math.Abs(float64(got.Weights[i] - w)); d > 1e-3*math.Abs(float64(w))+1e-7 {
			t.Fatalf("weight %d: %g, want %g", i, got.Weights[i], w)
		}
	}
	again, err := got.Marshal()
	if err != nil || !bytes.Equal(again, text) {
		t.Errorf("what was read is written otherwise (%v)", err)
	}
}

func TestParseHeadRefuses(t *testing.T) {
	text, err := aHead(3, "dog", "cat").Marshal()
	if err != nil {
		t.Fatal(err)
	}
	known := []string{"dog", "cat"}
	for name, c := range map[string]struct {
		change func(m map[string]any)
		want   string
	}{
		"version":   {func(m map[string]any) { m["version"] = 4 }, "version 4, this earshot reads versions 1 to 3"},
		"noise":     {func(m map[string]any) { m["noise"] = []int{4096} }, "noise is 1 indices"},
		"unknown":   {func(m map[string]any) { m["labels"] = []string{"dog", "cow"} }, `label 1 is "cow", which the model does not know`},
		"twice":     {func(m map[string]any) { m["labels"] = []string{"dog", "dog"} }, `"dog" is there twice`},
		"few":       {func(m map[string]any) { m["labels"] = []string{"dog"} }, "1 labels, 3 biases, 2 fusions"},
		"weights":   {func(m map[string]any) { m["weights"] = "AAAA" }, "4 characters of weights"},
		"base64":    {func(m map[string]any) { m["weights"] = strings.Repeat("!", len(m["weights"].(string))) }, "base64"},
		"infinite":  {func(m map[string]any) { m["weights"] = "AHwA" + m["weights"].(string)[4:] }, "weight 0 of class 0 is +Inf"},
		"threshold": {func(m map[string]any) { m["fusions"].([]any)[0].(map[string]any)["off"] = 0.9 }, "0 < off ≤ on"},
		"foreign":   {func(m map[string]any) { m["extra"] = 1 }, "unknown field"},
		"embedder":  {func(m map[string]any) { m["embedder"] = "" }, "name has 0 bytes"},
		"sounds":    {func(m map[string]any) { m["sounds"] = [][]int{{1}} }, "sounds of 1 labels, want 2 or none"},
		"index":     {func(m map[string]any) { m["sounds"] = [][]int{nil, {-1}} }, `sounds of "cat" are 1 indices`},
	} {
		var m map[string]any
		if err := json.Unmarshal(text, &m); err != nil {
			t.Fatal(err)
		}
		c.change(m)
		changed, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseHead(changed, known); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if _, err := ParseHead(append(text, "{}"...), known); err == nil {
		t.Error("more after the object was read")
	}
}

// FuzzParseHead: what is read can be used and written, and reads the same again.
func FuzzParseHead(f *testing.F) {
	f.Add([]byte(`{"version":1}`))
	f.Add([]byte(`{"version":1,"embedder":"x","labels":["dog"],"weights":"","bias":[0,0],"fusions":[{"on":1,"off":1}]}`))
	text, err := aHead(4, "dog").Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		h, err := ParseHead(text, []string{"dog", "cat"})
		if err != nil {
			return
		}
		dst := make([]float32, h.Classes())
		h.Hear(dst, make([]float32, EmbeddingLen), []float32{0, 0.5, 1})
		for _, p := range dst {
			if !(p >= 0 && p <= 1) {
				t.Fatalf("probabilities %v", dst)
			}
		}
		if _, err := h.Marshal(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestFuse(t *testing.T) {
	even := Fusion{A: 1, B: 1}
	for _, c := range []struct{ first, second, want float64 }{
		{0.5, 0.5, 0.5}, {0.9, 0.5, 0.9}, {0.9, 0.1, 0.5}, {0.8, 0.8, 16.0 / 17},
	} {
		if got := even.Fuse(c.first, c.second, 0); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%g and %g make %g, want %g", c.first, c.second, got, c.want)
		}
	}
	if got := (Fusion{A: 1, B: 1}).Fuse(1, 0, 0); math.Abs(got-0.5) > 1e-12 {
		t.Errorf("certainty against certainty makes %g", got)
	}
	if a, b := even.Fuse(0.7, math.NaN(), 0), even.Fuse(0.7, 0.2, math.NaN()); a != 0.7 || b != 0.7 {
		t.Errorf("without a second opinion %g, without knowing how loud the noise is %g; want the first", a, b)
	}
	f := Fusion{A: 0.4, B: 0.4, C: -0.1}
	for p := 0.05; p < 0.99; p += 0.05 { // in nothing but noise the second says nothing against a label, in half of it half; what it says for one stands
		alone := sigmoid(0.8*Logit(p) - 0.1)
		if got := f.Fuse(p, 0.001, 1); math.Abs(got-alone) > 1e-12 {
			t.Errorf("%g in noise, denied, makes %g, want %g", p, got, alone)
		}
		if got, want := f.Fuse(p, 0.999, 1), f.Fuse(p, 0.999, 0); got != want {
			t.Errorf("%g in noise, confirmed, makes %g, want %g", p, got, want)
		}
		if got, want := Logit(f.Fuse(p, 0.01, 0.5)), (Logit(f.Fuse(p, 0.01, 0))+Logit(f.Fuse(p, 0.01, 1)))/2; math.Abs(got-want) > 1e-9 {
			t.Errorf("%g in half noise has the logit %g, want %g", p, got, want)
		}
	}
	last := 0.0
	for p := 0.0; p <= 1; p += 1.0 / 64 {
		got := DefaultFusion.Fuse(p, 0.3, 0)
		if got < last || !(got >= 0 && got <= 1) {
			t.Fatalf("at %g: %g after %g", p, got, last)
		}
		last = got
	}
}
