package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"earshot/daemon/config"
	"earshot/gammatone"
	"earshot/infer"
	"earshot/internal/test/testmodel"
	"earshot/verify"
	"earshot/verify/logmel"
)

// TestLoadSecond: what is used of a model's head and a second network, and what is wrong between them.
func TestLoadSecond(t *testing.T) {
	head := testmodel.HeadSpec{Labels: []string{"dog"}, Weight: []float64{1}, Bias: []float64{0}, Fusions: []verify.Fusion{verify.DefaultFusion}}
	file := func(change func(*testmodel.EmbedderSpec)) string {
		s := testmodel.NewEmbedder("Speech")
		s.Metadata["front_end"] = logmel.Fingerprint
		change(s)
		path := filepath.Join(t.TempDir(), "second.onnx")
		if err := os.WriteFile(path, s.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := file(func(*testmodel.EmbedderSpec) {})
	for _, c := range []struct {
		name, verify, choice string
		uses, fails          string
	}{
		{"fits", head.Text(), good, "test (1 labels)", ""},
		{"off", head.Text(), config.VerifyOff, "none: switched off", ""},
		{"no head", "null", good, "none: the model carries no head for a second network", ""},
		{"another network's head", head.Text(), config.VerifyBuiltIn, "", `its head was learned on the network "test"`},
		{"another front end", head.Text(), file(func(s *testmodel.EmbedderSpec) { s.Metadata["front_end"] = `{"bands":64}` }), "", "its front end is not this program's"},
		{"bad head", `{"version":9}`, good, "", "head of version 9"},
		{"no file", "null", "/nowhere.onnx", "", "no such file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := infer.ParseModel("test", testmodel.New("dog", "siren").Bytes())
			if err != nil {
				t.Fatal(err)
			}
			m.Verify = []byte(c.verify)
			s, err := LoadSecond(m, gammatone.Default(), c.choice)
			if c.fails != "" {
				if err == nil || !strings.Contains(err.Error(), c.fails) {
					t.Fatalf("%v, want %s", err, c.fails)
				}
				return
			}
			if err != nil || s.String() != c.uses {
				t.Errorf("%s, %v; want %s", s, err, c.uses)
			}
		})
	}
}
