// Package testmodel writes a tiny ONNX model that keeps earshot's model
// contract, for tests that need one: a few kilobytes, 10 µs a window, and
// scores that a test can predict.
//
// The 128 bands are dealt to the K labels in equal runs, lowest first. The
// scores are
//
//	softmax_k( Gain · (mean level of label k's bands − mean level of all) + bias_k ),  dB
//
// over the frames of channel 0, so a tone in label k's bands makes label k
// win, and silence or white noise gives 1/K each. The bias is 0, but Bias for
// the background label. The attention is softmax over T steps of the step's mean level in dB.
package testmodel

import (
	"encoding/json"
	"maps"
	"math"

	"earshot/infer/onnx"
)

// Spec says what the model looks like. Start from [New] and change what the test is about.
type Spec struct {
	Labels     []string
	Gain, Bias float64
	Steps      int // T

	Metadata map[string]string // written as it is, after the fields above
	Input    Value             // declared, not what the nodes do
	Scores   Value
	Attend   Value
	Op       string // the operator that makes the scores; Softmax
	NaN      bool   // scores and attention come out as not-a-number
	Work     int    // products of matrices that a run computes besides, to be slow

	Besides func(g *onnx.Graph, window string) string // a number that is added to the logits; nil = none
}

// Value declares an input or output. Dimension −1 is free.
type Value struct {
	Name string
	Elem int // 1: float32
	Dims []int
}

// FrontEnd is the fingerprint that New writes: gammatone's default front end.
const FrontEnd = `{"b":24.7,"bands":128,"centred":false,"delta_width":9,"floor":1e-10,"fmax_hz":22050,"fmin_hz":50,` +
	`"frame_samples":1024,"hop_samples":512,"log":"10*log10(max(E,floor))","power":"W^2","q":9.26449,"sample_rate":44100,` +
	`"version":1,"width":1,"window":"hamming_periodic_0.54_0.46","window_frames":128}`

// New returns a model that keeps the contract. A label called "background" is its background.
func New(labels ...string) *Spec {
	s := &Spec{Labels: labels, Gain: 0.5, Bias: 1, Steps: 7, Op: "Softmax"}
	s.Input = Value{"window", 1, []int{-1, 2, 128, 128}}
	s.Scores = Value{"scores", 1, []int{-1, len(labels)}}
	s.Attend = Value{"attention", 1, []int{-1, s.Steps}}
	background := "null"
	for _, l := range labels {
		if l == "background" {
			background = `"background"`
		}
	}
	list, _ := json.Marshal(labels)
	s.Metadata = map[string]string{
		"contract": "1", "labels": string(list), "front_end": FrontEnd, "background": background,
		"temperature": "1", "names": "{}", "thresholds": "{}",
		"provenance": `{"data":"none: a model for tests"}`, "licence": `{"name":"MIT"}`,
	}
	return s
}

// Bytes is the ONNX file.
func (s *Spec) Bytes() []byte {
	g := onnx.New("testmodel")
	maps.Copy(g.Metadata, s.Metadata)
	keep := onnx.Attr{Name: "keepdims", Value: 0}
	along := func(axes ...int) onnx.Attr { return onnx.Attr{Name: "axes", Value: axes} }
	last := onnx.Attr{Name: "axis", Value: -1}

	window := g.InputAs(s.Input.info())
	level := g.Slice(window, 1, 0, 1, 1) // channel 0
	bands := g.Op("ReduceMean", []string{level}, along(1, 3), keep)
	logits := g.Add(g.MatMul(bands, s.weights(g)), s.bias(g))
	if s.Work > 0 {
		logits = work(g, s.Work, window, logits)
	}
	if s.Besides != nil {
		logits = g.Add(logits, s.Besides(g, window))
	}
	g.OutputAs(s.Scores.info(), g.Op(s.Op, []string{logits}, last))
	frames := g.Op("ReduceMean", []string{level}, along(1, 2), keep)
	g.OutputAs(s.Attend.info(), g.Op("Softmax", []string{g.MatMul(frames, s.pool(g))}, last))
	return g.Marshal()
}

// weights are (128, K): Gain · (mean of label k's bands − mean of all).
func (s *Spec) weights(g *onnx.Graph) string {
	k := len(s.Labels)
	x := make([]float32, 128*k)
	for b := range 128 {
		mine := b * k / 128
		for j := range k {
			x[b*k+j] = float32(-s.Gain / 128)
		}
		x[b*k+mine] += float32(s.Gain / float64(runLength(mine, k)))
	}
	return g.Floats("weights", x, 128, k)
}

func (s *Spec) bias(g *onnx.Graph) string {
	x := make([]float32, len(s.Labels))
	for j, l := range s.Labels {
		if l == "background" {
			x[j] = float32(s.Bias)
		}
		if s.NaN {
			x[j] = float32(math.NaN())
		}
	}
	return g.Floats("bias", x, len(x))
}

// pool is (128, T): the mean of each step's frames.
func (s *Spec) pool(g *onnx.Graph) string {
	x := make([]float32, 128*s.Steps)
	for f := range 128 {
		step := f * s.Steps / 128
		x[f*s.Steps+step] = 1 / float32(runLength(step, s.Steps))
	}
	return g.Floats("pool", x, 128, s.Steps)
}

// runLength is how many i of 0…127 have i·n/128 == j.
func runLength(j, n int) int {
	count := 0
	for i := range 128 {
		if i*n/128 == j {
			count++
		}
	}
	return max(count, 1)
}

// info declares the value; each of its free dimensions is called N.
func (v Value) info() onnx.ValueInfo {
	shape := onnx.Shape(v.Dims...)
	for i := range shape {
		if !shape[i].Fixed {
			shape[i].Name = "N"
		}
	}
	return onnx.ValueInfo{Name: v.Name, Type: onnx.DataType(v.Elem), Shape: shape}
}
