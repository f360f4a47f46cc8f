package learn

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"earshot/infer"
	"earshot/infer/builtin"
	"earshot/train/acrnn"
	"earshot/train/job"
	"earshot/train/recipe"
)

// train is the command that learns.
func (s Shell) train() *cobra.Command {
	t := &trainFlags{Shell: s}
	c := &cobra.Command{
		Use:   "train --data FOLDER --out MODEL",
		Short: "Learn a network from recordings, or teach the built-in one new sounds",
		Long: `train learns the ACRNN network from labelled recordings, on the same ONNX Runtime
that listens, and writes a model file that "earshot run --model" uses.

The data is ESC-50's folder (meta/esc50.csv, audio/), UrbanSound8K's, or a folder with
one sub-folder a label (doorbell/*.wav), or several with --data given twice. Folds are
the set's own; a folder's recordings are dealt into folds by recording.

With --init the network starts from a trained model ("builtin", "built-in-full" or a file), keeps
its labels and adds those of the data: ten recordings of a doorbell make a new
label in minutes. Labels that it knows and the data has no recordings of are
kept: then only the new labels' own weights are learned, beside the memory of
the old ones that the model carries.

Ctrl-C finishes the step and saves; --resume goes on. See "earshot eval" for the
figures of a finished model.`,
		Example: `  earshot train --data esc50 --folds 1,2,3 --test 4 --out esc50.onnx --report esc50.html
  earshot train --data esc50 --folds 1,2,3,4 --cross-validate --out cv.onnx
  earshot train --data esc50 --recipe paper --out paper.onnx
  earshot train --data esc50 --esc10 --recipe paper --table 3 --out esc10.onnx --resume
  earshot train --data my-sounds --data esc50 --init builtin --recipe finetune --out home.onnx`,
		Args:        s.NoArgs,
		Annotations: map[string]string{Finishes: "the step or the measurement that runs is through, and saved"},
		RunE:        func(c *cobra.Command, _ []string) error { return t.run(c) },
	}
	t.add(c)
	groupFlags(c, trainGroups)
	return c
}

// run carries the flags out.
func (t *trainFlags) run(c *cobra.Command) error {
	o, err := t.options()
	if err == nil {
		err = o.Validate()
	}
	if len(t.dirs) == 0 {
		err = errors.Join(errNoData, err)
	}
	if err != nil {
		return t.Usage(err)
	}
	if err := infer.Init(t.library); err != nil {
		return t.BadModel(err)
	}
	if file, ships := builtin.Named(t.init); ships {
		o.Init, o.InitBytes = "", file
	}
	ctx := c.Context()
	ui := newUI(c.ErrOrStderr(), c.OutOrStdout())
	switch {
	case t.table > 0:
		err = job.Table(ctx, t.table, o, ui)
	case t.crossValidate:
		_, err = job.CrossValidate(ctx, o, ui)
	default:
		var out *job.Outcome
		if out, err = job.Run(ctx, o, ui); err == nil && out.Home != nil {
			return t.measureTaught(c, ui)
		}
	}
	if errors.Is(err, job.ErrFewFolds) {
		return t.Usage(err)
	}
	return t.exit(err)
}

// measureTaught says what a model that was taught tells of speech and music, beside the one that it began from.
func (t *trainFlags) measureTaught(c *cobra.Command, ui job.UI) error {
	memory := ""
	if t.cache != "" {
		memory = filepath.Join(t.cache, "half_hour.json")
	}
	half, err := t.halfHour(c, ui, t.library, "", t.threads, memory, t.init, t.out)
	if err == nil {
		ui.Print("%s", halfHourLine(half))
	}
	return err
}

// recipe is the named recipe with what the flags change.
func (t *trainFlags) recipe() (recipe.Recipe, error) {
	name := t.recipeName
	if name == "" && t.init != "" {
		name = "finetune"
	}
	r, err := recipe.ByName(name)
	if err != nil {
		return r, err
	}
	for _, replace := range t.overrides {
		replace(&r)
	}
	if r.Optimiser != acrnn.SGD && r.Optimiser != acrnn.AdamW {
		return r, fmt.Errorf("optimiser %q: want sgd or adamw", r.Optimiser)
	}
	for _, name := range t.without {
		if err := r.Augment.Without(name); err != nil {
			return r, fmt.Errorf("--without %w", err)
		}
	}
	if t.waveform {
		r.Augment.Waveform = true
	}
	if t.mixup > 0 {
		r.Augment.MixupAlpha = t.mixup
	}
	return r, nil
}
