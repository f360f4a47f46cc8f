package job

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"earshot/infer"
	"earshot/internal/atomicfile"
	"earshot/train/card"
	"earshot/train/dataset"
	"earshot/train/modelfile"
)

// VerifyOptions ask for a second opinion for a model that is there; its network stays as it is.
type VerifyOptions struct {
	SecondOptions
	Model    *infer.Model
	Out      string
	Set      dataset.Options
	Folds    []int // to learn from; nil: all but Test
	Test     []int // held out: for thresholds and figures
	CacheDir string
	Seed     uint64
	Threads  int
	Build    string
}

// Validate reports the first thing that cannot work together.
func (o VerifyOptions) Validate() error {
	switch {
	case o.Out == "":
		return errors.New("no model file to write; name one with --out")
	case len(o.Set.Dirs) == 0:
		return errors.New("the second opinion wants recordings of the labels; name them with --data")
	case o.Twin != "" && len(o.Test) > 0:
		return errors.New("--calibrate-with and --test: thresholds come from one of them")
	case !(o.FalseAlarms >= 0):
		return fmt.Errorf("false alarms of %g an hour: want 0 or more", o.FalseAlarms)
	}
	for _, f := range o.Folds {
		if slices.Contains(o.Test, f) {
			return fmt.Errorf("fold %d is both to learn from and to test on; take it out of one", f)
		}
	}
	return nil
}

// Verify learns a second opinion for a model and writes the model with it.
func Verify(ctx context.Context, o VerifyOptions, ui UI) (*SecondFigures, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	o.Set.MinLabels = 1
	set, err := dataset.Load(o.Set)
	if err != nil {
		return nil, err
	}
	if err := knows(o.Model, set.Labels); err != nil {
		return nil, err
	}
	if len(o.Folds) == 0 {
		for _, f := range set.FoldNumbers() {
			if !slices.Contains(o.Test, f) {
				o.Folds = append(o.Folds, f)
			}
		}
	}
	learned, held, leftOut := set.Split(o.Folds, o.Test)
	if len(learned) == 0 {
		return nil, fmt.Errorf("folds %v hold no clips; there are folds %v", o.Folds, set.FoldNumbers())
	}
	if leftOut > 0 {
		ui.Print("note: %d clips left out, whose recording also has a clip in the test folds", leftOut)
	}
	owed, err := o.owed(learned)
	if err != nil {
		return nil, err
	}
	s := &second{SecondOptions: o.SecondOptions, data: nameOf(o.Set), train: o.Folds, test: o.Test,
		learned: recordings(learned, func(i int) string { return set.Labels[learned[i].Label] }),
		held:    recordings(held, func(i int) string { return set.Labels[held[i].Label] }),
		cache:   o.CacheDir, threads: o.Threads, seed: o.Seed, build: o.Build, licence: owed}
	got, err := s.make(ctx, o.Model, ui)
	if err != nil {
		return nil, err
	}
	err = atomicfile.Write(o.Out, 0o644, func(w io.Writer) error { _, err := w.Write(got.bytes); return err })
	if err == nil {
		ui.Print("model %s: %.2f MB, second opinion on %d labels", o.Out, float64(len(got.bytes))/1e6, len(got.head.Labels))
	}
	return got.figure, err
}

// owed is what the model owed, and what it owes for the recordings that the head learns from.
func (o VerifyOptions) owed(learned []dataset.Clip) (*modelfile.Licence, error) {
	c, err := card.Read(o.Model)
	if err != nil {
		return nil, ModelError{err}
	}
	l, err := owed(nameOf(o.Set), learned, nil, o.Background)
	if err != nil {
		return nil, err
	}
	if len(c.Licence.Licences) > 0 {
		l = c.Licence.Join(l)
	}
	return &l, nil
}
