package stepgraph

import (
	"testing"

	"earshot/infer"
	"earshot/infer/onnx"
	"earshot/internal/test/testruntime"
)

func TestMain(m *testing.M) {
	testruntime.MustLoad()
	m.Run()
}

// counter adds step to x at each run.
func counter() *onnx.Graph {
	g := onnx.New("counter")
	g.Output("x'", g.Add(g.Input("x", onnx.Float, 2), g.Input("step", onnx.Float, 2)), onnx.Float, 2)
	return g
}

// State goes from run to run by a swap, and a tensor that is shared belongs to its owner.
func TestStateGoesOn(t *testing.T) {
	a, err := New(counter(), infer.GraphOptions{Threads: 1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	a.Tensors["step"].Data[0], a.Tensors["step"].Data[1] = 1, 10
	run := func(r *Runner) {
		t.Helper()
		if err := r.Run(); err != nil {
			t.Fatal(err)
		}
		r.Swap("x")
	}
	for range 3 {
		run(a)
	}
	if x := a.Tensors["x"].Data; x[0] != 3 || x[1] != 30 {
		t.Errorf("after three steps %v, want 3 and 30", x)
	}
	b, err := New(counter(), infer.GraphOptions{Threads: 1}, map[string]*infer.Tensor{"step": a.Tensors["step"]})
	if err != nil {
		t.Fatal(err)
	}
	run(b)
	if x := b.Tensors["x"].Data; x[0] != 1 || x[1] != 10 {
		t.Errorf("with a's step %v, want 1 and 10", x)
	}
	b.Close()
	run(a) // reads what b borrowed
	if x := a.Tensors["x"].Data; x[0] != 4 || x[1] != 40 {
		t.Errorf("after b was closed %v, want 4 and 40", x)
	}
}

func TestNoSuchStatePanics(t *testing.T) {
	r, err := New(counter(), infer.GraphOptions{Threads: 1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer func() {
		if recover() == nil {
			t.Error("a state that the graph does not have must panic")
		}
	}()
	r.Swap("step")
}
