package verifier

import (
	"errors"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// clouds are n embeddings around one centre for each class.
func clouds(seed uint64, n, dims, classes int, spread float64) Data {
	rng := rand.New(rand.NewPCG(seed, 1))
	centres := make([]float64, classes*dims)
	for i := range centres {
		centres[i] = rng.NormFloat64()
	}
	d := Data{Dims: dims, Classes: classes}
	for range n {
		y := rng.IntN(classes)
		d.Y = append(d.Y, y)
		d.Weight = append(d.Weight, 0.5+rng.Float32())
		for k := range dims {
			d.X = append(d.X, float32(3+0.7*(centres[y*dims+k]+spread*rng.NormFloat64())))
		}
	}
	return d
}

// slowLoss is the sum as the package's comment writes it, in float64.
func slowLoss(d Data, s *Solution, decay float64, x []float64) float64 {
	n := d.Classes * d.Dims
	sum, total := 0.0, 0.0
	for i, y := range d.Y {
		z := make([]float64, d.Classes)
		most := math.Inf(-1)
		for c := range z {
			z[c] = x[n+c]
			for k := range d.Dims {
				z[c] += x[c*d.Dims+k] * (float64(d.X[i*d.Dims+k]) - s.Mean[k]) / s.Deviation[k]
			}
			most = max(most, z[c])
		}
		e := 0.0
		for _, v := range z {
			e += math.Exp(v - most)
		}
		w := float64(d.weight(i))
		sum += w * (math.Log(e) + most - z[y])
		total += w
	}
	sum /= total
	for _, w := range x[:n] {
		sum += decay / 2 * w * w
	}
	return sum
}

// TestKnownOptimum: two points, ±1, and two classes. By symmetry W is (−u, u) and b is 0, and the slope
// vanishes where decay·u = σ(−2u).
func TestKnownOptimum(t *testing.T) {
	const decay = 0.05
	d := Data{X: []float32{-1, 1}, Y: []int{0, 1}, Dims: 1, Classes: 2}
	s, err := Fit(d, Options{Decay: decay})
	if err != nil {
		t.Fatal(err)
	}
	lo, hi := 0.0, 10.0
	for range 100 {
		if u := (lo + hi) / 2; decay*u < 1/(1+math.Exp(2*u)) {
			lo = u
		} else {
			hi = u
		}
	}
	if math.Abs(s.Weights[1]-lo) > 1e-4 || math.Abs(s.Weights[0]+lo) > 1e-4 || math.Abs(s.Bias[1]-s.Bias[0]) > 1e-4 {
		t.Errorf("weights %v, biases %v; want ∓%.6f and equal ones", s.Weights, s.Bias, lo)
	}
}

// TestGradient: each slope beside the difference of the slow sum on both sides.
func TestGradient(t *testing.T) {
	const decay = 0.01
	d := clouds(2, 300, 7, 4, 1)
	mean, deviation := d.moments()
	p := newProblem(d, mean, deviation, decay)
	s := &Solution{Mean: mean, Deviation: deviation}
	rng := rand.New(rand.NewPCG(3, 4))
	x := make([]float64, d.Classes*(d.Dims+1))
	for i := range x {
		x[i] = rng.NormFloat64() * 0.3
	}
	if want, got := slowLoss(d, s, decay, x), p.loss(x); math.Abs(got-want) > 1e-6 {
		t.Errorf("loss %g, want %g", got, want)
	}
	grad := make([]float64, len(x))
	p.gradient(grad, x)
	const step = 1e-5
	for i := range x {
		at := x[i]
		x[i] = at + step
		above := slowLoss(d, s, decay, x)
		x[i] = at - step
		below := slowLoss(d, s, decay, x)
		x[i] = at
		if want := (above - below) / (2 * step); math.Abs(grad[i]-want) > 1e-5 {
			t.Errorf("slope %d: %g, want %g", i, grad[i], want)
		}
	}
}

// TestFitIsTheMinimum: no slope is left, by the slow sum too, and no step around lowers it.
func TestFitIsTheMinimum(t *testing.T) {
	const decay = 0.002
	d := clouds(5, 400, 20, 5, 1.5)
	s, err := Fit(d, Options{Decay: decay})
	if err != nil {
		t.Fatal(err)
	}
	if !(s.Gradient <= 1e-4) {
		t.Errorf("a slope of %g is left after %d iterations", s.Gradient, s.Iterations)
	}
	x := slices.Concat(s.Weights, s.Bias)
	least := slowLoss(d, s, decay, x)
	rng := rand.New(rand.NewPCG(6, 7))
	for range 50 {
		y := slices.Clone(x)
		for i := range y {
			y[i] += 0.02 * rng.NormFloat64()
		}
		if got := slowLoss(d, s, decay, y); got < least-1e-9 {
			t.Fatalf("a neighbour has %g, the minimum %g", got, least)
		}
	}
}

// TestWeightsCount: what weighs nothing is as if it were not there, what weighs double as if it were there twice.
func TestWeightsCount(t *testing.T) {
	d := clouds(8, 60, 4, 3, 1)
	once, twice := Data{Dims: 4, Classes: 3}, Data{Dims: 4, Classes: 3}
	for i, y := range d.Y {
		w := i % 3
		once.X, once.Y, once.Weight = append(once.X, d.X[i*4:(i+1)*4]...), append(once.Y, y), append(once.Weight, float32(w))
		for range w {
			twice.X, twice.Y = append(twice.X, d.X[i*4:(i+1)*4]...), append(twice.Y, y)
		}
	}
	a, err := Fit(once, Options{Decay: 0.01})
	if err != nil {
		t.Fatal(err)
	}
	b, err := Fit(twice, Options{Decay: 0.01})
	if err != nil {
		t.Fatal(err)
	}
	for i := range a.Weights {
		if math.Abs(a.Weights[i]-b.Weights[i]) > 1e-3 {
			t.Fatalf("weight %d: %g, want %g", i, a.Weights[i], b.Weights[i])
		}
	}
}

func TestSameBitsOnAnyProcessors(t *testing.T) {
	d := clouds(9, 500, 16, 4, 1)
	var first *Solution
	for _, n := range []int{1, 4, 4} {
		old := runtime.GOMAXPROCS(n)
		s, err := Fit(d, Options{Decay: 0.01})
		runtime.GOMAXPROCS(old)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = s
		}
		if !slices.Equal(first.Weights, s.Weights) || !slices.Equal(first.Bias, s.Bias) {
			t.Fatalf("other bits on %d processors", n)
		}
	}
}

