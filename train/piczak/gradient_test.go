package piczak

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"earshot/infer"
	"earshot/internal/test/testruntime"
	"earshot/train/stepgraph"
)

func TestMain(m *testing.M) {
	testruntime.MustLoad()
	m.Run()
}

var oneThread = infer.GraphOptions{Threads: 1}

// randomWeights fills the parameters among tensors and returns them in float64.
func randomWeights(a Arch, r *stepgraph.Runner, seed uint64) map[string][]float64 {
	rng, wide := rand.New(rand.NewPCG(seed, 5)), map[string][]float64{}
	for _, p := range a.Params() {
		scale := 0.3 // biases
		if p.decays() {
			scale = math.Sqrt(1.5 / float64(p.Size()/p.Shape[len(p.Shape)-1]))
		}
		for i := range r.Tensors[p.Name].Data {
			w := float32(scale * rng.NormFloat64())
			r.Tensors[p.Name].Data[i] = w
			wide[p.Name] = append(wide[p.Name], float64(w))
		}
	}
	return wide
}

func fill(r *stepgraph.Runner, p problem) {
	copy(r.Tensors["segment"].Data, p.segment)
	copy(r.Tensors["target"].Data, p.target)
	r.Tensors["share"].Data[0] = 1 / float32(p.rows)
	for name, m := range p.mask {
		copy(r.Tensors[name].Data, m)
	}
}

