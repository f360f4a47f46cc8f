package onnx_test

import (
	"math"
	"testing"

	"earshot/infer"
	"earshot/infer/onnx"
	"earshot/internal/test/testruntime"
)

func TestMain(m *testing.M) {
	testruntime.MustLoad()
	m.Run()
}

// Every operator wrapper, run by ONNX Runtime, against numbers worked out by hand.
func TestOperatorsRunAsWritten(t *testing.T) {
	seq := func(n int) []float32 { // 1, 2, 3 …
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(i + 1)
		}
		return x
	}
	type build func(g *onnx.Graph, x string) string
	for _, c := range []struct {
		name string
		dims []int // of the input 1, 2, 3 …
		f    build
		want []float32
	}{
		{"Add", []int{2}, func(g *onnx.Graph, x string) string { return g.Add(x, g.Scalar(1)) }, []float32{2, 3}},
		{"Sub", []int{2}, func(g *onnx.Graph, x string) string { return g.Sub(g.Scalar(1), x) }, []float32{0, -1}},
		{"Mul", []int{2}, func(g *onnx.Graph, x string) string { return g.Mul(x, x) }, []float32{1, 4}},
		{"Div", []int{2}, func(g *onnx.Graph, x string) string { return g.Div(x, g.Scalar(4)) }, []float32{0.25, 0.5}},
		{"Sqrt", []int{4}, func(g *onnx.Graph, x string) string { return g.Sqrt(g.Mul(x, x)) }, seq(4)},
		{"Neg", []int{2}, func(g *onnx.Graph, x string) string { return g.Neg(x) }, []float32{-1, -2}},
		{"Unary", []int{2}, func(g *onnx.Graph, x string) string { return g.Unary("Relu", g.Sub(x, g.Scalar(1.5))) }, []float32{0, 0.5}},
		{"MatMul", []int{2, 2}, func(g *onnx.Graph, x string) string { return g.MatMul(x, x) }, []float32{7, 10, 15, 22}},
		{"Reshape", []int{2, 3}, func(g *onnx.Graph, x string) string { return g.ReduceSum(g.Reshape(x, 3, -1), false, 1) }, []float32{3, 7, 11}},
		{"Transpose", []int{2, 3}, func(g *onnx.Graph, x string) string { return g.Transpose(x, 1, 0) }, []float32{1, 4, 2, 5, 3, 6}},
		{"ReduceSum", []int{2, 2, 2}, func(g *onnx.Graph, x string) string { return g.ReduceSum(x, true, 0, 2) }, []float32{14, 22}},
		{"Slice", []int{4}, func(g *onnx.Graph, x string) string { return g.Slice(x, 0, -1, -5, -1) }, []float32{4, 3, 2, 1}},
		{"Slice of an axis", []int{2, 3}, func(g *onnx.Graph, x string) string { return g.Slice(x, 1, 1, 3, 1) }, []float32{2, 3, 5, 6}},
		{"Concat", []int{2, 1}, func(g *onnx.Graph, x string) string { return g.Concat(1, x, g.Neg(x)) }, []float32{1, -1, 2, -2}},
		{"Split", []int{3}, func(g *onnx.Graph, x string) string { return g.Split(x, 0, 1, 2)[1] }, []float32{2, 3}},
		{"Pad and crop", []int{2, 3}, func(g *onnx.Graph, x string) string { return g.Pad(x, 0, -1, 1, 1) }, []float32{2, 3, 0, 5, 6, 0, 0, 0, 0}},
		{"Conv", []int{1, 1, 2, 3}, func(g *onnx.Graph, x string) string {
			return g.Conv(x, g.Floats("w", []float32{1, 10, 100}, 1, 1, 1, 3), g.Floats("b", []float32{0.5}, 1), [2]int{1, 3}, [4]int{0, 1, 0, 1})
		}, []float32{210.5, 321.5, 32.5, 540.5, 654.5, 65.5}},
		{"Conv without bias", []int{1, 1, 2, 2}, func(g *onnx.Graph, x string) string {
			return g.Conv(x, g.Floats("w", []float32{1, 10}, 1, 1, 2, 1), "", [2]int{2, 1}, [4]int{1, 0, 0, 0})
		}, []float32{10, 20, 31, 42}},
		{"MaxPool drops the rest", []int{1, 1, 2, 5}, func(g *onnx.Graph, x string) string { return g.MaxPool(x, [2]int{2, 2}) }, []float32{7, 9}},
		{"Affine", []int{1, 2, 1, 2}, func(g *onnx.Graph, x string) string {
			return g.Affine(x, g.Floats("s", []float32{2, -1}, 2), g.Floats("o", []float32{0.5, 10}, 2), 2)
		}, []float32{2.5, 4.5, 7, 6}},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := onnx.New("test")
			g.Output("y", g.Reshape(c.f(g, g.Input("x", onnx.Float, c.dims...)), -1), onnx.Float, len(c.want))
			n := 1
			for _, d := range c.dims {
				n *= d
			}
			got := run(t, g, seq(n), c.dims, len(c.want))
			for i, v := range c.want {
				if math.Abs(float64(got[i]-v)) > 1e-5 {
					t.Fatalf("got %v, want %v", got, c.want)
				}
			}
		})
	}
}

// run executes g on x. The output y has n elements.
func run(t *testing.T, g *onnx.Graph, x []float32, dims []int, n int) []float32 {
	t.Helper()
	graph, err := infer.NewGraph(g.Marshal(), g.Inputs(), g.Outputs(), infer.GraphOptions{Threads: 1, Basic: true})
	if err != nil {
		t.Fatal(err)
	}
	defer graph.Close()
	in, err := infer.NewTensor(dims...)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	copy(in.Data, x)
	out, err := infer.NewTensor(n)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if err := graph.Run([]*infer.Tensor{in}, []*infer.Tensor{out}); err != nil {
		t.Fatal(err)
	}
	return append([]float32{}, out.Data...)
}
