package acrnn

import (
	"fmt"

	"earshot/infer/onnx"
)

// Optimiser names the update rule of a training graph.
type Optimiser string

// The update rules: the paper's, and the default recipe's.
const (
	SGD   Optimiser = "sgd"   // Nesterov momentum 0.9, L2 added to the gradient
	AdamW Optimiser = "adamw" // decoupled weight decay, β = (0.9, 0.999)
)

// StepOptions fix a training graph.
type StepOptions struct {
	Batch     int
	Block     int // NCHWc block, see FindBlock
	Optimiser Optimiser
	ClipNorm  float32 // global gradient norm, 0 for none
	Momentum  float32 // SGD
	SlowTrunk bool    // the trunk's step is scaled by Rate.Trunk (fine-tuning)
	Frozen    *Frozen // first layers that stay as they are; nil for none
	chunk     int     // clips a chunk of the first layers, for tests; 0: chunkClips
	Gradients bool    // emit the raw gradient as an output instead of updating (for tests)
}

// Names of a training graph's inputs and outputs.
//
// Inputs: window (N,2,128,128) normalised, target (N,K), mask9 and mask10
// (T,N,2H), rates = [lr, decay, ema decay, bias corrections of m and v, trunk], then
// the state vectors. Outputs: loss (1), scores (N,K), means and
// vars (StatSize), norm (1), then the new state vectors.
//
// The state is flat vectors of [Arch.Size] in the order of [Arch.Params]:
// weights, first moment, second moment (AdamW only), averaged weights.
func stateNames(o Optimiser) []string {
	if o == AdamW {
		return []string{"weights", "moment1", "moment2", "average"}
	}
	return []string{"weights", "moment1", "average"}
}

// Rates is the number of scalars a training step takes.
const Rates = 6

// StepGraph emits the whole training step as one ONNX graph.
func StepGraph(a Arch, o StepOptions) *onnx.Graph {
	g := onnx.New("acrnn-step")
	t := newTape(g, o.Batch, o.Block, true)
	if o.chunk > 0 {
		t.chunkClips = o.chunk
	}
	t.Scope = "inputs"
	x, target := t.stepInputs(a, o.Batch)
	masks := t.maskInputs(a, o.Batch)
	size := a.Size()
	var rates []string
	if !o.Gradients {
		rates = t.Split(g.Input("rates", onnx.Float, Rates), 0, 1, 1, 1, 1, 1, 1)
	}
	weights := g.Input("weights", onnx.Float, size)
	t.loadParams(a, weights)

	logits, _ := t.forward(a, o.Frozen, x, masks)
	loss, scores := t.crossEntropy(logits, target, o.Batch)
	t.runBackward()

	t.Scope = "update"
	g.Output("loss", loss, onnx.Float, 1)
	g.Output("scores", scores, onnx.Float, o.Batch, a.Classes)
	t.statOutputs(a)
	gradient := t.flatGradient(a, o.Frozen)
	if o.Gradients {
		g.Output("gradient", gradient, onnx.Float, size)
		return g
	}
	t.update(a, o, rates, weights, gradient)
	return g
}

func (t *tape) stepInputs(a Arch, batch int) (x, target value) {
	x = value{name: t.Input("window", onnx.Float, batch, 2, a.Bands, a.Frames), shape: []int{batch, 2, a.Bands, a.Frames}}
	target = value{name: t.Input("target", onnx.Float, batch, a.Classes), shape: []int{batch, a.Classes}}
	return x, target
}

func (t *tape) maskInputs(a Arch, batch int) []string {
	_, _, steps := a.Steps()
	return []string{t.Input("mask9", onnx.Float, steps, batch, 2*a.Hidden), t.Input("mask10", onnx.Float, steps, batch, 2*a.Hidden)}
}

