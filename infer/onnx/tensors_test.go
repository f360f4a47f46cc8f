package onnx

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// bytesField and number write one field of a message.
func bytesField(num protowire.Number, v []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, num, protowire.BytesType), v)
}

func number(num protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, num, protowire.VarintType), v)
}

func join(parts ...[]byte) (b []byte) {
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

// TestWeightsOfAnotherFile: wherever a tensor stands, its values must be in the file, and no more than fit into it.
func TestWeightsOfAnotherFile(t *testing.T) {
	name := bytesField(8, []byte("w"))
	outside := join(name, number(1, 4), bytesField(13, join(bytesField(1, []byte("location")), bytesField(2, []byte("/etc/shadow")))))
	flagged := join(name, number(1, 4), number(14, 1))
	huge := join(name, number(1, 1<<40))
	packed := join(name, bytesField(1, join(protowire.AppendVarint(nil, 1<<33), protowire.AppendVarint(nil, 1<<33))))
	negative := join(name, number(1, ^uint64(0)))
	good := join(name, number(1, 4), bytesField(9, make([]byte, 16)))
	big := join(name, number(1, 500))

	attribute := func(num protowire.Number, v []byte) []byte { return bytesField(5, bytesField(num, v)) }
	nested := bytesField(5, good)
	for range 2 * maxNesting {
		nested = bytesField(1, attribute(6, nested))
	}
	for what, c := range map[string]struct {
		model []byte
		says  string
	}{
		"initialiser":           {bytesField(7, bytesField(5, outside)), `"w" has its values in another file`},
		"by its place alone":    {bytesField(7, bytesField(5, flagged)), `"w" has its values in another file`},
		"constant":              {bytesField(7, bytesField(1, attribute(5, outside))), "another file"},
		"constants":             {bytesField(7, bytesField(1, attribute(10, outside))), "another file"},
		"branch":                {bytesField(7, bytesField(1, attribute(6, bytesField(5, outside)))), "another file"},
		"function":              {join(bytesField(7, nil), bytesField(25, bytesField(7, attribute(5, outside)))), "another file"},
		"training":              {join(bytesField(7, nil), bytesField(20, bytesField(2, bytesField(5, outside)))), "another file"},
		"huge":                  {bytesField(7, bytesField(5, huge)), `"w" says to have more elements`},
		"huge, packed":          {bytesField(7, bytesField(5, packed)), "says to have more elements"},
		"negative":              {bytesField(7, bytesField(5, negative)), "says to have more elements"},
		"many large":            {bytesField(7, join(bytesField(5, big), bytesField(5, big), bytesField(5, big), bytesField(2, make([]byte, 60)))), "together"},
		"sparse":                {bytesField(7, bytesField(15, nil)), "sparse"},
		"nested without an end": {bytesField(7, nested), "nested more than"},
		"good":                  {bytesField(7, bytesField(5, good)), ""},
		"good, in a branch":     {bytesField(7, bytesField(1, attribute(6, bytesField(5, good)))), ""},
	} {
		_, err := ReadHeader(c.model)
		if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: %v, want %q", what, err, c.says)
		}
	}
}
