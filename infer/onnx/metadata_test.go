package onnx

import (
	"bytes"
	"maps"
	"testing"
)

// Metadata is set, replaced and taken out; everything else of the file stays.
func TestWithMetadata(t *testing.T) {
	g := New("g")
	g.Output("y", g.Op("Relu", []string{g.Input("x", Float, 2)}), Float, 2)
	g.Metadata["keep"], g.Metadata["change"], g.Metadata["drop"] = "a", "b", "c"
	whole := g.Marshal()
	got, err := WithMetadata(whole, map[string]string{"change": "B", "drop": "", "new": "n"})
	if err != nil {
		t.Fatal(err)
	}
	h, err := ReadHeader(got)
	if err != nil {
		t.Fatal(err)
	}
	if want := map[string]string{"keep": "a", "change": "B", "new": "n"}; !maps.Equal(h.Metadata, want) {
		t.Errorf("metadata %v, want %v", h.Metadata, want)
	}
	bare := func(b []byte) []byte {
		b, err := WithMetadata(b, map[string]string{"keep": "", "change": "", "drop": "", "new": ""})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	if !bytes.Equal(bare(got), bare(whole)) {
		t.Error("more than the metadata has changed")
	}
	for n := range whole {
		if _, err := WithMetadata(whole[:n], nil); err == nil && n < len(whole)/2 {
			t.Errorf("%d of %d bytes are taken for a model", n, len(whole))
		}
	}
	if _, err := WithMetadata([]byte("no model"), nil); err == nil {
		t.Error("text is taken for a model")
	}
}
