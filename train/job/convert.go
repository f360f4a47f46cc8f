package job

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"

	"earshot/infer"
	"earshot/internal/atomicfile"
	"earshot/train"
	"earshot/train/acrnn"
	"earshot/train/background"
	"earshot/train/corpus"
	"earshot/train/dataset"
	"earshot/train/head"
	"earshot/train/metrics"
	"earshot/train/modelfile"
)

// convertClips are how many clips of a label a conversion looks at, for the
// spans of activations and for the memory.
const convertClips = 4

// ConvertOptions ask for a model file in another form.
type ConvertOptions struct {
	Model    *infer.Model
	Form     string // modelfile.FP32, modelfile.FP16 or modelfile.INT8
	Out      string
	Set      dataset.Options // int8 needs it; no Dirs: none
	Folds    []int           // to measure activations on; nil: all but Test
	Test     []int           // to compare accuracy on; may be empty
	CacheDir string
	Seed     uint64
	Threads  int
}

// Conversion is a written model beside the one it was made from.
type Conversion struct {
	From, To Variant
	Clips    int // that both were tested on; 0: none
}

// Variant is one form of a model.
type Variant struct {
	Form     string
	Bytes    int
	MS       float64         // a window, one thread, best of many
	Accuracy *metrics.Result // nil without test folds
}

// Validate reports the first thing that cannot work together.
func (o ConvertOptions) Validate() error {
	switch {
	case o.Out == "":
		return errors.New("no model file to write; name one with --out")
	case o.Form == modelfile.INT8 && len(o.Set.Dirs) == 0:
		return errors.New("int8 wants recordings to measure activations on; name them with --data")
	case len(o.Test) > 0 && len(o.Set.Dirs) == 0:
		return errors.New("--test wants recordings; name them with --data")
	}
	for _, f := range o.Folds {
		if slices.Contains(o.Test, f) {
			return fmt.Errorf("fold %d is both to calibrate and to test on; take it out of one", f)
		}
	}
	return nil
}

// Convert writes a model in another form and compares both: accuracy on the
// test folds and time a window.
func Convert(ctx context.Context, o ConvertOptions, ui UI) (*Conversion, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	a, w, info, err := modelfile.Restore(o.Model)
	if err != nil {
		return nil, ModelError{err}
	}
	var learned, test *corpus.Prepared
	if len(o.Set.Dirs) > 0 {
		if learned, test, err = o.recordings(ctx, ui); err != nil {
			return nil, err
		}
	}
	bytes, err := o.converted(ctx, a, w, info, learned)
	if err != nil {
		return nil, err
	}
	m, err := infer.ParseModel(o.Out, bytes)
	if err != nil {
		return nil, err
	}
	c := &Conversion{From: Variant{Form: modelfile.WeightForm(o.Model.Bytes), Bytes: len(o.Model.Bytes)}, To: Variant{Form: o.Form, Bytes: len(bytes)}}
	if err := c.compare(ctx, o.Model, m, test, o.Threads, ui); err != nil {
		return nil, err
	}
	return c, atomicfile.Write(o.Out, 0o644, func(w io.Writer) error { _, err := w.Write(bytes); return err })
}

// few draws some clips of every label from the folds to learn from.
func (o ConvertOptions) few(set *dataset.Set) []dataset.Clip {
	clips := set.Folds(o.Folds...)
	rand.New(rand.NewPCG(o.Seed, 0x5a3)).Shuffle(len(clips), func(i, j int) { clips[i], clips[j] = clips[j], clips[i] })
	count := map[int]int{}
	var out []dataset.Clip
	for _, c := range clips {
		if count[c.Label]++; count[c.Label] <= convertClips {
			out = append(out, c)
		}
	}
	return out
}

