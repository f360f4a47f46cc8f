package onnx

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// message is a protobuf message taken apart without a schema: for each field number its
// values in order, numbers as uint64 and length-delimited ones as bytes.
type message map[int][]any

func decode(t *testing.T, b []byte) message {
	t.Helper()
	m := message{}
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			t.Fatalf("bad tag in %x", b)
		}
		b = b[n:]
		var v any
		switch typ {
		case protowire.VarintType:
			v, n = protowire.ConsumeVarint(b)
		case protowire.Fixed32Type:
			var u uint32
			u, n = protowire.ConsumeFixed32(b)
			v = uint64(u)
		case protowire.BytesType:
			v, n = protowire.ConsumeBytes(b)
		default:
			t.Fatalf("field %d has wire type %d", num, typ)
		}
		if n < 0 {
			t.Fatalf("field %d is cut", num)
		}
		m[int(num)] = append(m[int(num)], v)
		b = b[n:]
	}
	return m
}

func (m message) sub(t *testing.T, field, i int) message {
	t.Helper()
	if len(m[field]) <= i {
		t.Fatalf("field %d has %d values, want one at %d", field, len(m[field]), i)
	}
	return decode(t, m[field][i].([]byte))
}

func (m message) text(field int) (out []string) {
	for _, v := range m[field] {
		out = append(out, string(v.([]byte)))
	}
	return out
}

func (m message) ints(field int) (out []int) {
	for _, v := range m[field] {
		out = append(out, int(int64(v.(uint64))))
	}
	return out
}

// What Marshal writes, read by the field numbers of onnx.proto.
func TestMarshalFollowsOnnxProto(t *testing.T) {
	g := New("small")
	x := g.Input("x", Float, -1, 2, 3)
	w := g.Floats("w", []float32{1, float32(math.Copysign(0, -1)), 3}, 3, 1)
	y := g.MatMul(x, w)
	g.Scope = "part"
	z := g.Node("com.microsoft", "Odd", 2, []string{y}, Attr{"f", float32(-0.5)}, Attr{"i", -7}, Attr{"s", "é"}, Attr{"is", []int{1, -1}}, Attr{"ss", []string{"a", ""}})
	g.Output("z", z[1], Float, -1, 2)
	g.Output(z[0], z[0], Int64)
	g.Output("again", z[1], Float, -1, 2)
	g.Metadata["b"], g.Metadata["a"] = "2", "1"

	m := decode(t, g.Marshal())
	if m.ints(1)[0] != 8 || m.text(2)[0] != "earshot" {
		t.Errorf("IR version %v, producer %v", m.ints(1), m.text(2))
	}
	for i, want := range [][2]string{{"", "17"}, {"com.microsoft", "1"}} {
		o := m.sub(t, 8, i)
		if o.text(1)[0] != want[0] || fmt.Sprint(o.ints(2)[0]) != want[1] {
			t.Errorf("opset %d: %v %v, want %v", i, o.text(1), o.ints(2), want)
		}
	}
	for i, want := range [][2]string{{"a", "1"}, {"b", "2"}} {
		if kv := m.sub(t, 14, i); kv.text(1)[0] != want[0] || kv.text(2)[0] != want[1] {
			t.Errorf("metadata %d: %v, want %v", i, kv, want)
		}
	}
	graph := m.sub(t, 7, 0)
	if graph.text(2)[0] != "small" || len(graph[1]) != 3 {
		t.Errorf("graph %q of %d nodes, want small and 3", graph.text(2), len(graph[1]))
	}
	odd, identity := graph.sub(t, 1, 1), graph.sub(t, 1, 2)
	if !slices.Equal(odd.text(1), []string{y}) || !slices.Equal(odd.text(2), []string{z[0], "z"}) || odd.text(3)[0] != "part/"+z[0] || odd.text(4)[0] != "Odd" || odd.text(7)[0] != "com.microsoft" {
		t.Errorf("node: %q → %q, %q of %q", odd.text(1), odd.text(2), odd.text(4), odd.text(7))
	}
	if identity.text(4)[0] != "Identity" || identity.text(1)[0] != "z" || identity.text(2)[0] != "again" {
		t.Errorf("an output of two names: %q %q → %q", identity.text(4), identity.text(1), identity.text(2))
	}
	type attribute struct {
		name  string
		typ   int
		value any
	}
	want := []attribute{{"f", 1, uint64(math.Float32bits(-0.5))}, {"i", 2, -7}, {"s", 3, "é"}, {"is", 7, []int{1, -1}}, {"ss", 8, []string{"a", ""}}}
	for i := range want {
		a := odd.sub(t, 5, i)
		value := map[int]func() any{1: func() any { return a[2][0] }, 2: func() any { return a.ints(3)[0] }, 3: func() any { return a.text(4)[0] },
			7: func() any { return a.ints(8) }, 8: func() any { return a.text(9) }}[a.ints(20)[0]]()
		if got := (attribute{a.text(1)[0], a.ints(20)[0], value}); !reflect.DeepEqual(got, want[i]) {
			t.Errorf("attribute %+v, want %+v", got, want[i])
		}
	}
	tensor := graph.sub(t, 5, 0)
	if !slices.Equal(tensor.ints(1), []int{3, 1}) || tensor.ints(2)[0] != 1 || tensor.text(8)[0] != "w" || !bytes.Equal(tensor[9][0].([]byte), []byte{0, 0, 0x80, 0x3f, 0, 0, 0, 0x80, 0, 0, 0x40, 0x40}) {
		t.Errorf("tensor %v", tensor)
	}
	shape := graph.sub(t, 11, 0).sub(t, 2, 0).sub(t, 1, 0)
	dims := shape.sub(t, 2, 0)
	if shape.ints(1)[0] != 1 || dims.sub(t, 1, 0).text(2)[0] != "N0" || dims.sub(t, 1, 1).ints(1)[0] != 2 || dims.sub(t, 1, 2).ints(1)[0] != 3 {
		t.Errorf("input shape %v", dims)
	}
	if out := graph.sub(t, 12, 1); out.text(1)[0] != z[0] || out.sub(t, 2, 0).sub(t, 1, 0).ints(1)[0] != int(Int64) {
		t.Errorf("second output %v", out)
	}
	if n := g.NodeNames(); !slices.Equal(n, []string{"/" + y, "part/" + z[0], "part/again"}) {
		t.Errorf("node names %q", n)
	}
	if !bytes.Equal(g.Marshal(), g.Marshal()) {
		t.Error("two marshals of one graph differ")
	}
}

