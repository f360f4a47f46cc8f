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
	"earshot/internal/test/testmodel"
	"earshot/internal/test/tinysounds"
	"earshot/train/card"
	"earshot/train/corpus"
	"earshot/train/dataset"
	"earshot/train/metrics"
	"earshot/train/modelfile"
	"earshot/verify"
)

func tinySecond(t *testing.T) SecondOptions {
	t.Helper()
	m, err := infer.ParseEmbedder("tiny", testmodel.NewEmbedder("Speech").Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return SecondOptions{Embedder: m, FalseAlarms: 0.1, Synthetic: 2, Quiet: 1}
}

// A training ends with a head of the training folds' labels, thresholds and figures from the test fold; a label taught
// without the others' recordings gets a row beside the old ones, which stay.
func TestTrainingGivesASecondOpinion(t *testing.T) {
	t.Parallel()
	o := tinyOptions(t)
	o.Second, o.Report = tinySecond(t), filepath.Join(filepath.Dir(o.Out), "r.html")
	o.Second.Tune = []string{filepath.Join(filepath.Dir(o.Out), "tune")}
	tinysounds.Folder(t, o.Second.Tune[0], 2, "speech")
	var text bytes.Buffer
	out, err := Run(context.Background(), o, Quiet(&text))
	if err != nil {
		t.Fatal(err)
	}
	if out.Second == nil || out.Second.First != out.Measured.Result.ClipAccuracy {
		t.Fatalf("figures %+v; want the first network's to be %g", out.Second, out.Measured.Result.ClipAccuracy)
	}
	m, err := infer.LoadModel(o.Out)
	if err != nil {
		t.Fatal(err)
	}
	old, curve, err := readSecond(m)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(old.Labels, []string{"bell", "drill", "kettle"}) || old.Embedder != "test" {
		t.Errorf("head of %v on %q", old.Labels, old.Embedder)
	}
	if d := curve.Labels["bell"]; d.Hours == 0 || d.Clips != 2 {
		t.Errorf("curve of bell: %+v; want hours, and one held-out clip at two phases", d)
	}
	c, err := card.Read(m)
	if err != nil {
		t.Fatal(err)
	}
	if p := c.Provenance.Verify; p == nil || !slices.Equal(p.Test, []int{4}) || p.Validation["clips"] != 2 || p.Patches == 0 || p.None == 0 {
		t.Errorf("provenance %+v", p)
	}
	var md bytes.Buffer
	if err := c.Markdown(&md, "x"); err != nil || !strings.Contains(md.String(), "## Second opinion") {
		t.Errorf("the card says nothing of it: %v", err)
	}

	tinysounds.Folder(t, filepath.Join(filepath.Dir(o.Out), "mine"), 5, "whistle")
	o.Init, o.Out = o.Out, filepath.Join(filepath.Dir(o.Out), "taught.onnx")
	o.Source.Set = dataset.Options{Dirs: []string{filepath.Join(filepath.Dir(o.Out), "mine")}, MinLabels: 1}
	o.Source.Test, o.Report = []int{5}, ""
	if out, err = Run(context.Background(), o, Quiet(&text)); err != nil {
		t.Fatal(err, text.String())
	}
	if m, err = infer.LoadModel(o.Out); err != nil {
		t.Fatal(err)
	}
	if home := out.Home; home == nil || len(home.Labels) != 1 || home.Labels[0].Recordings != 4 || home.Labels[0].Hearings != 8 || len(home.streams) != int(home.Rooms+home.Noise) {
		t.Errorf("at home %+v; want each of the four recordings that were learned left out in its turn", home)
	}
	for _, want := range []string{"at home", "- {label: whistle}", "warning: whistle has 4 recordings"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("nothing of %q in\n%s", want, text.String())
		}
	}
	if !slices.Equal(m.Taught, []string{"whistle"}) {
		t.Errorf("taught at home: %q", m.Taught)
	}
	h, more, err := readSecond(m)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(h.Labels, []string{"bell", "drill", "kettle", "whistle"}) {
		t.Fatalf("after teaching: %v", h.Labels)
	}
	n := verify.EmbeddingLen
	if !slices.Equal(h.Weights[:3*n], old.Weights[:3*n]) || !slices.Equal(h.Weights[4*n:], old.Weights[3*n:]) || !slices.Equal(h.Fusions[:3], old.Fusions) {
		t.Error("the old labels' rows or fusions changed")
	}
	if more.Labels["bell"].Clips != curve.Labels["bell"].Clips || more.Labels["whistle"].Clips == 0 {
		t.Errorf("curves: bell %+v, whistle %+v", more.Labels["bell"], more.Labels["whistle"])
	}
}

