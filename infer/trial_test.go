package infer

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"earshot/infer/onnx"
	"earshot/internal/test/testmodel"
)

// stored writes a model to a file and reads it back.
func stored(t *testing.T, bytes []byte) *Model {
	t.Helper()
	if err := Init(""); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "model.onnx")
	if err := os.WriteFile(path, bytes, 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := LoadModel(path)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// peak is the most memory that this process had, in bytes, since it was last asked.
func peak(t *testing.T) int64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	var kB int64
	for _, c := range strings.TrimSpace(rest) {
		if c < '0' || c > '9' {
			break
		}
		kB = 10*kB + int64(c-'0')
	}
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		t.Fatal(err)
	}
	return kB << 10
}

// TestModelsThatBlowUp has files of a few kilobytes whose operators ask for gigabytes. They are refused, and this process
// does not feel it.
func TestModelsThatBlowUp(t *testing.T) {
	const huge = 1 << 32 // elements
	mean := func(g *onnx.Graph, x string) string {
		return g.Op("ReduceMean", []string{x}, onnx.Attr{Name: "keepdims", Value: 0})
	}
	for name, besides := range map[string]func(g *onnx.Graph, window string) string{
		"ConstantOfShape": func(g *onnx.Graph, _ string) string {
			return mean(g, g.Op("ConstantOfShape", []string{g.Int64s(huge)}))
		},
		"Expand": func(g *onnx.Graph, _ string) string {
			return mean(g, g.Op("Expand", []string{g.Scalar(1), g.Int64s(1<<16, 1<<16)}))
		},
		"Expand, of the window": func(g *onnx.Graph, window string) string {
			return mean(g, g.Op("Expand", []string{window, g.Int64s(1<<15, 2, 128, 128)}))
		},
		"Tile": func(g *onnx.Graph, window string) string {
			return mean(g, g.Op("Tile", []string{window, g.Int64s(1, 1, 1<<10, 1<<10)}))
		},
		"Range": func(g *onnx.Graph, _ string) string {
			return mean(g, g.Op("Range", []string{g.Scalar(0), g.Scalar(huge), g.Scalar(1.0 / 4)}))
		},
		"Pad": func(g *onnx.Graph, window string) string {
			return mean(g, g.Pad(window, 0, 0, 0, 0, 0, 0, 1<<16, 1<<16))
		},
		"a sum of a row and a column": func(g *onnx.Graph, window string) string {
			flat := g.Reshape(window, -1, 1)
			return mean(g, g.Add(flat, g.Transpose(flat, 1, 0)))
		},
		"as much as the sound is loud": func(g *onnx.Graph, window string) string {
			level := g.Add(mean(g, window), g.Scalar(0)) // dB; silence is lower than the trial's noise
			size := g.Op("Cast", []string{g.Op("Max", []string{g.Mul(g.Add(level, g.Scalar(99)), g.Scalar(1<<26)), g.Scalar(1)})}, onnx.Attr{Name: "to", Value: 7})
			return mean(g, g.Op("ConstantOfShape", []string{g.Reshape(size, 1)}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			spec := testmodel.New(four...)
			spec.Besides = besides
			m := stored(t, spec.Bytes())
			before := peak(t)
			_, err := NewSession(m, Options{Provider: "cpu"})
			if err == nil {
				t.Fatal("loaded")
			}
			t.Log(err)
			if !strings.Contains(err.Error(), "tried in a process of its own") || strings.Contains(err.Error(), "\n") || len(err.Error()) > 600 {
				t.Errorf("no clear line")
			}
			if more := peak(t) - before; more > 100<<20 {
				t.Errorf("%d MB more were taken here", more>>20)
			}
		})
	}
}

// TestTrialPasses has a good file loaded, and the runtime's own words for one that cannot run.
func TestTrialPasses(t *testing.T) {
	spec := testmodel.New(four...)
	s, err := NewSession(stored(t, spec.Bytes()), Options{Provider: "cpu"})
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	spec.Op = "NoSuchOperator"
	if _, err := NewSession(stored(t, spec.Bytes()), Options{Provider: "cpu"}); err == nil || !strings.Contains(err.Error(), "NoSuchOperator") {
		t.Errorf("an operator that there is not: %v", err)
	}
	spec.Op, spec.NaN = "Softmax", true
	if _, err := NewSession(stored(t, spec.Bytes()), Options{Provider: "cpu"}); err == nil || !strings.Contains(err.Error(), "finite") {
		t.Errorf("scores that are no numbers: %v", err)
	}
}