// Inputs and initialisers keep their names when they are outputs too.
func TestOutputsOfWhatNoNodeMade(t *testing.T) {
	g := New("copy")
	g.Output("y", g.Input("x", Float, 1), Float, 1)
	g.Output("v", g.Floats("w", []float32{1}, 1), Float, 1)
	graph := decode(t, g.Marshal()).sub(t, 7, 0)
	for i, want := range [][2]string{{"x", "y"}, {"w", "v"}} {
		if n := graph.sub(t, 1, i); n.text(4)[0] != "Identity" || n.text(1)[0] != want[0] || n.text(2)[0] != want[1] {
			t.Errorf("%q: %q → %q, want an Identity of %q", n.text(4), n.text(1), n.text(2), want)
		}
	}
}

// Equal constants are one initialiser; what differs in bits, type or shape is not equal.
func TestConstantsArePooled(t *testing.T) {
	g := New("pool")
	a := g.Floats("", []float32{0, 1}, 2)
	for name, b := range map[string]string{
		"sign of zero": g.Floats("", []float32{float32(math.Copysign(0, -1)), 1}, 2),
		"shape":        g.Floats("", []float32{0, 1}, 1, 2),
		"type":         g.Raw("", Int32, binary.LittleEndian.AppendUint64(nil, uint64(math.Float32bits(1))<<32), 4, 2),
		"name":         g.Floats("own", []float32{0, 1}, 2),
	} {
		if a == b {
			t.Errorf("constants that differ in %s are one", name)
		}
	}
	if b := g.Floats("", []float32{0, 1}, 2); a != b {
		t.Errorf("equal constants are %s and %s", a, b)
	}
	pair, scalar := g.Int64s(1, 2), g.Scalar(3)
	if again := g.Int64s(1, 2); again != pair || g.Scalar(3) != scalar || g.Int64s(2, 1) == pair {
		t.Error("shapes and scalars are not pooled rightly")
	}
}

func TestCallerBugsPanic(t *testing.T) {
	for name, f := range map[string]func(){
		"size":      func() { New("g").Floats("w", make([]float32, 5), 2, 3) },
		"attribute": func() { g := New("g"); g.Op("Relu", nil, Attr{"x", 1.5}); g.Marshal() },
	} {
		func() {
			defer func() {
				if r := fmt.Sprint(recover()); !strings.HasPrefix(r, "onnx: ") {
					t.Errorf("%s: recovered %q, want a panic of onnx", name, r)
				}
			}()
			f()
		}()
	}
}