// A model that is there gets its head without any other change, and eval measures it.
func TestVerifyLeavesTheNetworkAlone(t *testing.T) {
	t.Parallel()
	o := tinyOptions(t)
	o.Recipe.Epochs = 1
	var text bytes.Buffer
	if _, err := Run(context.Background(), o, Quiet(&text)); err != nil {
		t.Fatal(err)
	}
	plain, err := infer.LoadModel(o.Out)
	if err != nil {
		t.Fatal(err)
	}
	if modelfile.HasVerify(plain) {
		t.Fatal("a second opinion without an embedder")
	}
	v := VerifyOptions{SecondOptions: tinySecond(t), Model: plain, Out: filepath.Join(filepath.Dir(o.Out), "v.onnx"), Set: o.Source.Set,
		Test: []int{4}, CacheDir: o.Source.CacheDir, Seed: 1, Threads: 1}
	figures, err := Verify(context.Background(), v, Quiet(&text))
	if err != nil {
		t.Fatal(err)
	}
	m, err := infer.LoadModel(v.Out)
	if err != nil {
		t.Fatal(err)
	}
	a, w, _ := modelfile.Import(plain.Bytes)
	b, x, err := modelfile.Import(m.Bytes)
	if err != nil || a.Size() != b.Size() || !slices.Equal(w.Flat, x.Flat) {
		t.Errorf("the network changed: %v", err)
	}
	e, err := Evaluate(context.Background(), EvalOptions{Set: o.Source.Set, Folds: []int{4}, Model: m, Hop: 64, CacheDir: o.Source.CacheDir, Threads: 1,
		Embedder: v.Embedder}, Quiet(&text))
	if err != nil {
		t.Fatal(err)
	}
	if e.Second == nil || e.Second.First != e.Result.ClipAccuracy || e.Second.Second.ClipAccuracy != figures.Second.ClipAccuracy || e.Second.Both.ClipAccuracy != figures.Both.ClipAccuracy {
		t.Errorf("eval %+v, verify %+v", e.Second, figures)
	}
	testRobustness(t, o.Source, m, v.Embedder, e)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Verify(ctx, v, Quiet(&text)); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want canceled", err)
	}
	twin := v
	twin.Model, twin.Test, twin.Twin = m, nil, v.Out
	if _, err := Verify(context.Background(), twin, Quiet(&text)); err != nil {
		t.Error(err)
	}
	twin.Twin = o.Out
	if _, err := Verify(context.Background(), twin, Quiet(&text)); err == nil || !strings.Contains(err.Error(), "carries no second opinion") {
		t.Errorf("thresholds from a model without: %v", err)
	}
	for want, change := range map[string]func(*VerifyOptions){
		"--out": func(o *VerifyOptions) { o.Out = "" }, "--data": func(o *VerifyOptions) { o.Set.Dirs = nil },
		"--calibrate-with": func(o *VerifyOptions) { o.Twin = "x" }, "fold 4": func(o *VerifyOptions) { o.Folds = []int{4} },
	} {
		bad := v
		change(&bad)
		if err := bad.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want something on %s", err, want)
		}
	}
}

// testRobustness: a band that takes nothing away leaves the figures of clean clips, and changes are measured on both networks.
func testRobustness(t *testing.T, source corpus.Source, m *infer.Model, embedder *infer.EmbedderModel, clean *Evaluation) {
	var text bytes.Buffer
	report := filepath.Join(t.TempDir(), "eval.html")
	e, err := Evaluate(context.Background(), EvalOptions{Set: source.Set, Folds: []int{4}, Model: m, Hop: 64, CacheDir: source.CacheDir, Threads: 1,
		Embedder: embedder, Noise: true, Bands: []string{"44100", "telephone"}, Report: report}, Quiet(&text))
	if err != nil {
		t.Fatal(err)
	}
	if len(e.Bands) != 2 || e.Bands[1].Band != "telephone" || e.Bands[1].Both == nil {
		t.Fatalf("bands %+v", e.Bands)
	}
	if b := e.Bands[0]; b.Accuracy != clean.Result.ClipAccuracy || *b.Second != clean.Second.Second.ClipAccuracy || *b.Both != clean.Second.Both.ClipAccuracy {
		t.Errorf("through all of the band %s; clean %v and %v", b.Right, clean.Result.ClipAccuracy, clean.Second)
	}
	if len(e.SNR) != 2*len(metrics.Ladder) || e.SNR[0].Second == nil {
		t.Errorf("ladder %+v", e.SNR)
	}
	page, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"through telephone", "white    20 dB", "both"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("nothing of %q in\n%s", want, text.String())
		}
	}
	for _, want := range []string{"Through narrower bands", "Both networks against noise", "pink, -5 dB"} {
		if !bytes.Contains(page, []byte(want)) {
			t.Errorf("the report says nothing of %q", want)
		}
	}
}
