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
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
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

// Bytes is the ONNX file (IR version 8, opset 13).
func (s *Spec) Bytes() []byte {
	var m []byte
	m = varint(m, 1, 8)
	m = text(m, 2, "earshot-testmodel")
	m = message(m, 7, s.graph())
	m = message(m, 8, varint(nil, 2, 13))
	for _, k := range slices.Sorted(maps.Keys(s.Metadata)) {
		m = message(m, 14, text(text(nil, 1, k), 2, s.Metadata[k]))
	}
	return m
}

func (s *Spec) graph() []byte {
	k := len(s.Labels)
	weights, bias := make([]float32, 128*k), make([]float32, k)
	for b := range 128 {
		mine := b * k / 128
		for j := range k {
			weights[b*k+j] = float32(-s.Gain / 128)
		}
		weights[b*k+mine] += float32(s.Gain / float64(runLength(mine, k)))
	}
	for j, l := range s.Labels {
		if l == "background" {
			bias[j] = float32(s.Bias)
		}
		if s.NaN {
			bias[j] = float32(math.NaN())
		}
	}
	pool := make([]float32, 128*s.Steps)
	for f := range 128 {
		step := f * s.Steps / 128
		pool[f*s.Steps+step] = 1 / float32(runLength(step, s.Steps))
	}
	in, scores, attention := s.Input.Name, s.Scores.Name, s.Attend.Name
	logits, nodes, more := "logits", [][]byte(nil), [][]byte(nil)
	if s.Work > 0 {
		logits = "weighed"
		nodes, more = work(s.Work, in, "logits", logits)
	}
	var g []byte
	for _, n := range slices.Concat([][]byte{
		node("Slice", []string{in, "zero", "one", "one"}, "level"), // channel 0: axis 1
		node("ReduceMean", []string{"level"}, "bands", ints("axes", 1, 3), integer("keepdims", 0)),
		node("MatMul", []string{"bands", "weights"}, "contrast"),
		node("Add", []string{"contrast", "bias"}, "logits"),
	}, nodes, [][]byte{
		node(s.Op, []string{logits}, scores, integer("axis", -1)),
		node("ReduceMean", []string{"level"}, "frames", ints("axes", 1, 2), integer("keepdims", 0)),
		node("MatMul", []string{"frames", "pool"}, "steps"),
		node("Softmax", []string{"steps"}, attention, integer("axis", -1)),
	}) {
		g = message(g, 1, n)
	}
	g = text(g, 2, "testmodel")
	for _, t := range append([][]byte{
		floats("weights", weights, 128, k), floats("bias", bias, k), floats("pool", pool, 128, s.Steps),
		int64s("zero", 0), int64s("one", 1),
	}, more...) {
		g = message(g, 5, t)
	}
	g = message(g, 11, s.Input.bytes())
	g = message(g, 12, s.Scores.bytes())
	return message(g, 12, s.Attend.bytes())
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

// The rest writes protobuf; field numbers are those of onnx.proto.

func varint(b []byte, num protowire.Number, v int64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, num, protowire.VarintType), uint64(v))
}

func text(b []byte, num protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, num, protowire.BytesType), s)
}

func message(b []byte, num protowire.Number, m []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, num, protowire.BytesType), m)
}

func node(op string, in []string, out string, attrs ...[]byte) []byte {
	var b []byte
	for _, n := range in {
		b = text(b, 1, n)
	}
	b = text(text(b, 2, out), 4, op)
	for _, a := range attrs {
		b = message(b, 5, a)
	}
	return b
}

func integer(name string, v int64) []byte { return varint(varint(text(nil, 1, name), 3, v), 20, 2) }

func ints(name string, v ...int64) []byte {
	b := text(nil, 1, name)
	for _, x := range v {
		b = varint(b, 8, x)
	}
	return varint(b, 20, 7)
}

func floats(name string, v []float32, dims ...int) []byte {
	raw := make([]byte, 0, 4*len(v))
	for _, x := range v {
		raw = protowire.AppendFixed32(raw, math.Float32bits(x))
	}
	return tensor(name, 1, raw, dims...)
}

func int64s(name string, v ...int64) []byte {
	var raw []byte
	for _, x := range v {
		raw = protowire.AppendFixed64(raw, uint64(x))
	}
	return tensor(name, 7, raw, len(v))
}

func tensor(name string, elem int64, raw []byte, dims ...int) []byte {
	var b []byte
	for _, d := range dims {
		b = varint(b, 1, int64(d))
	}
	return message(text(varint(b, 2, elem), 8, name), 9, raw)
}

func (v Value) bytes() []byte {
	var shape []byte
	for _, d := range v.Dims {
		if d < 0 {
			shape = message(shape, 1, text(nil, 2, "N"))
		} else {
			shape = message(shape, 1, varint(nil, 1, int64(d)))
		}
	}
	tensor := message(varint(nil, 1, int64(v.Elem)), 2, shape)
	return message(text(nil, 1, v.Name), 2, message(nil, 1, tensor))
}
