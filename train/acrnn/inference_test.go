package acrnn

import (
	"math"
	"math/rand/v2"
	"testing"

	"earshot/infer"
)

// The exported network is the training network in eval mode: with the very statistics of a
// batch it gives that batch's scores, from windows that are not normalised yet.
func TestInferenceIsTheTrainingNetwork(t *testing.T) {
	block := FindBlock(infer.GraphOptions{})
	for _, attention := range attentions {
		t.Run(attention, func(t *testing.T) {
			a := narrowArch(t, attention, max(block, 4), 6)
			const batch = 6
			p := newProblem(a, batch, 13)
			s, err := NewStatistics(a, nil, batch, block, infer.GraphOptions{})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			copy(s.Window(), p.window)
			means, vars, err := s.Run(p.flat)
			if err != nil {
				t.Fatal(err)
			}
			want := s.run.Tensors["scores"].Data
			w := Weights{Flat: p.flat, Means: means, Vars: vars, Mean: [2]float32{-41, 0.3}, Std: [2]float32{17, 2.5}}

			scores, attentionOut := infere(t, a, w, InferenceOptions{}, p.window, batch)
			if d := largest(scores, want); d > 1e-4 {
				t.Errorf("scores differ by %.2g from the training graph", d)
			}
			checkAttention(t, a, attentionOut, batch)
			half, _ := infere(t, a, w, InferenceOptions{Half: true}, p.window, batch)
			if d := largest(half, want); d > 1e-2 {
				t.Errorf("with half-precision weights scores differ by %.2g", d)
			} else {
				t.Logf("float32 within %.2g, half-precision weights within %.2g", largest(scores, want), d)
			}
			hot, _ := infere(t, a, w, InferenceOptions{Temperature: 2}, p.window, batch)
			checkTemperature(t, a, scores, hot, 2)
		})
	}
}

// infere runs the exported graph on windows after undoing their normalisation.
func infere(t *testing.T, a Arch, w Weights, o InferenceOptions, window []float32, batch int) (scores, attention []float32) {
	t.Helper()
	g, err := infer.NewGraph(InferenceGraph(a, w, o).Marshal(), []string{"window"}, []string{"scores", "attention"}, infer.GraphOptions{Optimise: true})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	var tensors []*infer.Tensor
	for _, dims := range [][]int{{batch, 2, a.Bands, a.Frames}, {batch, a.Classes}, {batch, a.AttentionSteps()}} {
		x, err := infer.NewTensor(dims...)
		if err != nil {
			t.Fatal(err)
		}
		defer x.Close()
		tensors = append(tensors, x)
	}
	plane := a.Bands * a.Frames
	for i, v := range window {
		c := i / plane % 2
		tensors[0].Data[i] = v*w.Std[c] + w.Mean[c]
	}
	if err := g.Run(tensors[:1], tensors[1:]); err != nil {
		t.Fatal(err)
	}
	return append(scores, tensors[1].Data...), append(attention, tensors[2].Data...)
}

func largest(a, b []float32) (d float64) {
	for i := range a {
		d = math.Max(d, math.Abs(float64(a[i]-b[i])))
	}
	return d
}

// Attention is a distribution over steps; without attention it is even.
func checkAttention(t *testing.T, a Arch, attention []float32, batch int) {
	t.Helper()
	steps := a.AttentionSteps()
	uneven := false
	for i := range batch {
		sum := 0.0
		for _, v := range attention[i*steps : (i+1)*steps] {
			sum += float64(v)
			uneven = uneven || math.Abs(float64(v)*float64(steps)-1) > 1e-3
			if !(v >= 0) {
				t.Errorf("clip %d: attention %v", i, v)
			}
		}
		if math.Abs(sum-1) > 1e-5 {
			t.Errorf("clip %d: attention sums to %g", i, sum)
		}
	}
	if uneven != (a.Attention.Layer != 0) {
		t.Errorf("attention is uneven: %v, with %v", uneven, a.Attention)
	}
}

// A temperature divides the logits: log-ratios of scores shrink by it.
func checkTemperature(t *testing.T, a Arch, plain, hot []float32, temperature float64) {
	t.Helper()
	for i := 0; i < len(plain); i += a.Classes {
		want := math.Log(float64(plain[i])/float64(plain[i+1])) / temperature
		if got := math.Log(float64(hot[i]) / float64(hot[i+1])); math.Abs(got-want) > 1e-3 {
			t.Fatalf("log-ratio %g at temperature %g, want %g", got, temperature, want)
		}
	}
}

// The paper's network in full: sizes as the design states them, and any batch through one file.
func TestFullNetwork(t *testing.T) {
	a, err := New(50, 1, Attention{Layer: 10})
	if err != nil {
		t.Fatal(err)
	}
	if c, b, s := a.Steps(); c != 256 || b != 4 || s != 7 {
		t.Errorf("the GRU reads %d channels of %d bands in %d steps, want 256, 4, 7", c, b, s)
	}
	if mega := float64(a.Size()) / 1e6; math.Abs(mega-4.22) > 0.01 {
		t.Errorf("%.3f M parameters, want 4.22 M", mega)
	}
	if mega := float64(a.MACs()) / 1e6; math.Abs(mega-454.6) > 0.5 {
		t.Errorf("%.1f MMAC a window, want 454.6", mega)
	}
	w := Weights{Flat: InitWeights(a, HeInit, rand.New(rand.NewPCG(1, 2))), Means: make([]float32, a.StatSize()), Vars: make([]float32, a.StatSize()), Std: [2]float32{1, 1}}
	for i := range w.Vars {
		w.Vars[i] = 1
	}
	window := newProblem(a, 3, 1).window
	three, _ := infere(t, a, w, InferenceOptions{}, window, 3)
	one, _ := infere(t, a, w, InferenceOptions{}, window[:len(window)/3], 1)
	if d := largest(one, three[:50]); d > 1e-6 {
		t.Errorf("a window's scores change by %.2g with the batch it is in", d)
	}
}
