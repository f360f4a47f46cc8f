// Package onnx writes and reads ONNX files, over the protobuf wire format (there
// is no importable Go binding of onnx.proto).
//
// [Graph] builds and writes a model. Only what earshot emits is covered: dense
// float32, float16, int8, uint8, int32 and int64 initialisers, one graph without
// subgraphs, string metadata. Field numbers follow onnx/onnx.proto (IR version 8).
//
// [ReadHeader] takes any ONNX file, whoever made it, and bounds what it asks for;
// [Initialisers] and [Stored] read the weights of what this package wrote.
package onnx

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// Attr is a named node attribute; Value is int, float32, string, []int or []string.
type Attr struct {
	Name  string
	Value any
}

type node struct {
	name       string
	op, domain string
	in, out    []string
	attrs      []Attr
}

type tensor struct {
	name string
	typ  DataType
	dims []int
	raw  []byte
}

// Graph collects nodes in topological order. The zero value is not usable; call New.
type Graph struct {
	Name     string
	Opset    int
	Metadata map[string]string
	Scope    string // prefix of the names of nodes emitted from now on; ONNX Runtime's profile shows them
	nodes    []node
	inits    []tensor
	inputs   []ValueInfo
	outputs  []ValueInfo
	domains  map[string]int
	renamed  map[string]string // values that are outputs under another name
	seen     map[string]string // constant pool: content → name
	next     int
}

// New returns an empty graph for opset 17, which ONNX Runtime 1.24 and newer run.
func New(name string) *Graph {
	return &Graph{Name: name, Opset: 17, Metadata: map[string]string{}, domains: map[string]int{}, renamed: map[string]string{}, seen: map[string]string{}}
}

// Input declares a graph input and returns its name. A dimension of −1 is free.
func (g *Graph) Input(name string, t DataType, dims ...int) string {
	return g.InputAs(ValueInfo{name, t, Shape(dims...)})
}

// InputAs is [Graph.Input] for any declaration.
func (g *Graph) InputAs(v ValueInfo) string {
	g.inputs = append(g.inputs, v)
	return v.Name
}

// Output declares value v as the graph output called name. The written model
// calls v so wherever it is used; what cannot be renamed (an input, an
// initialiser, a value that is an output already) is copied by an Identity.
func (g *Graph) Output(name, v string, t DataType, dims ...int) {
	g.OutputAs(ValueInfo{name, t, Shape(dims...)}, v)
}

// OutputAs is [Graph.Output] for any declaration.
func (g *Graph) OutputAs(info ValueInfo, v string) {
	if name := info.Name; v != name {
		made := slices.ContainsFunc(g.nodes, func(n node) bool { return slices.Contains(n.out, v) })
		if _, taken := g.renamed[v]; taken || !made || slices.Contains(g.Outputs(), v) {
			g.nodes = append(g.nodes, node{name: g.Scope + "/" + name, op: "Identity", in: []string{v}, out: []string{name}})
		} else {
			g.renamed[v] = name
		}
	}
	g.outputs = append(g.outputs, info)
}

// Inputs and Outputs return the declared names in order.
func (g *Graph) Inputs() []string { return names(g.inputs) }

// Outputs returns the declared output names in order.
func (g *Graph) Outputs() []string { return names(g.outputs) }

// Nodes returns the number of nodes emitted so far.
func (g *Graph) Nodes() int { return len(g.nodes) }

// NodeNames returns the names of the nodes in the order they were emitted.
func (g *Graph) NodeNames() []string {
	out := make([]string, len(g.nodes))
	for i := range g.nodes {
		out[i] = g.nodes[i].name
	}
	return out
}

func names(v []ValueInfo) []string {
	out := make([]string, len(v))
	for i := range v {
		out[i] = v[i].Name
	}
	return out
}

