package builtin

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"earshot/infer"
	"earshot/internal/figure"
	"earshot/verify/logmel"
)

func array(t testing.TB, path ...string) ([]float64, []int) {
	t.Helper()
	x, shape, err := figure.ReadNPY(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return x, shape
}

// patches are those of one of logmel's reference waves, every 48 frames.
func patches(t testing.TB, name string) (x []float32, n int) {
	t.Helper()
	wave, _ := array(t, "..", "..", "verify", "logmel", "testdata", name+"_wave.npy")
	samples := make([]float32, len(wave))
	for i, v := range wave {
		samples[i] = float32(v)
	}
	frames := logmel.New().Batch(samples)
	for at := 0; at+infer.PatchLen <= len(frames); at += logmel.PatchHop * logmel.Bands {
		x = append(x, frames[at:at+infer.PatchLen]...)
		n++
	}
	return x, n
}

func embedder(t testing.TB, onnx []byte) (*infer.Embedder, *infer.EmbedderModel) {
	t.Helper()
	if err := infer.Init(""); err != nil {
		t.Fatal(err)
	}
	m, err := infer.ParseEmbedder("yamnet.onnx", onnx)
	if err != nil {
		t.Fatal(err)
	}
	e, err := infer.NewEmbedder(m, infer.Options{Provider: "cpu"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e, m
}

// TestYAMNet: sound to embedding and AudioSet's probabilities beside TensorFlow's. A float32 file
// (generate.go -fp32) named by EARSHOT_YAMNET32 is held to the tolerance of float32 instead.
func TestYAMNet(t *testing.T) {
	onnx, most, mostP := Embedder(), 0.02, 0.01
	if path := os.Getenv("EARSHOT_YAMNET32"); path != "" {
		var err error
		if onnx, err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
		most, mostP = 2e-4, 1e-4
	}
	e, m := embedder(t, onnx)
	if len(m.AudioSet) != 521 || m.AudioSet[0] != "Speech" || m.AudioSet[70] != "Bark" || m.FrontEnd != logmel.Fingerprint {
		t.Errorf("%d sounds, %q …; front end %s", len(m.AudioSet), m.AudioSet[:min(3, len(m.AudioSet))], m.FrontEnd)
	}
	for _, name := range []string{"chirp", "dog"} {
		x, n := patches(t, name)
		want, shape := array(t, "testdata", name+"_embedding.npy")
		logits, _ := array(t, "testdata", name+"_logits.npy")
		if shape[0] != n {
			t.Fatalf("%s: %d patches, golden values of %d", name, n, shape[0])
		}
		got, p := make([]float32, n*infer.EmbeddingLen), make([]float32, n*e.Sounds)
		if err := e.Embed(x, n, got, p); err != nil {
			t.Fatal(err)
		}
		worst, largest, worstP := 0.0, 0.0, 0.0
		for i, w := range want {
			worst, largest = max(worst, math.Abs(float64(got[i])-w)), max(largest, math.Abs(w))
		}
		for i, w := range logits {
			worstP = max(worstP, math.Abs(float64(p[i])-1/(1+math.Exp(-w))))
		}
		t.Logf("%s: largest error %.2e in an embedding of values up to %.2f, %.2e in a probability", name, worst, largest, worstP)
		if !(worst <= most*largest) || !(worstP <= mostP) {
			t.Errorf("%s: errors of %g and %g, want at most %g of the largest value and %g", name, worst, worstP, most, mostP)
		}
	}
}

// TestYAMNetBatches: a patch has the same embedding in company as alone, to the tolerance of another order of sums.
func TestYAMNetBatches(t *testing.T) {
	e, _ := embedder(t, Embedder())
	x, n := patches(t, "dog")
	for len(x) < infer.MaxPatches*infer.PatchLen {
		x = append(x, x[:infer.PatchLen]...)
	}
	alone := make([]float32, n*infer.EmbeddingLen)
	for i := range n {
		if err := e.Embed(x[i*infer.PatchLen:][:infer.PatchLen], 1, alone[i*infer.EmbeddingLen:][:infer.EmbeddingLen], nil); err != nil {
			t.Fatal(err)
		}
	}
	for size := n; size <= infer.MaxPatches; size++ {
		got := make([]float32, size*infer.EmbeddingLen)
		if err := e.Embed(x[:size*infer.PatchLen], size, got, nil); err != nil {
			t.Fatal(err)
		}
		for i, w := range alone {
			if got[i] != w {
				t.Fatalf("value %d of %d patches is %g, alone %g", i, size, got[i], w)
			}
		}
	}
}

func TestYAMNetSize(t *testing.T) {
	const most = 8 << 20
	if n := len(Embedder()); n > most {
		t.Errorf("the file has %d bytes, want at most %d", n, most)
	}
	m, err := infer.ParseEmbedder("yamnet.onnx", Embedder())
	if err != nil {
		t.Fatal(err)
	}
	var licence struct{ Name, Notice string }
	if err := json.Unmarshal(m.Licence, &licence); err != nil || licence.Name != "Apache-2.0" {
		t.Errorf("licence %s", m.Licence)
	}
	if _, err := os.Stat(licence.Notice); err != nil {
		t.Errorf("the notice that the file names: %v", err)
	}
}

func TestYAMNetAllocatesNothing(t *testing.T) {
	e, _ := embedder(t, Embedder())
	x, n := patches(t, "dog")
	dst, p := make([]float32, n*infer.EmbeddingLen), make([]float32, n*e.Sounds)
	if a := testing.AllocsPerRun(5, func() {
		if err := e.Embed(x, n, dst, p); err != nil {
			t.Error(err)
		}
	}); a != 0 {
		t.Errorf("%v allocations a run, want 0", a)
	}
}

func BenchmarkYAMNet(b *testing.B) {
	onnx := Embedder()
	if path := os.Getenv("EARSHOT_YAMNET"); path != "" {
		onnx, _ = os.ReadFile(path)
	}
	e, _ := embedder(b, onnx)
	x := make([]float32, 8*infer.PatchLen)
	dst := make([]float32, 8*infer.EmbeddingLen)
	for _, n := range []int{1, 2, 4, 8} {
		b.Run(string(rune('0'+n)), func(b *testing.B) {
			for b.Loop() {
				if err := e.Embed(x[:n*infer.PatchLen], n, dst[:n*infer.EmbeddingLen], nil); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/1e3/float64(b.N*n), "ms/patch")
		})
	}
}
