package infer

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"earshot/infer/onnx"
)

// affine is max(0, x·w + 1) for x (3, 4) and w (4, 2), as an ONNX file.
func affine(w []float32) []byte {
	g := onnx.New("affine")
	y := g.MatMul(g.Input("x", onnx.Float, 3, 4), g.Floats("w", w, 4, 2))
	g.Output("y", g.Unary("Relu", g.Add(y, g.Scalar(1))), onnx.Float, 3, 2)
	return g.Marshal()
}

// TestGraphOptions: however a graph is run, it gives the same numbers, in the caller's memory, and as often as asked.
func TestGraphOptions(t *testing.T) {
	if err := Init(""); err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	w := make([]float32, 8)
	for i := range w {
		w[i] = random.Float32() - 0.5
	}
	profile := filepath.Join(t.TempDir(), "profile")
	for _, o := range []GraphOptions{{}, {Provider: "cpu", Threads: 2}, {Threads: 2, Optimise: true}, {Threads: 1, Basic: true}, {Profile: profile}} {
		g, err := NewGraph(affine(w), []string{"x"}, []string{"y"}, o)
		if err != nil {
			t.Fatalf("%+v: %v", o, err)
		}
		x, errX := NewTensor(3, 4)
		y, errY := NewTensor(3, 2)
		if errX != nil || errY != nil {
			t.Fatal(errX, errY)
		}
		for range 3 {
			for i := range x.Data {
				x.Data[i] = 8 * (random.Float32() - 0.5)
			}
			if err := g.Run([]*Tensor{x}, []*Tensor{y}); err != nil {
				t.Fatalf("%+v: %v", o, err)
			}
			for i, got := range y.Data {
				want := 1.0
				for k := range 4 {
					want += float64(x.Data[i/2*4+k]) * float64(w[k*2+i%2])
				}
				if want = max(0, want); math.Abs(float64(got)-want) > 1e-5 {
					t.Errorf("%+v: y[%d] is %v, want %v", o, i, got, want)
				}
			}
		}
		x.Close()
		y.Close()
		g.Close()
	}
	written, err := filepath.Glob(profile + "*")
	if err != nil || len(written) != 1 {
		t.Fatalf("profiles %v, %v; want one", written, err)
	}
	if text, err := os.ReadFile(written[0]); err != nil || !strings.Contains(string(text), "MatMul") {
		t.Errorf("the profile tells of no MatMul: %v", err)
	}
	if _, err := NewGraph(affine(w), []string{"x"}, []string{"y"}, GraphOptions{Provider: "abacus"}); err == nil || !strings.Contains(err.Error(), `"abacus"`) || !strings.Contains(err.Error(), "cpu or cuda") {
		t.Errorf("an unknown provider: %v", err)
	}
}