// Node appends a node with n outputs and returns their names.
func (g *Graph) Node(domain, op string, n int, in []string, attrs ...Attr) []string {
	out := make([]string, n)
	for i := range out {
		g.next++
		out[i] = fmt.Sprintf("%s_%d", op, g.next)
	}
	if domain != "" {
		g.domains[domain] = 1
	}
	g.nodes = append(g.nodes, node{g.Scope + "/" + out[0], op, domain, slices.Clone(in), slices.Clone(out), attrs}) // callers may change theirs
	return out
}

// Op appends a standard node with one output.
func (g *Graph) Op(op string, in []string, attrs ...Attr) string {
	return g.Node("", op, 1, in, attrs...)[0]
}

// Floats adds a float32 initialiser; len(x) must be the product of dims.
func (g *Graph) Floats(name string, x []float32, dims ...int) string {
	raw := make([]byte, 4*len(x))
	for i, v := range x {
		binary.LittleEndian.PutUint32(raw[4*i:], math.Float32bits(v))
	}
	return g.Raw(name, Float, raw, 4, dims...)
}

// Int64s adds an int64 vector initialiser.
func (g *Graph) Int64s(x ...int) string {
	raw := make([]byte, 8*len(x))
	for i, v := range x {
		binary.LittleEndian.PutUint64(raw[8*i:], uint64(int64(v)))
	}
	return g.Raw("", Int64, raw, 8, len(x))
}

// Int32s adds an int32 vector initialiser.
func (g *Graph) Int32s(name string, x []int32) string {
	raw := make([]byte, 4*len(x))
	for i, v := range x {
		binary.LittleEndian.PutUint32(raw[4*i:], uint32(v))
	}
	return g.Raw(name, Int32, raw, 4, len(x))
}

// Scalar adds a float32 scalar (rank 0) initialiser.
func (g *Graph) Scalar(x float32) string { return g.Floats("", []float32{x}) }

// Raw adds an initialiser of size bytes an element. An empty name pools equal constants.
func (g *Graph) Raw(name string, t DataType, raw []byte, size int, dims ...int) string {
	n := 1
	for _, d := range dims {
		n *= d
	}
	if n*size != len(raw) {
		panic(fmt.Sprintf("onnx: initialiser %q: %d bytes for shape %v of %d-byte elements", name, len(raw), dims, size))
	}
	if name == "" {
		key := fmt.Sprint(t, dims, "|") + string(raw)
		if known, ok := g.seen[key]; ok {
			return known
		}
		g.next++
		name = fmt.Sprintf("const_%d", g.next)
		g.seen[key] = name
	}
	g.inits = append(g.inits, tensor{name, t, dims, raw})
	return name
}

// Marshal encodes the model (ModelProto).
func (g *Graph) Marshal() []byte {
	var b []byte
	b = protowire.AppendTag(b, 1, protowire.VarintType) // ir_version
	b = protowire.AppendVarint(b, 8)
	b = appendString(b, 2, "earshot")
	b = appendBytes(b, 7, g.marshalGraph())
	b = appendBytes(b, 8, opset("", g.Opset))
	for _, d := range slices.Sorted(maps.Keys(g.domains)) {
		b = appendBytes(b, 8, opset(d, g.domains[d]))
	}
	for _, k := range slices.Sorted(maps.Keys(g.Metadata)) {
		b = appendBytes(b, 14, appendString(appendString(nil, 1, k), 2, g.Metadata[k]))
	}
	return b
}

func (g *Graph) marshalGraph() []byte {
	var b []byte
	for i := range g.nodes {
		b = appendBytes(b, 1, g.nodes[i].marshal(g.renamed))
	}
	b = appendString(b, 2, g.Name)
	for i := range g.inits {
		b = appendBytes(b, 5, g.inits[i].marshal())
	}
	for i := range g.inputs {
		b = appendBytes(b, 11, g.inputs[i].marshal())
	}
	for i := range g.outputs {
		b = appendBytes(b, 12, g.outputs[i].marshal())
	}
	return b
}

// Signature returns all declared inputs and outputs.
func (g *Graph) Signature() []ValueInfo {
	return append(append([]ValueInfo{}, g.inputs...), g.outputs...)
}
