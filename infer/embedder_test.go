package infer

import (
	"errors"
	"math"
	"strings"
	"testing"

	"earshot/internal/test/testmodel"
)

func openTestEmbedder(t *testing.T, sounds ...string) *Embedder {
	t.Helper()
	if err := Init(""); err != nil {
		t.Fatal(err)
	}
	m, err := ParseEmbedder("test", testmodel.NewEmbedder(sounds...).Bytes())
	if err != nil {
		t.Fatal(err)
	}
	e, err := NewEmbedder(m, Options{Provider: "cpu"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

func TestParseEmbedder(t *testing.T) {
	m, err := ParseEmbedder("x.onnx", testmodel.NewEmbedder("Speech", "Dog").Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if m.Name != "test" || strings.Join(m.AudioSet, " ") != "Speech Dog" || m.FrontEnd != `{"bands":64}` ||
		string(m.Licence) != `{"name":"MIT"}` || string(m.Provenance) != "null" || len(m.SHA256) != 64 {
		t.Errorf("%+v", m)
	}
}

// Each way to break the embedders' contract has its message.
func TestEmbedderContract(t *testing.T) {
	type spec = testmodel.EmbedderSpec
	for _, c := range []struct {
		change func(*spec)
		want   string
	}{
		{func(s *spec) { delete(s.Metadata, "embedder") }, `metadata "embedder": missing, want 1`},
		{func(s *spec) { s.Metadata["embedder"] = "2" }, "version 2, this earshot keeps version 1"},
		{func(s *spec) { s.Metadata["audioset"] = `["Dog"]` }, `output "audioset" has 2 sounds, metadata "audioset" lists 1`},
		{func(s *spec) { s.Metadata["audioset"] = `["Dog",""]` }, `name 1 is "", want 1 to 200 bytes`},
		{func(s *spec) { s.Metadata["front_end"] = "{}" }, "found an empty object"},
		{func(s *spec) { s.Patch.Dims = []int{-1, 64, 96} }, `input "patch": want float32 [N,96,64] (N free), found float32 [N,64,96]`},
		{func(s *spec) { s.Patch.Name = "window" }, `input "window" float32 [N,96,64] is not in the contract, want only "patch"`},
		{func(s *spec) { s.Embed.Dims = []int{-1, 512} }, `output "embedding": want float32 [N,1024] (N free), found float32 [N,512]`},
		{func(s *spec) { s.Embed.Name = "scores" }, `output "embedding": missing`},
	} {
		s := testmodel.NewEmbedder("Speech", "Dog")
		c.change(s)
		_, err := ParseEmbedder("x", s.Bytes())
		var broken *ContractError
		if !errors.As(err, &broken) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v\nwant %q", err, c.want)
		}
	}
	if _, err := ParseEmbedder("x", testmodel.New("dog", "cat").Bytes()); err == nil || !strings.Contains(err.Error(), `metadata "embedder": missing`) {
		t.Errorf("a first network as the second: %v", err)
	}
}

// Every batch size gives each patch its own embedding, whatever was in the buffers before.
func TestEmbedderBatches(t *testing.T) {
	e := openTestEmbedder(t, "Speech", "Dog")
	for _, n := range []int{1, MaxPatches, 3, 1, MaxPatches} {
		x := make([]float32, n*PatchLen)
		for i := range x {
			x[i] = float32(i/PatchLen + n)
		}
		emb, p := make([]float32, n*EmbeddingLen), make([]float32, n*2)
		if err := e.Embed(x, n, emb, p); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			if want := float32(i + n); emb[i*EmbeddingLen+7] != want || p[2*i] != want || p[2*i+1] != 0 {
				t.Errorf("patch %d of %d: %g, %v; want %g", i, n, emb[i*EmbeddingLen+7], p[2*i:2*i+2], want)
			}
		}
	}
}

func TestEmbedderFails(t *testing.T) {
	e := openTestEmbedder(t, "Speech")
	x := make([]float32, PatchLen)
	x[3] = float32(math.NaN())
	emb := make([]float32, EmbeddingLen)
	if err := e.Embed(x, 1, emb, nil); !errors.Is(err, ErrNotFinite) {
		t.Errorf("%v, want ErrNotFinite", err)
	}
	e.Close()
	e.Close()
	if err := e.Embed(x, 1, emb, nil); !errors.Is(err, ErrClosed) {
		t.Errorf("%v, want ErrClosed", err)
	}
	defer func() {
		if recover() == nil {
			t.Error("a short slice must panic")
		}
	}()
	_ = e.Embed(x, 2, emb, nil)
}
