package infer

import (
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"earshot/internal/test/testmodel"
)

// open loads a test model on the CPU.
func open(t testing.TB, spec *testmodel.Spec, o Options) *Session {
	t.Helper()
	if err := Init(""); err != nil {
		t.Fatal(err)
	}
	m, err := ParseModel("test", spec.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSession(m, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// loud is a window in which label k of four is the loudest, in frames from on.
func loud(k, from int, random *rand.Rand) []float32 {
	x := make([]float32, WindowLen)
	for b := range Bands {
		for f := range Frames {
			v := -60 + random.Float32()
			if b*4/Bands == k && f >= from {
				v += 20
			}
			x[b*Frames+f] = v
		}
	}
	return x
}

func argmax(p []float32) int {
	best := 0
	for i := range p {
		if p[i] > p[best] {
			best = i
		}
	}
	return best
}

var four = []string{"low", "middle", "high", "top"}

// Every batch size gives every window the scores that it gets alone, whatever
// was in the buffers before.
func TestSessionBatches(t *testing.T) {
	const most = 8
	s := open(t, testmodel.New(four...), Options{Provider: "cpu", MaxBatch: most})
	if s.Provider != "cpu" || s.Labels != 4 || s.Steps != 7 || s.MaxBatch != most {
		t.Fatalf("%+v", s)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{1, most, 3, 2, most, 1, 5} {
		var x []float32
		for i := range n {
			x = append(x, loud(i%4, 64, random)...)
		}
		scores, attention, err := s.Run(x, n)
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			p, a := scores[i*4:][:4], attention[i*7:][:7]
			alone, alike, err := s.Run(x[i*WindowLen:][:WindowLen], 1)
			if err != nil {
				t.Fatal(err)
			}
			if argmax(p) != i%4 || argmax(a) < 3 {
				t.Errorf("batch of %d, window %d: scores %v, attention %v", n, i, p, a)
			}
			if d := max(distance(p, alone), distance(a, alike)); d > 2e-5 { // rounding: one row and eight take different kernels
				t.Errorf("batch of %d, window %d: %g from the same window alone", n, i, d)
			}
			if sum := total(p); math.Abs(sum-1) > 1e-5 {
				t.Errorf("scores sum to %g", sum)
			}
		}
	}
}

func distance(a, b []float32) float64 {
	d := 0.0
	for i := range a {
		d = max(d, math.Abs(float64(a[i]-b[i])))
	}
	return d
}

func total(p []float32) (sum float64) {
	for _, v := range p {
		sum += float64(v)
	}
	return sum
}

func TestSessionConcurrent(t *testing.T) {
	s := open(t, testmodel.New(four...), Options{Provider: "cpu", MaxBatch: 3, Threads: 2})
	var wg sync.WaitGroup
	for g := range 6 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			random := rand.New(rand.NewPCG(7, uint64(g)))
			for i := range 30 {
				n, k := 1+(g+i)%3, (g*5+i)%4
				var x []float32
				for range n {
					x = append(x, loud(k, 0, random)...)
				}
				scores, _, err := s.Run(x, n)
				if err != nil {
					t.Error(err)
					return
				}
				for j := range n {
					if argmax(scores[j*4:][:4]) != k {
						t.Errorf("goroutine %d got another's result", g)
					}
				}
			}
		}()
	}
	wg.Wait()
}

func TestSessionAllocatesNothing(t *testing.T) {
	s := open(t, testmodel.New(four...), Options{Provider: "cpu", MaxBatch: 2})
	x, scores, attention := make([]float32, 2*WindowLen), make([]float32, 8), make([]float32, 14)
	run := func() {
		if err := s.RunInto(x, 2, scores, attention); err != nil {
			t.Error(err)
		}
	}
	run()
	if n := testing.AllocsPerRun(50, run); n != 0 {
		t.Errorf("%g allocations a run", n)
	}
}

func TestSessionClose(t *testing.T) {
	s := open(t, testmodel.New("a", "b"), Options{Provider: "cpu"})
	s.Close()
	s.Close()
	if _, _, err := s.Run(make([]float32, WindowLen), 1); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}

func TestSessionPanicsOnCallerBugs(t *testing.T) {
	s := open(t, testmodel.New("a", "b"), Options{Provider: "cpu", MaxBatch: 2})
	for name, run := range map[string]func(){
		"no windows":  func() { s.Run(nil, 0) },
		"too many":    func() { s.Run(make([]float32, 3*WindowLen), 3) },
		"short input": func() { s.Run(make([]float32, WindowLen), 2) },
		"short dst":   func() { s.RunInto(make([]float32, WindowLen), 1, make([]float32, 1), make([]float32, 7)) },
	} {
		func() {
			defer func() {
				if p, _ := recover().(string); !strings.HasPrefix(p, "infer: ") {
					t.Errorf("%s: %v", name, p)
				}
			}()
			run()
		}()
	}
}

// What only the runtime can find out is found when the session is made.
func TestSessionBadModels(t *testing.T) {
	if err := Init(""); err != nil {
		t.Fatal(err)
	}
	lies := testmodel.New("a", "b")
	lies.Labels = []string{"a", "b", "c"} // the nodes make 3 scores; output and metadata say 2
	nan := testmodel.New("a", "b")
	nan.NaN = true
	cut := testmodel.New("a", "b")
	cut.Op = "NoSuchOperator"
	for _, c := range []struct {
		name string
		spec *testmodel.Spec
		o    Options
		want string
	}{
		{"scores of another size than declared", lies, Options{}, "no provider can run it: "},
		{"the same, by name", lies, Options{Provider: "cpu"}, "a trial window of silence: run 1 windows on cpu: Got invalid dimensions for output: scores"},
		{"not finite", nan, Options{Provider: "cpu"}, "a trial window of silence: window 0 of 1, class 0: score is not a finite number"},
		{"unknown operator", cut, Options{Provider: "cpu"}, "ONNX Runtime refuses the model"},
		{"threads", testmodel.New("a", "b"), Options{Threads: -1}, "threads -1, want 1 to 256"},
		{"batch", testmodel.New("a", "b"), Options{MaxBatch: 1000}, "batch of 1000 windows, want 1 to 256"},
		{"device", testmodel.New("a", "b"), Options{DeviceID: -1}, "device -1, want 0 or more"},
		{"provider", testmodel.New("a", "b"), Options{Provider: "gpu"}, `provider "gpu" is not known, want auto or one of cuda, tensorrt, openvino, cpu`},
	} {
		m, err := ParseModel("bad.onnx", c.spec.Bytes())
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		s, err := NewSession(m, c.o)
		if err == nil {
			s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.ContainsAny(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	m, err := ParseModel("m.onnx", testmodel.New("a", "b").Bytes())
	if err != nil {
		t.Fatal(err)
	}
	m.Bytes = nil
	if _, err := NewSession(m, Options{}); !errors.Is(err, errNoBytes) {
		t.Error(err)
	}
}

func BenchmarkSession(b *testing.B) {
	s := open(b, testmodel.New(four...), Options{Provider: "cpu", MaxBatch: 1})
	x, scores, attention := make([]float32, WindowLen), make([]float32, 4), make([]float32, 7)
	b.ReportAllocs()
	for b.Loop() {
		if err := s.RunInto(x, 1, scores, attention); err != nil {
			b.Fatal(err)
		}
	}
}
