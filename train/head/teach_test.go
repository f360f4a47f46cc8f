package head

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"earshot/infer/onnx"
	"earshot/internal/test/learned"
	"earshot/internal/test/testruntime"
	"earshot/internal/test/tones"
	"earshot/train"
	"earshot/train/acrnn"
	"earshot/train/recipe"
	"earshot/train/scoring"
)

// A label list that grows, shrinks and changes its order keeps what the network knew of each label.
func TestExtendKeepsWhatItKnows(t *testing.T) {
	n := learned.Tones(t)
	to := []string{"doorbell", "tone_3", "tone_0", "kettle"}
	a, w, err := Extend(n.Arch, n.Weights, n.Data.Labels, to, 1)
	if err != nil {
		t.Fatal(err)
	}
	if a.Classes != 4 || len(w.Flat) != a.Size() {
		t.Fatalf("%d labels, %d parameters of %d", a.Classes, len(w.Flat), a.Size())
	}
	old, fresh := n.Arch.Named(n.Weights.Flat), a.Named(w.Flat)
	for _, p := range a.Params() {
		if !p.Head && !slices.Equal(old[p.Name], fresh[p.Name]) {
			t.Errorf("%s changed", p.Name)
		}
	}
	// Ratios of scores among the labels kept are as before: their logits are.
	before, after := clipScores(t, n.Arch, n.Weights, n), clipScores(t, a, w, n)
	for i := range before {
		x, y := math.Log(float64(before[i][3]/before[i][0])), math.Log(float64(after[i][1]/after[i][2]))
		if math.Abs(x-y) > 1e-3*math.Max(1, math.Abs(x)) {
			t.Fatalf("clip %d: log-ratio of two old labels %g, was %g", i, y, x)
		}
	}
	if fresh["dense.b"][0] != -2 || fresh["dense.b"][3] != -2 {
		t.Errorf("biases %v, want new labels to start out unlikely", fresh["dense.b"])
	}
	if _, _, err := Extend(n.Arch, n.Weights, []string{"one"}, to, 1); err == nil || !strings.Contains(err.Error(), "4 outputs and 1 labels") {
		t.Errorf("a label list that is not the model's: %v", err)
	}
}

