package job

import (
	"bytes"
	"context"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"earshot/infer"
	"earshot/internal/test/tinysounds"
	"earshot/train"
	"earshot/train/corpus"
	"earshot/train/features"
)

// A network learns from another one and from the second opinion's, and a narrower one starts from it and is taught by it.
func TestTeachers(t *testing.T) {
	t.Parallel()
	o := tinyOptions(t)
	o.Source.Test, o.Recipe.Epochs = nil, 1
	if _, err := Run(context.Background(), o, Quiet(&bytes.Buffer{})); err != nil {
		t.Fatal(err)
	}
	wide := o.Out
	keepsBackground(t, o, wide)
	o.TeacherEmbedder = tinySecond(t).Embedder
	o.Teachers, o.Init, o.Width, o.Out = []string{wide, SecondTeacher}, wide, o.Width/2, filepath.Join(filepath.Dir(wide), "narrow.onnx")
	var text bytes.Buffer
	out, err := Run(context.Background(), o, Quiet(&text))
	if err != nil {
		t.Fatal(err, text.String())
	}
	if !strings.Contains(text.String(), "clips that they did not learn") {
		t.Errorf("nothing of the heads that judged:\n%s", text.String())
	}
	before, err := infer.LoadModel(wide)
	if err != nil {
		t.Fatal(err)
	}
	after, err := infer.LoadModel(o.Out)
	if err != nil {
		t.Fatal(err)
	}
	if len(after.Bytes) >= len(before.Bytes) {
		t.Errorf("half the width takes %d bytes, the whole %d", len(after.Bytes), len(before.Bytes))
	}
	for _, e := range out.Prepared.Train {
		if e.Soft == nil {
			t.Fatalf("%q teaches its label alone", e.Name)
		}
		for _, row := range e.Soft.Rows {
			sum := float32(0)
			for _, p := range row {
				sum += p
			}
			if math.Abs(float64(sum-1)) > 1e-4 || row[e.Label] < 2/float32(3)-1e-4 {
				t.Fatalf("%q is taught %v, which sums to %g; want two thirds or more of label %d (the file's share comes later)", e.Name, row, sum, e.Label)
			}
		}
	}

	o.Teachers = []string{filepath.Join(t.TempDir(), "none.onnx")}
	if _, err := Run(context.Background(), o, Quiet(&text)); err == nil || !strings.Contains(err.Error(), "none.onnx") {
		t.Errorf("a teacher that is not there: %v", err)
	}
	other := filepath.Join(filepath.Dir(wide), "other")
	tinysounds.Folder(t, other, 5, "whistle")
	o.Source.Set.Dirs, o.Teachers = append(o.Source.Set.Dirs, other), []string{wide}
	if _, err := Run(context.Background(), o, Quiet(&text)); err == nil || !strings.Contains(err.Error(), `does not know the label "whistle"`) {
		t.Errorf("a teacher that does not know a label: %v", err)
	}
}

// keepsBackground: what a network says is blended into the labels of windows, but not into those of background, which is known to
// hold nothing.
func keepsBackground(t *testing.T, o Options, file string) {
	t.Helper()
	m, err := infer.LoadModel(file)
	if err != nil {
		t.Fatal(err)
	}
	p := &corpus.Prepared{Data: train.Data{Labels: m.Labels, Background: len(m.Labels) - 1, Train: []train.Example{{Clip: &features.Clip{}}}}}
	o.Teachers = []string{file}
	teach, done, err := o.teachers(context.Background(), p, Quiet(&bytes.Buffer{}))
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	k := len(m.Labels)
	labels := make([]float32, 2*k)
	labels[0], labels[2*k-1] = 1, 1
	if err := teach(make([]float32, 2*train.WindowLen), labels); err != nil {
		t.Fatal(err)
	}
	if labels[0] < 1-taughtShare || labels[0] > 1-1e-4 {
		t.Errorf("the first window is taught %v of its label; want at least %g of it, and something of others", labels[:k], 1-taughtShare)
	}
	if labels[2*k-1] != 1 {
		t.Errorf("background is taught %v; want it alone", labels[k:])
	}
}
