package acrnn

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/x448/float16"

	"earshot/infer/onnx"
)

// Weights are the learned numbers of a finished network.
type Weights struct {
	Flat        []float32  // (Arch.Size) in the order of Arch.Params
	Means, Vars []float32  // (Arch.StatSize) batch-norm statistics that belong to Flat
	Mean, Std   [2]float32 // of the training windows, by channel
}

// InferenceOptions choose the form of an exported network.
type InferenceOptions struct {
	Half        bool         // store weights as float16 (computation stays float32)
	Temperature float64      // logits are divided by it; 0 means 1
	Quant       Quantisation // convolutions in eight bits; nil: in float32
	Probe       bool         // add an output for each of [Arch.Points], called like it (to find their ranges)
	Embedding   bool         // add the output "embedding" (N,2H): what the last layer reads
}

// exporter emits the inference graph.
type exporter struct {
	*onnx.Graph
	a     Arch
	w     Weights
	half  bool
	quant Quantisation
	probe bool
	at    map[string][]float32
}

// InferenceGraph emits the network as the model file's contract wants it:
// input window (N,2,128,128) un-normalised, outputs scores (N,K) and attention
// (N,T). Batch norm is folded into the convolutions, GRU layers are the ONNX
// operator. Without attention, the weights given are even.
func InferenceGraph(a Arch, w Weights, o InferenceOptions) *onnx.Graph {
	e := &exporter{Graph: onnx.New("acrnn"), a: a, w: w, half: o.Half, quant: o.Quant, probe: o.Probe, at: map[string][]float32{}}
	pos := 0
	for _, p := range a.Params() {
		e.at[p.Name] = w.Flat[pos : pos+p.Size()]
		pos += p.Size()
	}
	x := e.Input("window", onnx.Float, -1, 2, a.Bands, a.Frames)
	h, attention := e.convolutions(e.normalise(x))
	h = e.Transpose(h, 3, 0, 1, 2)
	channels, bands, steps := a.Steps()
	h = e.Reshape(h, steps, -1, channels*bands)
	h = e.gru(e.gru(h, "l9", channels*bands), "l10", 2*a.Hidden)
	v, attention := e.overSteps(h, attention)
	if o.Embedding {
		e.Output("embedding", v, onnx.Float, -1, 2*a.Hidden)
	}
	logits := e.Add(e.MatMul(v, e.weights("dense.w", e.at["dense.w"], 2*a.Hidden, a.Classes)), e.Floats("dense.b", e.at["dense.b"], a.Classes))
	if o.Temperature > 0 && o.Temperature != 1 {
		logits = e.Mul(logits, e.Scalar(float32(1/o.Temperature)))
	}
	e.Output("scores", e.Op("Softmax", []string{logits}, onnx.Attr{Name: "axis", Value: -1}), onnx.Float, -1, a.Classes)
	e.Output("attention", attention, onnx.Float, -1, a.AttentionSteps())
	return e.Graph
}

// normalise is inference-mode batch norm with the training set's statistics.
func (e *exporter) normalise(x string) string {
	vars := []float32{e.w.Std[0] * e.w.Std[0], e.w.Std[1] * e.w.Std[1]}
	return e.Op("BatchNormalization", []string{x, e.Floats("", []float32{1, 1}, 2), e.Floats("", []float32{0, 0}, 2),
		e.Floats("", e.w.Mean[:], 2), e.Floats("", vars, 2)}, onnx.Attr{Name: "epsilon", Value: float32(0)})
}

