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

// The card and the credits beside the shipped model are what its metadata says.
func TestCardAndCreditsAreOfTheShippedModel(t *testing.T) {
	m, err := infer.ParseModel("built-in", builtin.Default())
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
	for file, write := range map[string]func(io.Writer) error{
		"CARD.md":    func(w io.Writer) error { return c.Markdown(w, builtin.Name) },
		"CREDITS.md": c.Credits,
	} {
		var want bytes.Buffer
		if err := write(&want); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(file)
		if err != nil {
			t.Error(err)
		}
		if !bytes.Equal(got, want.Bytes()) {
			t.Errorf("infer/builtin/%s is not that of the model in the binary; write it anew with\n"+
				"  make model-card\nwhich is\n  go run . model builtin > infer/builtin/CARD.md && go run . model builtin --credits > infer/builtin/CREDITS.md", file)
		}
	}
}
