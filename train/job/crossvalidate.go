package job

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"earshot/infer"
	"earshot/train/card"
	"earshot/train/metrics"
)

// ErrFewFolds is returned for a cross-validation of one fold.
var ErrFewFolds = errors.New("--cross-validate wants at least two folds")

// CrossValidate trains once for each of the folds, each time testing on it, and returns the percentages of clips that were named
// right. Each model stands beside Out, as in esc50-fold1.onnx. With Resume what is finished already is not trained again.
func CrossValidate(ctx context.Context, o Options, ui UI) (accuracy []float64, err error) {
	return o.crossValidate(ctx, ui, Options.tested)
}

// tester trains and returns the percentage of the test folds' clips that are named right.
type tester func(Options, context.Context, UI) (float64, error)

// crossValidate is CrossValidate of any network.
func (o Options) crossValidate(ctx context.Context, ui UI, tested tester) (accuracy []float64, err error) {
	if o, err = o.Resolved(); err != nil {
		return nil, err
	}
	folds := slices.Concat(o.Source.Train, o.Source.Test)
	if len(folds) < 2 {
		return nil, ErrFewFolds
	}
	for _, test := range folds {
		ui.Print("fold %d of %v", test, folds)
		one := o.named(fmt.Sprintf("fold%d", test))
		one.Source.Train, one.Source.Test = slices.DeleteFunc(slices.Clone(folds), func(f int) bool { return f == test }), []int{test}
		right, err := tested(one, ctx, ui)
		if err != nil {
			return nil, err
		}
		accuracy = append(accuracy, right)
	}
	mean, spread := metrics.MeanSpread(accuracy)
	ui.Print("cross-validation over folds %v: %.1f %% ± %.1f (each: %.1f)", folds, mean, spread, accuracy)
	return accuracy, nil
}

// named is o with files of its own: model, checkpoint, metrics and report have part in their names. A pipe or a device stays the one it is.
func (o Options) named(part string) Options {
	with := func(path string) string {
		if f, err := os.Stat(path); err == nil && !f.Mode().IsRegular() {
			return path
		}
		ext := filepath.Ext(path)
		return strings.TrimSuffix(path, ext) + "-" + part + ext
	}
	if o.Report != "" {
		o.Report = with(o.Report)
	}
	if o.Metrics != "" {
		o.Metrics = with(o.Metrics)
	}
	o.Out = with(o.Out)
	o.Checkpoint = o.Out + ".checkpoint"
	return o
}

// tested is a [tester] of the network that is trained otherwise too. With Resume a model that the same training made before is believed.
func (o Options) tested(ctx context.Context, ui UI) (float64, error) {
	if o.Resume {
		if right, ok := o.before(); ok {
			ui.Print("%s is there: %.1f %% right", o.Out, right)
			return right, nil
		}
	}
	out, err := Run(ctx, o, ui)
	if err != nil {
		return 0, err
	}
	return 100 * out.Measured.Result.ClipAccuracy, nil
}

// before is what the model file that o would write says of itself, if the same training made it.
func (o Options) before() (right float64, ok bool) {
	m, err := infer.LoadModel(o.Out)
	if err != nil {
		return 0, false
	}
	c, err := card.Read(m)
	if err != nil {
		return 0, false
	}
	p := c.Provenance
	measured, ok := p.Validation["clip_accuracy"]
	return 100 * measured, ok && p.Recipe == o.Recipe && p.Seed == o.Seed && p.Data == o.dataName() && c.Attention == o.Attention.String() &&
		slices.Equal(p.Train, o.Source.Train) && slices.Equal(p.Test, o.Source.Test)
}