func (e *exporter) convolutions(h string) (out, attention string) {
	stat, from := 0, "in"
	h = e.point(h, from)
	for i, c := range e.a.Convs {
		layer := fmt.Sprintf("l%d", i+1)
		w, b := fold(e.at[layer+".w"], e.at[layer+".gamma"], e.at[layer+".beta"],
			e.w.Means[stat:stat+c.Out], e.w.Vars[stat:stat+c.Out])
		stat += c.Out
		h = e.Unary("Relu", e.conv(h, from, layer, w, b, c))
		if c.Pooled() {
			if e.quant != nil { // rounding commutes with the maximum, so the pool runs in integers too
				h = e.quantised(h, layer)
			}
			h = e.MaxPool(h, [2]int{c.PoolH, c.PoolW})
		}
		from = layer
		h = e.point(h, from)
		if e.a.Attention.after(i + 1) {
			h, attention = e.cnnAttention(h, c)
			from = "att"
			h = e.point(h, from)
		}
	}
	return h, attention
}

// point marks a tensor between convolutions: rounded in an int8 network, an output of a probing one.
func (e *exporter) point(h, name string) string {
	if e.probe {
		e.Output(name, h, onnx.Float, e.a.PointShape(name, -1)...)
	}
	if e.quant != nil {
		return e.quantised(h, name)
	}
	return h
}

// conv is layer's convolution, batch norm folded in, of a point's tensor h.
func (e *exporter) conv(h, point, layer string, w, b []float32, c Conv) string {
	if e.quant != nil {
		return e.quantisedConv(h, point, layer, w, b, c)
	}
	return e.Conv(h, e.weights(layer+".w", w, c.Out, c.In, c.KH, c.KW), e.Floats(layer+".b", b, c.Out),
		[2]int{c.KH, c.KW}, [4]int{c.KH / 2, c.KW / 2, c.KH / 2, c.KW / 2})
}

// fold merges batch norm into filters and bias: w·s, β − mean·s, s = γ/√(var+ε).
func fold(w, gamma, beta, mean, variance []float32) (fw, fb []float32) {
	fw, fb = make([]float32, len(w)), make([]float32, len(beta))
	per := len(w) / len(beta)
	for o := range beta {
		s := float64(gamma[o]) / math.Sqrt(float64(variance[o])+bnEpsilon)
		for k := range per {
			fw[o*per+k] = float32(float64(w[o*per+k]) * s)
		}
		fb[o] = float32(float64(beta[o]) - float64(mean[o])*s)
	}
	return fw, fb
}

// gru is one bidirectional layer: x (T,N,D) → (T,N,2H).
func (e *exporter) gru(x, layer string, in int) string {
	h := e.a.Hidden
	wb, rb := e.at[layer+".wb"], e.at[layer+".rb"]
	bias := make([]float32, 0, 12*h) // (2, 6H): input biases then recurrent ones
	for d := range 2 {
		bias = append(append(bias, wb[d*3*h:(d+1)*3*h]...), rb[d*3*h:(d+1)*3*h]...)
	}
	y := e.Op("GRU", []string{x, e.weights(layer+".w", e.at[layer+".w"], 2, 3*h, in),
		e.weights(layer+".r", e.at[layer+".r"], 2, 3*h, h), e.Floats(layer+".b", bias, 2, 6*h)},
		onnx.Attr{Name: "direction", Value: "bidirectional"}, onnx.Attr{Name: "hidden_size", Value: h},
		onnx.Attr{Name: "linear_before_reset", Value: 1})
	return e.Reshape(e.Transpose(y, 0, 2, 1, 3), 0, 0, 2*h) // (T,2,N,H) → (T,N,2H)
}

// weights adds an initialiser, as float16 with a cast (which the runtime folds at load) where asked.
func (e *exporter) weights(name string, x []float32, dims ...int) string {
	if !e.half {
		return e.Floats(name, x, dims...)
	}
	raw := make([]byte, 2*len(x))
	for i, v := range x {
		binary.LittleEndian.PutUint16(raw[2*i:], float16.Fromfloat32(v).Bits())
	}
	return e.Op("Cast", []string{e.Raw(name, onnx.Float16, raw, 2, dims...)}, onnx.Attr{Name: "to", Value: int(onnx.Float)})
}
