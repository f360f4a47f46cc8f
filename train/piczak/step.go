package piczak

import (
	"earshot/infer/onnx"
	"earshot/train/stepgraph"
)

// StepOptions fix a training graph.
type StepOptions struct {
	Batch          int
	Rate, Momentum float32
	Decay          float32 // λ of the cost λ·Σw²
	Gradients      bool    // give the gradients, as outputs called d and the parameter's name, instead of updating (for tests)
}

// masks are the inputs that drop values out, and how many values of each segment they are for.
func masks(a Arch) map[string]int {
	_, pooled := a.first()
	return map[string]int{"mask1": pooled * a.Filters, "mask2": a.Hidden, "mask3": a.Hidden}
}

// StepGraph emits the whole training step as one ONNX graph.
//
// Inputs: segment (N, Frames, 2·Bands) normalised, decibels and then deltas of each frame; target (N,K), rows of 0 where the batch has no
// segment; share (1), one over the segments there are; mask1, mask2 and mask3, as [stepgraph.Dropout] fills them; and by their names the parameters and, with
// .m behind, their momentum. Outputs: loss (1), the mean cross-entropy, and with ' behind the new parameters and momentum.
func StepGraph(a Arch, o StepOptions) *onnx.Graph {
	s := newStep(a, o.Batch)
	for _, name := range []string{"mask1", "mask2", "mask3"} {
		s.mask[name] = s.Input(name, onnx.Float, o.Batch, masks(a)[name])
	}
	target, share := s.Input("target", onnx.Float, o.Batch, a.Classes), s.Input("share", onnx.Float, 1)
	logits := s.forward()

	last := onnx.Attr{Name: "axis", Value: -1}
	logp := s.Op("LogSoftmax", []string{logits}, last)
	loss := s.Mul(s.Neg(s.ReduceSum(s.Mul(target, logp), false, 0, 1)), share)
	s.Output("loss", loss, onnx.Float, 1)
	there := s.ReduceSum(target, true, 1) // (N,1) 1, or 0 where there is no segment
	s.backward(s.Mul(s.Sub(s.Mul(s.Op("Softmax", []string{logits}, last), there), target), share), o.Decay)

	for _, p := range a.Params() {
		gradient := s.gradient[p.Name]
		if o.Gradients {
			s.Output("d"+p.Name, gradient, onnx.Float, p.Shape...)
			continue
		}
		momentum := s.Add(s.Mul(s.Input(p.Name+".m", onnx.Float, p.Shape...), s.Scalar(o.Momentum)), gradient)
		step := s.Mul(s.Add(gradient, s.Mul(momentum, s.Scalar(o.Momentum))), s.Scalar(o.Rate)) // Nesterov: as far as the next one will go
		s.Output(p.Name+"'", s.Sub(s.param[p.Name], step), onnx.Float, p.Shape...)
		s.Output(p.Name+".m'", momentum, onnx.Float, p.Shape...)
	}
	return s.Graph
}

// ScoreGraph emits the network as it names segments: inputs segment (N, Frames, 2·Bands) and the parameters, output scores (N,K).
func ScoreGraph(a Arch, batch int) *onnx.Graph {
	s := newStep(a, batch)
	s.Output("scores", s.Op("Softmax", []string{s.forward()}, onnx.Attr{Name: "axis", Value: -1}), onnx.Float, batch, a.Classes)
	return s.Graph
}

// step is a graph that is being emitted: the forward pass, what of it the backward pass reads, and the gradients.
type step struct {
	*onnx.Graph
	a        Arch
	n        int               // segments
	segment  string            // (N, Frames, 2·Bands)
	param    map[string]string // by name
	gradient map[string]string
	mask     map[string]string // empty: nothing is dropped out

	conv1, conv2 filtered
	dense        [3]linear
}

