package acrnn

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"earshot/infer"
)

// Every layer of the network is in the profile, in order and with both passes, and the shares
// add up; nothing is left behind in the temporary folder.
func TestProfileSharesTimeOutByLayer(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	a := narrowArch(t, "l4-sigmoid", 4, 3)
	timing, err := Profile(a, StepOptions{Batch: 2, Optimiser: AdamW, ClipNorm: 5}, infer.GraphOptions{Threads: 1}, 3)
	if err != nil {
		t.Fatal(err)
	}
	if !(timing.Min > 0 && timing.Min <= timing.Median) || timing.Nodes < 1000 {
		t.Errorf("%g to %g s a step, %d nodes", timing.Min, timing.Median, timing.Nodes)
	}
	sum, backward := 0.0, map[string]bool{}
	var names []string
	for _, s := range timing.Shares {
		sum += s.Forward + s.Backward
		names = append(names, s.Name)
		backward[s.Name] = s.Backward > 0
	}
	if math.Abs(sum-1) > 1e-9 {
		t.Errorf("the layers' shares sum to %g", sum)
	}
	at := -1
	for _, layer := range []string{"l1", "l2", "l3", "l4", "attention", "l5", "l6", "l7", "l8", "l9", "l10", "dense", "update"} {
		i := slices.Index(names, layer)
		if i <= at || backward[layer] != (layer != "update") {
			t.Errorf("%s stands at %d of %v, backward %v", layer, i, names, backward[layer])
		}
		at = i
	}
	sum = 0
	for i, s := range timing.Operators {
		sum += s.Forward
		if i > 0 && s.Forward > timing.Operators[i-1].Forward {
			t.Errorf("operators are not in order: %v", timing.Operators)
		}
	}
	if math.Abs(sum-1) > 1e-9 || timing.Operators[0].Name == "" {
		t.Errorf("operators' shares sum to %g: %v", sum, timing.Operators)
	}
	if left, _ := os.ReadDir(os.TempDir()); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestProfileErrors(t *testing.T) {
	dir := t.TempDir()
	if _, err := readProfile(dir); err == nil || !strings.Contains(err.Error(), "want one file") {
		t.Errorf("an empty folder: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "p.json"), []byte(`[{"cat":"Node"`), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := readProfile(dir); err == nil || !strings.Contains(err.Error(), "p.json") {
		t.Errorf("a cut profile: %v", err)
	}
	if _, err := Profile(narrowArch(t, "none", 4, 3), StepOptions{Batch: 2, Optimiser: SGD}, infer.GraphOptions{Provider: "tpu"}, 1); err == nil {
		t.Error("an unknown provider is no error")
	}
}