func clipScores(t *testing.T, a acrnn.Arch, w acrnn.Weights, n *learned.Network) (scores [][]float32) {
	t.Helper()
	s, err := scoring.New(a, w, tones.Front(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, e := range n.Data.Test {
		mean, _, err := s.Clip(e.Clip, 64)
		if err != nil {
			t.Fatal(err)
		}
		scores = append(scores, mean)
	}
	return scores
}

// The head's gradient, by central differences of its loss.
func TestHeadGradient(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	h := &head{width: 5, classes: 4, learned: []bool{false, true, false, true}, firstOld: -1}
	for range h.classes {
		column := make([]float64, h.width+1)
		for i := range column {
			column[i] = rng.NormFloat64()
		}
		h.w = append(h.w, column)
	}
	var batch []int
	for i := range 6 {
		v := make([]float32, h.width)
		for k := range v {
			v[k] = float32(rng.NormFloat64())
		}
		h.add(v, i%4, 0.5+rng.Float64())
		batch = append(batch, i)
	}
	columns := []int{1, 3}
	fixed := make([][]float64, len(h.examples))
	for i, x := range h.examples {
		fixed[i] = make([]float64, h.classes)
		h.logits(x.v, fixed[i])
	}
	grad, other := newAdam(2, h.width+1).gradient, newAdam(2, h.width+1).gradient
	_, weight := h.gradient(batch, fixed, columns, grad)
	total := 0.0
	for _, x := range h.examples {
		total += x.weight
	}
	if math.Abs(weight-total) > 1e-12 {
		t.Errorf("weight %g, want %g", weight, total)
	}
	for c, k := range columns {
		for i := range h.width + 1 {
			loss := func(d float64) float64 {
				h.w[k][i] += d
				defer func() { h.w[k][i] -= d }()
				l, _ := h.gradient(batch, fixed, columns, other)
				return l
			}
			if slope := (loss(1e-6) - loss(-1e-6)) / 2e-6; math.Abs(slope-grad[c][i]) > 1e-6 {
				t.Errorf("label %d, input %d: gradient %g, slope %g", k, i, grad[c][i], slope)
			}
		}
	}
}

// A new label learned from its clips alone, beside a memory of the old ones: it is learned, the
// old columns do not move by a bit, the old labels are still named, and the memory grows by the new one.
func TestTeachAddsALabelAndLosesNone(t *testing.T) {
	n := learned.Tones(t)
	rng := rand.New(rand.NewPCG(7, 7))
	old, err := Remember(n.Arch, n.Weights, tones.Front(), n.Data, nil, 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	if lacks := old.Lacks(n.Data.Labels); len(old.Labels) != perLabel*learned.Labels || len(lacks) != 0 {
		t.Errorf("memory of %v lacks %v", old.Labels, lacks)
	}
	d := &train.Data{Labels: append(slices.Clone(n.Data.Labels), "high"), Background: -1}
	var held []train.Example
	for range 4 {
		d.Train = append(d.Train, train.Example{Clip: tones.Clip(7, 160, rng), Label: 4})
		held = append(held, train.Example{Clip: tones.Clip(7, 160, rng), Label: 4})
	}
	a, w, err := Extend(n.Arch, n.Weights, n.Data.Labels, d.Labels, 1)
	if err != nil {
		t.Fatal(err)
	}
	r := recipe.FineTune()
	r.Augment = recipe.Augment{GainDB: 6}
	taught, err := Teach(context.Background(), a, w, tones.Front(), d, old, r, 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	before, after := a.Named(w.Flat), a.Named(taught.Weights.Flat)
	for name := range before {
		for i := range before[name] {
			if newColumn := strings.HasPrefix(name, "dense.") && i%a.Classes == 4; before[name][i] != after[name][i] && !newColumn {
				t.Fatalf("%s[%d] went from %g to %g", name, i, before[name][i], after[name][i])
			}
		}
	}
	if last := taught.Loss[len(taught.Loss)-1]; !(last < taught.Loss[0]) {
		t.Errorf("loss %v", taught.Loss)
	}
	if taught.Remembered != perLabel*learned.Labels || taught.After < taught.Before-1 {
		t.Errorf("of %d remembered windows %d right, then %d", taught.Remembered, taught.Before, taught.After)
	}
	s, err := scoring.New(a, taught.Weights, tones.Front(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	newOnes, _, err := s.Accuracy(held, -1, 64)
	if err != nil {
		t.Fatal(err)
	}
	oldOnes, _, err := s.Accuracy(n.Data.Test, -1, 64)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("new label %.0f %%, old ones %.0f %%", 100*newOnes, 100*oldOnes)
	if newOnes < 0.8 || oldOnes < 0.9 {
		t.Errorf("new label %.0f %%, old ones %.0f %% of held-out clips; want ≥ 80 and ≥ 90", 100*newOnes, 100*oldOnes)
	}
	if lacks := taught.Memory.Lacks(d.Labels); len(lacks) != 0 || len(taught.Memory.Vectors) != taught.Memory.Width*len(taught.Memory.Labels) {
		t.Errorf("the new memory lacks %v", lacks)
	}
	again, err := Teach(context.Background(), a, w, tones.Front(), d, old, r, 1, 0)
	if err != nil || !slices.Equal(again.Weights.Flat, taught.Weights.Flat) {
		t.Errorf("the same seed gives other weights (%v)", err)
	}
	d.Train = nil
	if _, err := Teach(context.Background(), a, w, tones.Front(), d, old, r, 1, 0); err == nil || !strings.Contains(err.Error(), "no clips to learn from") {
		t.Errorf("nothing to learn from: %v", err)
	}
}

// A memory keeps numbers of −1 to 1 to within half a step of 1/127; a broken one is refused.
func TestMemoryRoundTrip(t *testing.T) {
	m := &Memory{Width: 4}
	m.add("a", []float32{-1, 0.3, 1, 0})
	m.add("b", []float32{-7, 0.004, 9, -0.3}) // beyond the ends is cut
	want := [][]float32{{-1, 0.3, 1, 0}, {-1, 0.004, 1, -0.3}}
	got := make([]float32, 4)
	for i := range want {
		if m.vector(i, got); tones.Apart(got, want[i]) > 0.5/127+1e-6 {
			t.Errorf("vector %d: %v, want %v", i, got, want[i])
		}
	}
	if got, err := ReadMemory(withMemory(t, nil)); got != nil || err != nil {
		t.Errorf("a model without memory: %v, %v", got, err)
	}
	for _, broken := range []*Memory{{Labels: []string{"a"}, Width: 3, Vectors: []byte{1}}, {Width: 0}, {Width: -1, Labels: []string{"a"}}} {
		if _, err := ReadMemory(withMemory(t, broken)); err == nil || !strings.Contains(err.Error(), `"memory"`) {
			t.Errorf("memory %+v: %v", broken, err)
		}
	}
	if lacks := (*Memory)(nil).Lacks([]string{"x"}); !slices.Equal(lacks, []string{"x"}) {
		t.Errorf("no memory lacks %v", lacks)
	}
}

// withMemory is an ONNX file that says no more than m.
func withMemory(t *testing.T, m *Memory) []byte {
	t.Helper()
	g := onnx.New("memory")
	if m != nil {
		b, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		g.Metadata["memory"] = string(b)
	}
	return g.Marshal()
}

func TestMain(m *testing.M) {
	testruntime.MustLoad()
	m.Run()
}