func newStep(a Arch, batch int) *step {
	s := &step{Graph: onnx.New("piczak"), a: a, n: batch, param: map[string]string{}, gradient: map[string]string{}, mask: map[string]string{}}
	s.segment = s.Input("segment", onnx.Float, batch, a.Frames, 2*a.Bands)
	for _, p := range a.Params() {
		s.param[p.Name] = s.Input(p.Name, onnx.Float, p.Shape...)
	}
	return s
}

// forward emits the network up to the logits (N,K).
func (s *step) forward() string {
	a := s.a
	s.Scope = "conv1"
	frames, pooled := a.first()
	s.conv1 = s.filter(unfolding{s.segment, 2 * a.Bands, frames, a.KernelWide, pooled, a.Pool}, s.spread(), s.param["conv1.b"], a.places())
	dropped := s.drop("mask1", s.conv1.out, pooled*a.Filters)
	s.Scope = "conv2"
	frames, last := a.second()
	weights := s.Reshape(s.param["conv2.w"], a.Kernel2*a.Filters, a.Filters)
	s.conv2 = s.filter(unfolding{s.Reshape(dropped, s.n, pooled, a.Filters), a.Filters, frames, a.Kernel2, last, a.Pool2}, weights, s.param["conv2.b"], 1)
	h := s.Reshape(s.conv2.out, s.n, a.flat())
	for i, layer := range []string{"dense1", "dense2", "out"} {
		s.Scope = layer
		s.dense[i] = linear{in: h, out: s.Op("Gemm", []string{h, s.param[layer+".w"], s.param[layer+".b"]})}
		if layer == "out" {
			break
		}
		s.dense[i].out = s.Unary("Relu", s.dense[i].out)
		h = s.drop([]string{"mask2", "mask3"}[i], s.dense[i].out, a.Hidden)
	}
	return s.dense[2].out
}

// linear is a dense layer: what it reads and, behind its ReLU, gives.
type linear struct{ in, out string }

// drop lets x, (N, width) in some shape, through a mask.
func (s *step) drop(mask, x string, width int) string {
	if m, ok := s.mask[mask]; ok {
		return s.Mul(s.Reshape(x, s.n, width), m)
	}
	return x
}

// backward emits the gradients of all parameters, of logits' gradient d (N,K), and of the cost of their squares.
func (s *step) backward(d string, decay float32) {
	a := s.a
	for i := 2; i >= 0; i-- {
		layer := []string{"dense1", "dense2", "out"}[i]
		s.Scope = layer + " backward"
		w := s.param[layer+".w"]
		if i < 2 {
			d = s.Mul(s.drop([]string{"mask2", "mask3"}[i], d, a.Hidden), stepgraph.Positive(s.Graph, s.dense[i].out))
		}
		s.gradient[layer+".w"] = s.Op("Gemm", []string{s.dense[i].in, d, w}, onnx.Attr{Name: "transA", Value: 1}, onnx.Attr{Name: "beta", Value: 2 * decay})
		s.gradient[layer+".b"] = s.ReduceSum(d, false, 0)
		d = s.Op("Gemm", []string{d, w}, onnx.Attr{Name: "transB", Value: 1})
	}
	decayed := func(layer, gradient string) {
		w := layer + ".w"
		s.gradient[w] = s.Add(gradient, s.Mul(s.param[w], s.Scalar(2*decay)))
	}
	s.Scope = "conv2 backward"
	dw, db, dy := s.filterBack(s.conv2, d)
	decayed("conv2", s.Reshape(dw, a.Kernel2, a.Filters, a.Filters))
	s.gradient["conv2.b"] = db
	_, pooled := a.first()
	d = s.drop("mask1", s.refold(s.conv2, dy, s.Reshape(s.param["conv2.w"], a.Kernel2*a.Filters, a.Filters)), pooled*a.Filters)
	s.Scope = "conv1 backward"
	dw, db, _ = s.filterBack(s.conv1, d)
	decayed("conv1", s.gather(dw))
	s.gradient["conv1.b"] = db
}
