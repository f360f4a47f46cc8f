package job

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"earshot/internal/test/tinysounds"
)

// The first table has Piczak's network and ours on the same clips. Stopped it goes on; what is finished stays; what only looks so does not.
func TestTableWithTheBaseline(t *testing.T) {
	t.Parallel()
	o := tinyOptions(t)
	base := strings.TrimSuffix(o.Out, ".onnx") + "-table1-piczak"
	var text bytes.Buffer
	for _, c := range []struct {
		phase string
		step  int
		says  string
	}{
		{"features", 1, "before there was anything to save"},
		{"training", 1, "after 1 steps; the state is in " + base + ".checkpoint: run the same command with --resume"},
		{"training", 2, "after 2 steps"}, // the last: what it is stopped in is the measurement
	} {
		ctx, cancel := context.WithCancel(context.Background())
		err := Table(ctx, TableAccuracy, o, stopAt(c.phase, c.step, cancel, &text))
		cancel()
		if !errors.Is(err, ErrInterrupted) || !strings.Contains(err.Error(), c.says) {
			t.Fatalf("stopped in %s at %d: %v, want %q", c.phase, c.step, err, c.says)
		}
		if _, err := os.Stat(base + ".json"); err == nil {
			t.Errorf("stopped in %s it leaves a result", c.phase)
		}
		o.Resume = c.phase == "training"
	}
	makeTable := func() string {
		t.Helper()
		text.Reset()
		if err := Table(context.Background(), TableAccuracy, o, Quiet(&text)); err != nil {
			t.Fatal(err, text.String())
		}
		b, err := os.ReadFile(filepath.Join(filepath.Dir(o.Out), "m-table1.md"))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	first := makeTable()
	if !strings.HasPrefix(first, "Clips named right, data: ") || !strings.Contains(first, "\n| piczak |") || !strings.Contains(first, "\n| acrnn |") {
		t.Errorf("the table says\n%s", first)
	}
	if !strings.Contains(text.String(), "with 4 delayed copies of each") || !strings.Contains(text.String(), "2 steps in") {
		t.Errorf("it said\n%s", text.String())
	}
	if _, err := os.Stat(base + ".checkpoint"); err == nil {
		t.Error("a finished training leaves a checkpoint of 200 MB")
	}
	if second := makeTable(); second != first || strings.Count(text.String(), "is there: ") != 2 {
		t.Errorf("made again it is\n%s\nand said\n%s", second, text.String())
	}
	for says, text := range map[string]string{"no result of a training": "{", "another training": `{"clip_accuracy": 1, "window_accuracy": 1, "clips": 3}`} {
		if err := os.WriteFile(base+".json", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var said bytes.Buffer
		one, err := o.named("table1-piczak").Resolved()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := one.piczakTested(context.Background(), Quiet(&said)); err != nil || !strings.Contains(said.String(), says) || !strings.Contains(said.String(), "2 steps in") {
			t.Errorf("over %s: %v, said\n%s", text, err, said.String())
		}
	}
	if again := makeTable(); again != first {
		t.Errorf("the same training made\n%s\nit was\n%s", again, first)
	}
}

// Without folds to test on each is tested once.
func TestBaselineCrossValidates(t *testing.T) {
	t.Parallel()
	o := tinyOptions(t)
	o.Recipe.Epochs, o.Source.Test = 1, nil
	var text bytes.Buffer
	right, err := o.named("table1-piczak").row(context.Background(), Quiet(&text), Options.piczakTested)
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(filepath.Dir(o.Out), "m-table1-piczak-fold*.json"))
	if err != nil || len(right) < 2 || len(files) != len(right) {
		t.Errorf("%.1f %% right, results in %q, %v", right, files, err)
	}
}

// Clips that this network cannot use are one clear error, and so is --strict where some are.
func TestBaselineOnBadClips(t *testing.T) {
	t.Parallel()
	o := tinyOptions(t)
	o.Strict = true
	var text bytes.Buffer
	tinysounds.Write(t, filepath.Join(o.Source.Set.Dirs[0], "bell", "rec_900.wav"), make([]float32, 100))
	one, err := o.Resolved()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := one.piczakTested(context.Background(), Quiet(&text)); err == nil || !strings.Contains(err.Error(), "--strict") || !strings.Contains(text.String(), "shorter than one frame") {
		t.Errorf("a short clip with --strict: %v, said\n%s", err, text.String())
	}
	o = tinyOptions(t)
	files, err := filepath.Glob(filepath.Join(o.Source.Set.Dirs[0], "*", "*.wav"))
	if err != nil {
		t.Fatal(err)
	}
	for i, path := range files { // no two alike: copies of one sound would share a fold
		tinysounds.Write(t, path, slices.Repeat([]float32{float32(i+1) / 100}, 100))
	}
	if one, err = o.Resolved(); err != nil {
		t.Fatal(err)
	}
	if _, err := one.piczakTested(context.Background(), Quiet(&text)); err == nil || !strings.Contains(err.Error(), "clips can be used; the first: ") || strings.Contains(err.Error(), "\n") {
		t.Errorf("short clips alone: %v", err)
	}
}