// loadParams cuts the flat vector into the named tensors.
func (t *tape) loadParams(a Arch, flat string) {
	params := a.Params()
	sizes := make([]int, len(params))
	for i, p := range params {
		sizes[i] = p.Size()
	}
	for i, piece := range t.Split(flat, 0, sizes...) {
		t.params[params[i].Name] = value{name: t.Reshape(piece, params[i].Shape...), shape: params[i].Shape}
	}
}

// forward emits the network up to the logits; masks may be nil (no dropout).
func (t *tape) forward(a Arch, f *Frozen, x value, masks []string) (logits value, attention string) {
	var h value
	var chunks []value
	done := f.layers()
	if done > 0 {
		h = t.frozenBlocks(a, f, x)
		chunks = []value{h}
	} else {
		t.Scope, done = "l1", 1
		chunks = t.firstBlock(t.split(x.name, x.shape, t.chunks(x.shape[0])), t.Scope, a.Convs[0])
	}
	for i, c := range a.Convs[done:] {
		layer := done + i + 1
		t.Scope = fmt.Sprintf("l%d", layer)
		h = t.convBlock(chunks, t.Scope, c)
		if a.Attention.after(layer) {
			t.Scope = "attention"
			h, attention = t.cnnAttention(a.Attention, h)
		}
		chunks = []value{h} // after the second layer activations are small
	}
	h = t.sequence(h)
	for i, layer := range []string{"l9", "l10"} {
		t.Scope = layer
		h = t.biGRU(h, layer, a.Hidden)
		if masks != nil {
			h = t.dropout(h, masks[i])
		}
	}
	t.Scope = "attention"
	h, beta := t.overSteps(a.Attention, h)
	if beta != "" {
		attention = beta
	}
	t.Scope = "dense"
	return t.dense(h), attention
}

// crossEntropy is −Σ target·log softmax(logits), averaged over the batch. Targets sum to 1.
func (t *tape) crossEntropy(logits, target value, batch int) (loss, scores string) {
	axis := onnx.Attr{Name: "axis", Value: -1}
	logp := t.Op("LogSoftmax", []string{logits.name}, axis)
	scores = t.Op("Softmax", []string{logits.name}, axis)
	loss = t.Reshape(t.scaled(t.ReduceSum(t.Mul(target.name, logp), false, 0, 1), -1/float32(batch)), 1)
	t.onBackward(func() { t.addGrad(logits, t.scaled(t.Sub(scores, target.name), 1/float32(batch))) })
	return loss, scores
}

func (t *tape) statOutputs(a Arch) {
	t.Output("means", t.Concat(0, t.means...), onnx.Float, a.StatSize())
	t.Output("vars", t.Concat(0, t.vars...), onnx.Float, a.StatSize())
}

// flatGradient joins the gradients in the order of the flat parameter vector; those of frozen layers are 0.
func (t *tape) flatGradient(a Arch, f *Frozen) string {
	params := a.Params()
	parts := make([]string, len(params))
	for i, p := range params {
		if f.holds(p) {
			parts[i] = t.Floats("", make([]float32, p.Size()), p.Size())
			continue
		}
		parts[i] = t.Reshape(t.grad(t.param(p.Name)), p.Size())
	}
	return t.Concat(0, parts...)
}

// StatGraph emits the forward pass with batch statistics and no dropout:
// averaged over batches it gives the statistics that belong to given weights.
// Frozen layers (nil for none) run with theirs and give them back.
func StatGraph(a Arch, f *Frozen, batch, block int) *onnx.Graph {
	g := onnx.New("acrnn-statistics")
	t := newTape(g, batch, block, false)
	x := value{name: g.Input("window", onnx.Float, batch, 2, a.Bands, a.Frames), shape: []int{batch, 2, a.Bands, a.Frames}}
	t.Scope = "inputs"
	t.loadParams(a, g.Input("weights", onnx.Float, a.Size()))
	logits, _ := t.forward(a, f, x, nil)
	g.Output("scores", t.Op("Softmax", []string{logits.name}, onnx.Attr{Name: "axis", Value: -1}), onnx.Float, batch, a.Classes)
	t.statOutputs(a)
	return g
}
