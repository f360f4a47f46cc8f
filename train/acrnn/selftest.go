package acrnn

import (
	"math"
	"slices"

	"earshot/infer"
	"earshot/infer/onnx"
	"earshot/train/stepgraph"
)

// FindBlock returns the NCHWc block size of ONNX Runtime's kernels on this
// processor (16 with AVX-512, 8 with AVX), or 0 where hand-placed blocked
// convolutions do not give what plain ones give. It tries them.
func FindBlock(o infer.GraphOptions) int {
	if o.Provider != "" && o.Provider != "cpu" {
		return 0
	}
	o.Profile = ""
	plain, err := trialConv(0, o)
	if err != nil {
		return 0
	}
	for _, block := range []int{16, 8} {
		got, err := trialConv(block, o)
		if err == nil && close32(got, plain) {
			return block
		}
	}
	return 0
}

func close32(a, b []float32) bool {
	for i := range a {
		if !(math.Abs(float64(a[i]-b[i])) <= 1e-4) {
			return false
		}
	}
	return true
}

// trialConv convolves fixed numbers, 32 to 48 channels, 3×5, and pools them.
func trialConv(block int, o infer.GraphOptions) ([]float32, error) {
	const n, ci, co, h, w = 2, 32, 48, 6, 9
	g := onnx.New("trial")
	t := newTape(g, n, block, false)
	x := value{name: g.Input("x", onnx.Float, n, ci, h, w), shape: []int{n, ci, h, w}}
	y := t.conv(x, t.filters(g.Input("w", onnx.Float, co, ci, 3, 5), co, ci, 3, 5))
	g.Output("y", y.name, onnx.Float, n, co, h, w)
	g.Output("z", t.maxPool(y, 3, 2).name, onnx.Float, n, co, h/3, w/2)
	r, err := stepgraph.New(g, o, nil)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	for _, name := range []string{"x", "w"} {
		d := r.Tensors[name].Data
		for i := range d {
			d[i] = float32(math.Sin(float64(i)*0.7+float64(len(d)))) * 0.1
		}
	}
	if err := r.Run(); err != nil {
		return nil, err
	}
	return slices.Concat(r.Tensors["y"].Data, r.Tensors["z"].Data), nil
}