// Two dozen elements of every gradient of the graph, or all, against central differences of the oracle, dropout, decay, a batch that is not full and
// digital silence included. A point where a ReLU or maximum stands on its edge within float32's rounding has no gradient to compare;
// so one of three points must agree everywhere. (On the processor this was written on the first does.)
func TestGradientsMatchFiniteDifferences(t *testing.T) {
	a := tiny()
	const decay = 0.01
	r, err := stepgraph.New(StepGraph(a, StepOptions{Batch: 3, Decay: decay, Gradients: true}), oneThread, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var faults []string
	for seed := range uint64(3) {
		p := newProblem(a, 3, seed)
		fill(r, p)
		o := &oracle{a: a, p: randomWeights(a, r, seed), decay: decay, batch: p, masked: true}
		if err := r.Run(); err != nil {
			t.Fatal(err)
		}
		if faults = gradientFaults(r, o); len(faults) == 0 {
			return
		}
	}
	t.Error("no point of three has the right gradients; at the last:\n", strings.Join(faults, "\n "))
}

// gradientFaults lists what of the graph's loss and gradients is not the oracle's.
func gradientFaults(r *stepgraph.Runner, o *oracle) (faults []string) {
	if got, want := float64(r.Tensors["loss"].Data[0]), o.loss(); !(math.Abs(got-want) <= 1e-5*want) {
		faults = append(faults, fmt.Sprintf("loss %g, want %g", got, want))
	}
	for _, p := range o.a.Params() {
		var sum, diff float64
		w, gradient := o.p[p.Name], r.Tensors["d"+p.Name].Data
		for _, i := range rand.New(rand.NewPCG(1, 2)).Perm(len(w))[:min(len(w), 24)] {
			got, before := gradient[i], w[i]
			const h = 1e-6
			w[i] = before + h
			want := o.cost()
			w[i] = before - h
			want = (want - o.cost()) / (2 * h)
			w[i] = before
			sum, diff = sum+want*want, diff+(float64(got)-want)*(float64(got)-want)
		}
		if rel := math.Sqrt(diff / sum); !(rel <= 1e-4) {
			faults = append(faults, fmt.Sprintf("%s: relative error %.2g", p.Name, rel))
		}
	}
	return faults
}

// What names segments is the same network without dropout, whatever the batch.
func TestScoresMatchTheOracle(t *testing.T) {
	a := tiny()
	e, err := NewEngine(a, StepOptions{Batch: 4}, 1, oneThread)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	p := newProblem(a, 4, 9)
	o := &oracle{a: a, p: randomWeights(a, e.run, 9), batch: p}
	s, err := e.NewScorer(3, oneThread)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	copy(s.Input(), p.segment)
	got, err := s.Scores(2)
	if err != nil || len(got) != 2*a.Classes {
		t.Fatalf("%d scores, %v", len(got), err)
	}
	for i := range 2 {
		for k, want := range o.probabilities(i) {
			if math.Abs(float64(got[i*a.Classes+k])-want) > 1e-5 {
				t.Errorf("segment %d, label %d: %g, want %g", i, k, got[i*a.Classes+k], want)
			}
		}
	}
}

// A step of the article's network and batch: ns/op is its time. It takes 1.5 GB.
func BenchmarkStep(b *testing.B) {
	a, err := New(10, 1)
	if err != nil {
		b.Fatal(err)
	}
	e, err := NewEngine(a, StepOptions{Batch: 1000, Rate: 0.002, Momentum: 0.9, Decay: 0.001}, 1, oneThread)
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	fill(e.run, newProblem(a, 1000, 1))
	for b.Loop() {
		if _, err := e.Step(); err != nil {
			b.Fatal(err)
		}
	}
}

// Clips are named from their own segments, normalised, with their deltas, whatever batches these are scored in.
func TestClipsKeepTheirSegments(t *testing.T) {
	a, err := New(2, 0.05)
	if err != nil {
		t.Fatal(err)
	}
	e, err := NewEngine(a, StepOptions{Batch: 1}, 1, oneThread)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	s, err := e.NewScorer(4, oneThread)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	clips := noises(2, 2, 5) // of 1, 2, 3 and 1 segments
	l := newListener(fitNorm(clips))
	o := &oracle{a: a, p: randomWeights(a, e.run, 6)}
	got, err := s.clips(context.Background(), clips, l)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range got {
		if c.Label != clips[i].Label || len(c.Scores) != 2*clips[i].count() {
			t.Fatalf("clip %d: label %d, %d scores", i, c.Label, len(c.Scores))
		}
		for k := range clips[i].count() {
			o.batch.segment = make([]float32, inputLen)
			l.hear(o.batch.segment, clips[i].segment(k))
			if want := o.probabilities(0)[0]; math.Abs(float64(c.Scores[2*k])-want) > 1e-4 {
				t.Errorf("clip %d, segment %d: %g, want %g", i, k, c.Scores[2*k], want)
			}
		}
	}
}

// Two updates are pylearn2's: v ← μ·v − η·g, then w ← w + μ·v − η·g, with the gradient of the whole cost at w.
func TestUpdateIsNesterov(t *testing.T) {
	a := tiny()
	o := StepOptions{Batch: 4, Rate: 0.05, Momentum: 0.9, Decay: 0.01}
	e, err := NewEngine(a, o, 1, oneThread)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	o.Gradients = true
	g, err := stepgraph.New(StepGraph(a, o), oneThread, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	w, v := randomWeights(a, e.run, 2), map[string][]float64{}
	for step := range 2 {
		p := newProblem(a, 4, uint64(step))
		fill(e.run, p)
		fill(g, p)
		for name := range w {
			copy(g.Tensors[name].Data, e.run.Tensors[name].Data)
		}
		if err := g.Run(); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Step(); err != nil {
			t.Fatal(err)
		}
		for name := range w {
			if step == 0 {
				v[name] = make([]float64, len(w[name]))
			}
			for i, d := range g.Tensors["d"+name].Data {
				pull := 0.05 * float64(d)
				v[name][i] = 0.9*v[name][i] - pull
				w[name][i] += 0.9*v[name][i] - pull
				if got := float64(e.State()[name][i]); math.Abs(got-w[name][i]) > 1e-5 {
					t.Fatalf("step %d: %s[%d] is %g, want %g", step, name, i, got, w[name][i])
				}
			}
		}
	}
}

// The article's network has the numbers of its program, and the paper's figure is met as PaperNote says.
func TestArchitecture(t *testing.T) {
	for classes, want := range map[int]int{10: 26734090, 50: 26934130} {
		a, err := New(classes, 1)
		if err != nil {
			t.Fatal(err)
		}
		c := Cost(a)
		if a.Size() != want || c.Params != want || c.PaperParams != 31534090 || a.flat() != 320 {
			t.Errorf("%d labels: %d and %d parameters, want %d; by the paper %d, want 31 534 090; %d values, want 320", classes, a.Size(), c.Params, want, c.PaperParams, a.flat())
		}
		if macs := int64(4*36*80*684 + 10*80*240 + 320*5000 + 5000*5000 + 5000*classes); c.MACs != macs {
			t.Errorf("%d labels: %d multiplications, want %d", classes, c.MACs, macs)
		}
	}
	for _, bad := range []func() (Arch, error){func() (Arch, error) { return New(1, 1) }, func() (Arch, error) { return New(3, 0) }, func() (Arch, error) { return New(3, math.NaN()) }} {
		if _, err := bad(); err == nil {
			t.Error("a network that cannot be is made")
		}
	}
}