// An offset that is the answer leaves nothing to learn; one on all classes alike changes nothing; a closed Stop ends it.
func TestOffsetAndStop(t *testing.T) {
	d := clouds(12, 300, 6, 3, 1)
	plain, err := Fit(d, Options{Decay: 0.01})
	if err != nil {
		t.Fatal(err)
	}
	largest := func(s *Solution) (w float64) {
		for _, v := range s.Weights {
			w = max(w, math.Abs(v))
		}
		return w
	}
	d.Offset = make([]float32, len(d.Y)*d.Classes)
	for i := range d.Offset {
		d.Offset[i] = float32(i / d.Classes % 7)
	}
	alike, err := Fit(d, Options{Decay: 0.01})
	if err != nil {
		t.Fatal(err)
	}
	for i, w := range plain.Weights {
		if math.Abs(alike.Weights[i]-w) > 1e-3 {
			t.Fatalf("weight %d is %g with an offset on all classes alike, %g without", i, alike.Weights[i], w)
		}
	}
	for i, y := range d.Y {
		d.Offset[i*d.Classes+y] += 20
	}
	known, err := Fit(d, Options{Decay: 0.01})
	if err != nil {
		t.Fatal(err)
	}
	if w := largest(known); w > 1e-3 || largest(plain) < 0.1 {
		t.Errorf("weights up to %g where the offset knows the answer, %g where it does not", w, largest(plain))
	}
	stop := make(chan struct{})
	close(stop)
	if _, err := Fit(d, Options{Decay: 0.01, Stop: stop}); !errors.Is(err, ErrStopped) {
		t.Errorf("%v, want ErrStopped", err)
	}
}

func TestFitRefuses(t *testing.T) {
	good := clouds(1, 10, 3, 2, 1)
	for want, change := range map[string]func(d *Data, o *Options){
		"values":          func(d *Data, _ *Options) { d.X = d.X[1:] },
		"is of class 2":   func(d *Data, _ *Options) { d.Y = append([]int{2}, d.Y[1:]...) },
		"decay 0":         func(_ *Data, o *Options) { o.Decay = 0 },
		"weights are 0":   func(d *Data, _ *Options) { d.Weight = make([]float32, 10) },
		"has weight -1":   func(d *Data, _ *Options) { d.Weight = append([]float32{-1}, d.Weight[1:]...) },
		"1 offsets":       func(d *Data, _ *Options) { d.Offset = make([]float32, 1) },
		"2 classes or mo": func(d *Data, _ *Options) { d.Classes = 1 },
	} {
		d, o := good, Options{Decay: 1}
		change(&d, &o)
		if _, err := Fit(d, o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// TestFullSize is what a real head takes; its time is printed, not asserted.
func TestFullSize(t *testing.T) {
	if testing.Short() {
		t.Skip("some seconds")
	}
	d := clouds(11, 3000, 1024, 51, 12)
	began := time.Now()
	s, err := Fit(d, Options{Decay: 1 / (0.002 * 3000)})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d embeddings: %.1f s, %d iterations, %d evaluations, loss %.4f, slope %.1e", len(d.Y), time.Since(began).Seconds(), s.Iterations, s.Evaluated, s.Loss, s.Gradient)
}
