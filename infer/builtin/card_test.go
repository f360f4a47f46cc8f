package builtin_test

import (
	"bytes"
	"io"
	"os"
	"testing"

	"earshot/infer"
	"earshot/infer/builtin"
	"earshot/train/card"
)

// The cards and the credits beside the shipped models are what their metadata says.
func TestCardsAndCreditsAreOfTheShippedModels(t *testing.T) {
	for name, files := range map[string][2]string{builtin.Full: {"CARD.md", "CREDITS.md"}, builtin.Light: {"CARD-light.md", "CREDITS-light.md"}} {
		file, ok := builtin.Named(name)
		if !ok {
			t.Fatalf("no network is called %s", name)
		}
		m, err := infer.ParseModel(name, file)
		if err != nil {
			t.Fatal(err)
		}
		c, err := card.Read(m)
		if err != nil {
			t.Fatal(err)
		}
		if c.Embedder, err = infer.ParseEmbedder("built-in second network", builtin.Embedder()); err != nil {
			t.Fatal(err)
		}
		title, ok := builtin.TitleOf(file)
		if !ok {
			t.Errorf("%s has no title", name)
		}
		same(t, files[0], func(w io.Writer) error { return c.Markdown(w, title) })
		same(t, files[1], c.Credits)
	}
}

// same holds a file beside the models to what they say.
func same(t *testing.T, file string, write func(io.Writer) error) {
	t.Helper()
	var want bytes.Buffer
	if err := write(&want); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Error(err)
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Errorf("infer/builtin/%s is not that of the model in the binary; write it anew with make model-card", file)
	}
}

// Each file stays below what a package index, a repository and a small box take easily.
func TestSizes(t *testing.T) {
	for _, name := range []string{builtin.BuiltIn, builtin.Light, builtin.Full, "builtin", "builtin-full"} {
		file, ok := builtin.Named(name)
		if !ok || len(file) > 9_000_000 {
			t.Errorf("%s: %v, %d bytes; want at most 9 MB", name, ok, len(file))
		}
	}
	if n := len(builtin.Embedder()); n > 8_000_000 {
		t.Errorf("the second network takes %d bytes, want at most 8 MB", n)
	}
	if _, ok := builtin.Named("model.onnx"); ok {
		t.Error("a file's name is a network that ships")
	}
}
