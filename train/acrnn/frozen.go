package acrnn

import "fmt"

// Frozen are the first layers of a network that a training leaves as they are:
// what they hear no longer changes, so the time that their gradients would take
// (half a step goes into the second layer) buys steps for the rest. They run as
// they do in the exported network, batch norm folded in with the statistics
// they were finished with.
type Frozen struct {
	Layers  int // convolution layers, from the first
	Weights Weights
}

// holds tells whether p belongs to a frozen layer.
func (f *Frozen) holds(p Param) bool {
	if f == nil {
		return false
	}
	for i := range f.Layers {
		for _, part := range []string{"w", "gamma", "beta"} {
			if p.Name == fmt.Sprintf("l%d.%s", i+1, part) {
				return true
			}
		}
	}
	return false
}

// layers is how many there are.
func (f *Frozen) layers() int {
	if f == nil {
		return 0
	}
	return f.Layers
}

// check reports what cannot be frozen in a.
func (f *Frozen) check(a Arch) error {
	n := f.layers()
	switch {
	case n < 0 || n > len(a.Convs):
		return fmt.Errorf("%d frozen layers: the network has %d convolution layers", n, len(a.Convs))
	case a.Attention.onMap() && a.Attention.Layer <= n:
		return fmt.Errorf("%d frozen layers: the attention after layer %d learns, so at most %d can be frozen", n, a.Attention.Layer, a.Attention.Layer-1)
	case n > 0 && len(f.Weights.Flat) != a.Size():
		return fmt.Errorf("%d weights to freeze from, the network has %d", len(f.Weights.Flat), a.Size())
	case n > 0 && (len(f.Weights.Means) != a.StatSize() || len(f.Weights.Vars) != a.StatSize()):
		return fmt.Errorf("%d batch-norm statistics to freeze with, the network has %d", len(f.Weights.Means), a.StatSize())
	}
	return nil
}

// frozenBlocks emits the frozen layers of f over x. Nothing flows back through them.
func (t *tape) frozenBlocks(a Arch, f *Frozen, x value) value {
	named, stat := a.Named(f.Weights.Flat), 0
	for i, c := range a.Convs[:f.Layers] {
		layer := fmt.Sprintf("l%d", i+1)
		t.Scope = layer
		means, vars := f.Weights.Means[stat:stat+c.Out], f.Weights.Vars[stat:stat+c.Out]
		stat += c.Out
		t.means = append(t.means, t.Floats("", means, c.Out))
		t.vars = append(t.vars, t.Floats("", vars, c.Out))
		w, b := fold(named[layer+".w"], named[layer+".gamma"], named[layer+".beta"], means, vars)
		x = t.frozenBlock(x, w, b, c)
	}
	x.data = true
	return x
}

// frozenBlock is conv → bias → ReLU → max-pool with folded weights. The bias and
// the ReLU are monotone and so commute with the maximum: they run at pooled size.
func (t *tape) frozenBlock(x value, w, b []float32, c Conv) value {
	f := t.filters(t.Floats("", w, c.Out, c.In, c.KH, c.KW), c.Out, c.In, c.KH, c.KW)
	if !f.blocked {
		y := t.Unary("Relu", t.Conv(x.name, f.name, t.Floats("", b, c.Out), [2]int{c.KH, c.KW}, [4]int(f.pads())))
		z := value{name: y, shape: []int{x.shape[0], c.Out, x.shape[2], x.shape[3]}}
		if c.Pooled() {
			z = t.maxPool(z, c.PoolH, c.PoolW)
		}
		return z
	}
	y := t.blockedConv(x, f)
	out := []int{x.shape[0], c.Out, x.shape[2] / c.PoolH, x.shape[3] / c.PoolW}
	if c.Pooled() {
		y = t.blockedMaxPool(y, c.PoolH, c.PoolW)
	}
	z := t.Add(t.unblocked(y, c.Out), t.Floats("", b, 1, c.Out, 1, 1))
	return value{name: t.Unary("Relu", z), shape: out}
}