// converted is the file's new bytes: calibrated on the learned clips where the
// form needs it, with a memory of them where the model has none.
func (o ConvertOptions) converted(ctx context.Context, a acrnn.Arch, w acrnn.Weights, info modelfile.Info, learned *corpus.Prepared) ([]byte, error) {
	if learned == nil {
		return convert(o.Model, o.Form, nil, nil)
	}
	var q acrnn.Quantisation
	var err error
	if o.Form == modelfile.INT8 {
		if q, err = modelfile.Calibrate(ctx, a, w, info.FrontEnd, learned.Test, o.Seed, o.Threads); err != nil {
			return nil, err
		}
	}
	memory := info.Memory
	if len(memory.Lacks(learned.Labels)) > 0 {
		d := train.Data{Labels: learned.Labels, Background: learned.Background, Train: learned.Test}
		quiet, _, err := background.Load(ctx, background.Options{Clips: 8, Seed: o.Seed})
		if err != nil {
			return nil, err
		}
		for _, c := range quiet {
			d.Quiet = append(d.Quiet, c.Clip)
		}
		if memory, err = head.Remember(a, w, info.FrontEnd, &d, memory, o.Seed, o.Threads); err != nil {
			return nil, err
		}
	}
	return convert(o.Model, o.Form, q, memory)
}

func convert(m *infer.Model, form string, q acrnn.Quantisation, memory *head.Memory) ([]byte, error) {
	b, err := modelfile.Convert(m, form, q, memory)
	if err != nil {
		return nil, ModelError{err}
	}
	return b, nil
}

// recordings loads what to measure activations on and to remember, and what to test on.
func (o ConvertOptions) recordings(ctx context.Context, ui UI) (learned, test *corpus.Prepared, err error) {
	o.Set.MinLabels = 1
	set, err := dataset.Load(o.Set)
	if err != nil {
		return nil, nil, err
	}
	if err := knows(o.Model, set.Labels); err != nil {
		return nil, nil, err
	}
	if len(o.Folds) == 0 {
		for _, f := range set.FoldNumbers() {
			if !slices.Contains(o.Test, f) {
				o.Folds = append(o.Folds, f)
			}
		}
	}
	bar := ui.Bar("features")
	source := corpus.Source{CacheDir: o.CacheDir, Progress: func(d, t int) { bar(d, t, "clips") }}
	if len(o.Test) > 0 {
		if test, err = corpus.PrepareTest(ctx, set, o.Test, source); err != nil {
			return nil, nil, err
		}
		tell(test.Broken, ui)
		test.Adopt(o.Model.Labels, o.Model.Names, o.Model.Background)
	}
	some := *set
	some.Clips = o.few(set)
	if learned, err = corpus.PrepareTest(ctx, &some, o.Folds, source); err != nil {
		return nil, nil, err
	}
	tell(learned.Broken, ui)
	learned.Adopt(o.Model.Labels, o.Model.Names, o.Model.Background)
	return learned, test, nil
}

// knows is the error that a model lacks some of labels, nil where it has all.
func knows(m *infer.Model, labels []string) error {
	var missing []string
	for _, l := range labels {
		if slices.Index(m.Labels, l) < 0 {
			missing = append(missing, l)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("model %s does not know %s; evaluate the labels it knows with --labels, or rename with --rename", m.Path, strings.Join(missing, ", "))
}

// tell lists clips that cannot be used.
func tell(broken []dataset.Broken, ui UI) {
	for _, b := range broken {
		ui.Print("left out: %s", b)
	}
}

// Print says how the written model compares.
func (c *Conversion) Print(ui UI) {
	for _, v := range []Variant{c.From, c.To} {
		accuracy := ""
		if v.Accuracy != nil {
			accuracy = fmt.Sprintf("  clips %.1f %% right, windows %.1f %%", 100*v.Accuracy.ClipAccuracy, 100*v.Accuracy.WindowAccuracy)
		}
		ui.Print("%-5s %6.2f MB  %6.2f ms a window%s", v.Form, float64(v.Bytes)/1e6, v.MS, accuracy)
	}
	if c.Clips > 0 {
		ui.Print("accuracy on the %d test clips, windows every half; time on one thread, best of %d", c.Clips, raceRuns)
	}
}
