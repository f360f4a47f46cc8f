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

	"earshot/infer"
	"earshot/internal/test/tinysounds"
	"earshot/train"
	"earshot/train/acrnn"
	"earshot/train/corpus"
	"earshot/train/dataset"
	"earshot/train/modelfile"
	"earshot/train/recipe"
)

// tinyOptions are a training of a second on three labels.
func tinyOptions(t *testing.T) Options {
	t.Helper()
	if err := infer.Init(""); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	tinysounds.Folder(t, filepath.Join(dir, "data"), 4, "bell", "kettle", "drill")
	return tinyOptionsIn(dir)
}

// tinyOptionsIn are those of tinyOptions, with everything in dir, where the recordings are.
func tinyOptionsIn(dir string) Options {
	r := recipe.Default()
	r.Epochs, r.Batch, r.Augment = 2, 6, recipe.Augment{RandomWindow: true}
	return Options{Source: corpus.Source{Set: dataset.Options{Dirs: []string{filepath.Join(dir, "data")}}, Test: []int{4}, Background: true, Quiet: 3, CacheDir: filepath.Join(dir, "cache")},
		Recipe: r, Width: 0.1, Attention: acrnn.Attention{Layer: 10}, Seed: 3, Floor: train.DefaultFloor, Out: filepath.Join(dir, "m.onnx"),
		Graph: infer.GraphOptions{Threads: 1}}
}

// stopAt is a UI that ends ctx when a phase's bar reaches step, 0: its end.
func stopAt(phase string, step int, cancel func(), out *bytes.Buffer) UI {
	ui := Quiet(out)
	ui.Bar = func(title string) func(int, int, string) {
		return func(done, total int, _ string) {
			if title == phase && (done == step || step == 0 && done == total) {
				cancel()
			}
		}
	}
	return ui
}

// Ctrl-C finishes the step, saves, says how to go on, and leaves no model; what
// --resume then makes is what an uninterrupted training makes.
func TestInterruptedJobGoesOn(t *testing.T) {
	t.Parallel()
	o := tinyOptions(t)
	var text bytes.Buffer
	if _, err := Run(context.Background(), o, Quiet(&text)); err != nil {
		t.Fatal(err)
	}
	whole, err := infer.LoadModel(o.Out)
	if err != nil {
		t.Fatal(err)
	}
	o.Out = filepath.Join(filepath.Dir(o.Out), "again.onnx")
	for _, c := range []struct {
		phase string
		step  int
		says  string
	}{
		{"features", 1, "before there was anything to save"},
		{"training", 1, "after 1 steps"},
		{"training", 0, "--resume"},
		{"measuring", 1, "with --resume to measure"},
		{"thresholds", 1, "with --resume to measure"},
	} {
		ctx, cancel := context.WithCancel(context.Background())
		_, err = Run(ctx, o, stopAt(c.phase, c.step, cancel, &text))
		cancel()
		if !errors.Is(err, ErrInterrupted) || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "context") {
			t.Fatalf("interrupted in %s at %d: %v", c.phase, c.step, err)
		}
		if _, err := os.Stat(o.Out); err == nil {
			t.Errorf("interrupted in %s it leaves a model", c.phase)
		}
		o.Resume = c.phase != "features"
	}
	if !strings.Contains(text.String(), "labels: bell 4, drill 4, kettle 4") {
		t.Errorf("the labels are not counted:\n%s", text.String())
	}
	if _, err := Run(context.Background(), o, Quiet(&text)); err != nil {
		t.Fatal(err)
	}
	again, err := infer.LoadModel(o.Out)
	if err != nil {
		t.Fatal(err)
	}
	if again.SHA256 != whole.SHA256 {
		t.Error("the resumed training made another model")
	}
}

