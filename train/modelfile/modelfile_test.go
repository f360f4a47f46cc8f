package modelfile

import (
	"context"
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"earshot/infer"
	"earshot/infer/onnx"
	"earshot/internal/test/learned"
	"earshot/internal/test/testruntime"
	"earshot/internal/test/tones"
	"earshot/train/acrnn"
	"earshot/train/head"
	"earshot/train/scoring"
)

func infoOf(n *learned.Network) Info {
	info := Info{Labels: n.Data.Labels, Names: map[string]string{}, FrontEnd: tones.Front(), Thresholds: map[string]infer.Threshold{},
		Temperature: 1.5, Provenance: map[string]any{"seed": 2}, Licence: map[string]any{"data": "made up"}}
	for _, l := range info.Labels {
		info.Names[l], info.Thresholds[l] = strings.ToUpper(l), infer.Threshold{On: 0.6, Off: 0.4}
	}
	return info
}

// exported writes n's model file and reads it as the daemon does.
func exported(t *testing.T, n *learned.Network, change func(*Info)) *infer.Model {
	t.Helper()
	info := infoOf(n)
	if change != nil {
		change(&info)
	}
	b, err := Export(n.Arch, n.Weights, info)
	if err != nil {
		t.Fatal(err)
	}
	m, err := infer.ParseModel("tones", b)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// scoresOf are the scores of a model file over the held-out clips, and the share it names right.
func scoresOf(t *testing.T, n *learned.Network, m *infer.Model) (scores []float32, accuracy float64) {
	t.Helper()
	s, err := scoring.OfModel(m, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	clips, err := s.Score(context.Background(), n.Data.Test, 64, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range clips {
		scores = append(scores, c.Scores...)
	}
	if accuracy, _, err = s.Accuracy(n.Data.Test, -1, 64); err != nil {
		t.Fatal(err)
	}
	return scores, accuracy
}

// A model file says what it was told, and comes back as weights that train on: as they were in
// float32, rounded in float16, rounded to eight bits where convolutions are.
func TestModelFilesComeBack(t *testing.T) {
	n := learned.Tones(t)
	quant := learnedQuant(t)
	plain, accuracy := scoresOf(t, n, exported(t, n, nil))
	for _, c := range []struct {
		form            string
		change          func(*Info)
		weights, scores float64 // largest relative error of a tensor, largest difference of a score
	}{
		{FP32, func(*Info) {}, 1e-6, 0},
		{FP16, func(m *Info) { m.Half = true }, 1e-3, 1e-2},
		{INT8, func(m *Info) { m.Half, m.Quant = true, quant }, 2e-2, 0.05},
	} {
		m := exported(t, n, c.change)
		if got := WeightForm(m.Bytes); got != c.form {
			t.Errorf("form %q, want %q", got, c.form)
		}
		if !slices.Equal(m.Labels, n.Data.Labels) || m.Temperature != 1.5 || m.Background != "" || m.Names["tone_1"] != "TONE_1" || m.Thresholds["tone_2"].On != 0.6 || m.FrontEnd != tones.Front().Fingerprint() {
			t.Errorf("%s: the model says %+v", c.form, m)
		}
		a, w, err := Import(m.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(a, n.Arch) || w.Mean != n.Weights.Mean || w.Std != n.Weights.Std || !slices.Equal(w.Means, n.Weights.Means) || !slices.Equal(w.Vars, n.Weights.Vars) {
			t.Errorf("%s: network, norm or statistics changed", c.form)
		}
		want, got := a.Named(n.Weights.Flat), a.Named(w.Flat)
		for name := range want {
			var diff, norm float64
			for i := range want[name] {
				d := float64(got[name][i] - want[name][i])
				diff, norm = diff+d*d, norm+float64(want[name][i])*float64(want[name][i])
			}
			if rel := math.Sqrt(diff / (norm + 1e-12)); !(rel <= c.weights) {
				t.Errorf("%s: %s came back with a relative error of %.2g", c.form, name, rel)
			}
		}
		scores, right := scoresOf(t, n, m)
		d := tones.Apart(scores, plain)
		t.Logf("%s: %d bytes, scores within %.2g, %.0f %% right (float32 %.0f %%)", c.form, len(m.Bytes), d, 100*right, 100*accuracy)
		if d > c.scores || right < accuracy-0.05 {
			t.Errorf("%s: scores differ by %.2g, %.0f %% right", c.form, d, 100*right)
		}
	}
}

// Converting keeps all that a model says, notes where it came from, and knows what cannot be.
func TestConvert(t *testing.T) {
	n := learned.Tones(t)
	m := exported(t, n, func(i *Info) { i.Memory = &head.Memory{Labels: []string{"tone_1"}, Width: 2, Vectors: []byte{1, 255}} })
	b, err := Convert(m, FP16, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	half, err := infer.ParseModel("half", b)
	if err != nil {
		t.Fatal(err)
	}
	memory, err := head.ReadMemory(b)
	if err != nil || memory == nil || memory.Width != 2 || !slices.Equal(memory.Vectors, []byte{1, 255}) {
		t.Errorf("memory %+v, %v", memory, err)
	}
	if WeightForm(b) != FP16 || !reflect.DeepEqual(half.Thresholds, m.Thresholds) || half.Temperature != m.Temperature || !strings.Contains(string(half.Provenance), m.SHA256) || !strings.Contains(string(half.Provenance), `"seed":2`) {
		t.Errorf("converted: %s, %s, temperature %g", WeightForm(b), half.Provenance, half.Temperature)
	}
	quant := learnedQuant(t)
	eight := exported(t, n, func(i *Info) { i.Half, i.Quant = true, quant })
	for says, f := range map[string]func() error{
		"want fp32, fp16 or int8": func() error { _, err := Convert(m, "bf16", nil, nil); return err },
		"spans of the activation": func() error { _, err := Convert(m, INT8, nil, nil); return err },
		"cannot be undone":        func() error { _, err := Convert(eight, FP32, nil, nil); return err },
		"no clips to measure": func() error {
			_, err := Calibrate(context.Background(), n.Arch, n.Weights, tones.Front(), nil, 1, 0)
			return err
		},
		"context canceled": func() error {
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			_, err := Calibrate(ctx, n.Arch, n.Weights, tones.Front(), n.Data.Train, 1, 0)
			return err
		},
	} {
		if err := f(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("want an error with %q, got %v", says, err)
		}
	}
}

// Only whole models that earshot trained can be trained on; anything else is an error, not a panic.
func TestImportRefusesBrokenModels(t *testing.T) {
	n := learned.Tones(t)
	whole := acrnn.InferenceGraph(n.Arch, n.Weights, acrnn.InferenceOptions{})
	h, err := onnx.ReadHeader(exported(t, n, nil).Bytes)
	if err != nil {
		t.Fatal(err)
	}
	for what, change := range map[string]func(tr map[string]any){
		"no network":            func(tr map[string]any) { delete(tr, "Arch") },
		"no layers":             func(tr map[string]any) { tr["Arch"].(map[string]any)["Convs"] = []any{} },
		"negative cells":        func(tr map[string]any) { tr["Arch"].(map[string]any)["Hidden"] = -3 },
		"gigantic cells":        func(tr map[string]any) { tr["Arch"].(map[string]any)["Hidden"] = 1e9 },
		"other cells":           func(tr map[string]any) { tr["Arch"].(map[string]any)["Hidden"] = 20 },
		"one label":             func(tr map[string]any) { tr["Arch"].(map[string]any)["Classes"] = 1 },
		"more labels":           func(tr map[string]any) { tr["Arch"].(map[string]any)["Classes"] = 9 },
		"attention nowhere":     func(tr map[string]any) { tr["Arch"].(map[string]any)["Attention"] = map[string]any{"Layer": 3} },
		"attention elsewhere":   func(tr map[string]any) { tr["Arch"].(map[string]any)["Attention"] = map[string]any{"Layer": 2} },
		"a pool of no size":     func(tr map[string]any) { tr["Arch"].(map[string]any)["Convs"].([]any)[1].(map[string]any)["PoolH"] = 0 },
		"an even kernel":        func(tr map[string]any) { tr["Arch"].(map[string]any)["Convs"].([]any)[1].(map[string]any)["KH"] = 4 },
		"layers that don't fit": func(tr map[string]any) { tr["Arch"].(map[string]any)["Convs"].([]any)[1].(map[string]any)["In"] = 8 },
		"another window":        func(tr map[string]any) { tr["Arch"].(map[string]any)["Bands"] = 64 },
		"few statistics":        func(tr map[string]any) { tr["Gamma"] = []any{1.0} },
		"nothing":               func(tr map[string]any) { clear(tr) },
	} {
		tr := map[string]any{}
		if err := json.Unmarshal([]byte(h.Metadata["trainable"]), &tr); err != nil {
			t.Fatal(err)
		}
		change(tr)
		b, err := json.Marshal(tr)
		if err != nil {
			t.Fatal(err)
		}
		whole.Metadata["trainable"] = string(b)
		if _, _, err := Import(whole.Marshal()); err == nil || !strings.Contains(err.Error(), "model") {
			t.Errorf("%s: %v, want an error about the model", what, err)
		}
	}
	delete(whole.Metadata, "trainable")
	if _, _, err := Import(whole.Marshal()); err == nil || !strings.Contains(err.Error(), "only models that earshot trained") {
		t.Errorf("a model of somebody else: %v", err)
	}
	if _, _, err := Import([]byte("not a model")); err == nil {
		t.Error("text was imported")
	}
	w := n.Weights
	w.Flat = slices.Clone(w.Flat)
	w.Flat[7] = float32(math.NaN())
	if _, err := Export(n.Arch, w, infoOf(n)); err == nil || !strings.Contains(err.Error(), "not a number") {
		t.Errorf("a weight that is no number was exported: %v", err)
	}
}

var quantOnce acrnn.Quantisation

// learnedQuant are the spans of learnedTones's activations.
func learnedQuant(t testing.TB) acrnn.Quantisation {
	t.Helper()
	if quantOnce == nil {
		n := learned.Tones(t)
		var err error
		if quantOnce, err = Calibrate(context.Background(), n.Arch, n.Weights, tones.Front(), n.Data.Train, 1, 1); err != nil {
			t.Fatal(err)
		}
	}
	return quantOnce
}

func TestMain(m *testing.M) {
	testruntime.MustLoad()
	m.Run()
}