// What a caller does with the names it passed and got does not reach into the graph.
func TestNodesKeepTheirNames(t *testing.T) {
	g := New("names")
	in := []string{g.Input("x", Float, 4), g.Int64s(2, 2)}
	parts := g.Node("", "Split", 2, in, Attr{"axis", 0})
	want := slices.Clone(parts)
	in[0], parts[0] = "other", g.Neg(parts[0])
	split := decode(t, g.Marshal()).sub(t, 7, 0).sub(t, 1, 0)
	if split.text(1)[0] != "x" || !slices.Equal(split.text(2), want) {
		t.Errorf("node reads %q and writes %q, want x and %q", split.text(1), split.text(2), want)
	}
}

// Initialisers and metadata come back as they were written, narrow types widened.
func TestInitialisersComeBack(t *testing.T) {
	g := New("weights")
	want := map[string][]float32{"f": {1.5, -2, float32(math.Inf(1))}, "h": {1, -0.5}, "q": {-128, 127, 0}}
	g.Floats("f", want["f"], 3)
	g.Raw("h", Float16, []byte{0, 0x3c, 0, 0xb8}, 2, 2)
	g.Raw("q", Int8, []byte{0x80, 0x7f, 0}, 1, 3)
	g.Int64s(1, 2)
	g.Metadata["labels"] = `["größer"]`
	b := g.Marshal()
	got, err := Initialisers(b)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	if h, err := ReadHeader(b); err != nil || !reflect.DeepEqual(h.Metadata, g.Metadata) {
		t.Errorf("%+v, %v", h, err)
	}
	types, err := Stored(b)
	if err != nil || types["f"] != Float || types["h"] != Float16 || types["q"] != Int8 || len(types) != 4 {
		t.Errorf("stored types %v, %v", types, err)
	}
}

// A header says what was declared, defaults of inputs and all that lies between left out.
func TestHeaderComesBack(t *testing.T) {
	g := New("header")
	free := ValueInfo{"x", Float16, []Dim{{Name: "N"}, {Size: 3, Fixed: true}}}
	g.InputAs(free)
	g.Input("w", Float, 2)
	g.Floats("w", []float32{1, 2}, 2) // a default
	g.Output("y", g.Neg("x"), Float, -1, 3)
	h, err := ReadHeader(g.Marshal())
	want := &Header{Nodes: 1, Inputs: []ValueInfo{free}, Outputs: []ValueInfo{{"y", Float, Shape(-1, 3)}}, Metadata: map[string]string{}}
	if err != nil || !reflect.DeepEqual(h, want) {
		t.Errorf("%+v, %v, want %+v", h, err, want)
	}
	if got := h.Outputs[0].Sizes(); !slices.Equal(got, []int{-1, 3}) {
		t.Errorf("sizes %v", got)
	}
}

// What a file may ask for is bounded.
func TestHeadersAreBounded(t *testing.T) {
	for says, fill := range map[string]func(g *Graph){
		"more than 1024 inputs and outputs": func(g *Graph) {
			for i := range maxValues + 1 {
				g.Input(fmt.Sprint(i), Float, 1)
			}
		},
		"more than 64 dimensions": func(g *Graph) { g.Input("x", Float, make([]int, maxDims+1)...) },
		"more than 256 metadata entries": func(g *Graph) {
			for i := range maxMetadata + 1 {
				g.Metadata[fmt.Sprint(i)] = ""
			}
		},
		"at most 4194304 are read": func(g *Graph) { g.Metadata["long"] = strings.Repeat("x", maxText+1) },
	} {
		g := New("hostile")
		fill(g)
		if _, err := ReadHeader(g.Marshal()); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want an error with %q", err, says)
		}
	}
}

// Reading never panics, whatever the bytes.
func FuzzInitialisers(f *testing.F) {
	g := New("weights")
	g.Floats("f", []float32{1, 2}, 2)
	g.Raw("q", Int8, []byte{1}, 1, 1)
	g.Metadata["k"] = "v"
	b := g.Marshal()
	f.Add(b)
	for _, n := range []int{1, 10, len(b) / 2, len(b) - 1} {
		f.Add(b[:n])
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		_, err := Initialisers(b)
		if _, err2 := Stored(b); err != nil && !strings.Contains(err.Error(), "not an ONNX file") {
			t.Error(err, err2)
		}
		if h, err := ReadHeader(b); err == nil && (len(h.Inputs)+len(h.Outputs) > maxValues || len(h.Metadata) > maxMetadata) {
			t.Errorf("%d inputs, %d outputs, %d metadata entries", len(h.Inputs), len(h.Outputs), len(h.Metadata))
		}
	})
}