func TestResolved(t *testing.T) {
	o := Options{}
	dir := t.TempDir()
	tinysounds.Folder(t, dir, 3, "bell", "drill")
	o.Source.Set = dataset.Options{Dirs: []string{dir}, Folds: 3}
	for _, c := range []struct {
		train, test []int
		want        []int
		err         string
	}{
		{nil, nil, []int{1, 2, 3}, ""},
		{nil, []int{2}, []int{1, 3}, ""},
		{[]int{1}, []int{2}, []int{1}, ""},
		{[]int{1}, []int{4}, nil, "fold 4 holds no clips; there are folds [1 2 3]"},
		{nil, []int{1, 2, 3}, nil, "no folds to learn from"},
	} {
		o.Source.Train, o.Source.Test = c.train, c.test
		got, err := o.Resolved()
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("train %v, test %v: %v, want %q", c.train, c.test, err, c.err)
			}
			continue
		}
		if err != nil || !slices.Equal(got.Source.Train, c.want) {
			t.Errorf("train %v, test %v: learns from %v (%v), want %v", c.train, c.test, got.Source.Train, err, c.want)
		}
	}
}

func TestConvertOptionsRefuse(t *testing.T) {
	data := dataset.Options{Dirs: []string{"x"}}
	for want, o := range map[string]ConvertOptions{
		"--out":  {Form: modelfile.FP16},
		"--data": {Form: modelfile.INT8, Out: "m"},
		"--test": {Form: modelfile.FP16, Out: "m", Test: []int{1}},
		"fold 2": {Form: modelfile.INT8, Out: "m", Set: data, Folds: []int{1, 2}, Test: []int{2}},
	} {
		if err := o.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want something on %s", o, err, want)
		}
	}
	if err := (ConvertOptions{Form: modelfile.INT8, Out: "m", Set: data, Folds: []int{1}, Test: []int{2}}).Validate(); err != nil {
		t.Error(err)
	}
}

func TestUnrehearsed(t *testing.T) {
	p := &corpus.Prepared{}
	p.Labels = []string{"dog", "cat", "background", "bell"}
	p.Train = []train.Example{{Label: 3}, {Label: 1}}
	m := &infer.Model{Labels: []string{"dog", "cat", "background"}, Background: "background"}
	if got := unrehearsed(m, p); !slices.Equal(got, []string{"dog"}) {
		t.Errorf("unrehearsed %v, want dog: background is made, cat has a clip", got)
	}
	if got := taught(p); !slices.Equal(got, []string{"bell", "cat"}) {
		t.Errorf("taught %v", got)
	}
	if got := some([]string{"a", "b", "c", "d", "e"}); got != "a, b, c and 2 more" {
		t.Errorf("some: %q", got)
	}
}

func TestLicenceJoin(t *testing.T) {
	credit := func(clips ...string) dataset.Credit {
		return dataset.Credit{Author: "x", Licence: "CC-BY", Clips: clips}
	}
	a := modelfile.Licence{Data: "esc", Licences: map[string]int{"CC-BY": 5, "CC0": 3}, Credits: []dataset.Credit{credit("1", "2")}}
	b := modelfile.Licence{Data: "mine + esc", Licences: map[string]int{"own": 4, "CC-BY": 2}, Credits: []dataset.Credit{credit("2"), credit("9")}}
	got := a.Join(b)
	if got.Licences["CC-BY"] != 5 || got.Licences["own"] != 4 || got.Licences["CC0"] != 3 || len(got.Credits) != 2 {
		t.Errorf("joined %+v", got)
	}
	if a.Licences["own"] != 0 || len(a.Credits) != 1 {
		t.Error("the joined one changed")
	}
}

// With all recordings at hand a new label starts from the memory, then everything learns on.
func TestNewLabelBesideAllOldOnes(t *testing.T) {
	t.Parallel()
	o := tinyOptions(t)
	o.Recipe.Epochs = 1
	var text bytes.Buffer
	if _, err := Run(context.Background(), o, Quiet(&text)); err != nil {
		t.Fatal(err)
	}
	tinysounds.Folder(t, o.Source.Set.Dirs[0], 4, "whistle")
	o.Init, o.Out = o.Out, filepath.Join(filepath.Dir(o.Out), "more.onnx")
	out, err := Run(context.Background(), o, Quiet(&text))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text.String(), "the last layer's weights of whistle have a start") || out.Before == nil || len(out.missing) != 0 {
		t.Errorf("missing %v, before %v, said\n%s", out.missing, out.Before, text.String())
	}
	m, err := infer.LoadModel(o.Out)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"bell", "drill", "kettle", "background", "whistle"}; !slices.Equal(m.Labels, want) {
		t.Errorf("labels %q, want %q", m.Labels, want)
	}
}
