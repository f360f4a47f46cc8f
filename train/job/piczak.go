package job

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"earshot/train/corpus"
	"earshot/train/dataset"
	"earshot/train/piczak"
)

// piczakTested is a [tester] of Piczak's network, by the article's recipe for as many epochs as the other network has. It learns from the
// same clips and is tested on the same, at its own sample rate; background and what else o asks for is the other network's alone. With
// Resume a result that the same training left is believed, and a training that was stopped goes on.
func (o Options) piczakTested(ctx context.Context, ui UI) (float64, error) {
	if err := o.Validate(); err != nil {
		return 0, err
	}
	base := strings.TrimSuffix(o.Out, filepath.Ext(o.Out))
	path := base + ".json"
	o.Out, o.Checkpoint, o.Report = path, base+".checkpoint", "" // no model file, no report
	if err := o.writable(); err != nil {
		return 0, err
	}
	set, err := dataset.Load(o.Source.Set)
	if err != nil {
		return 0, err
	}
	arch, err := piczak.New(len(set.Labels), o.Width)
	if err != nil {
		return 0, err
	}
	of := piczak.Training{Network: piczak.Network, Arch: arch, Recipe: piczak.Article(o.Recipe.Epochs, o.Source.Set.ESC10), Seed: o.Seed, Data: o.dataName(),
		Digest: set.Digest(), Train: o.Source.Train, Test: o.Source.Test, Background: slices.Index(set.Labels, dataset.BackgroundLabel), Shuffled: o.Source.Shuffle}
	if o.Resume {
		r, there, err := piczak.LoadResult(path, of)
		if there {
			ui.Print("%s is there: %.1f %% right", path, 100*r.Clips)
			return 100 * r.Clips, nil
		}
		if err != nil {
			ui.Print("note: %s; it is made anew", err)
		}
	}
	data, err := o.piczakData(ctx, set, of, ui)
	if err != nil {
		return 0, stopped(err, "before there was anything to save: run the same command again")
	}
	out, err := o.trainPiczak(ctx, data, of, ui)
	if err != nil {
		return 0, err
	}
	if out.Result == nil {
		return 0, fmt.Errorf("%w after %d steps; the state is in %s: run the same command with --resume to go on", ErrInterrupted, out.Steps, o.checkpoint())
	}
	m := out.Result
	r := piczak.Result{Training: of, Clips: m.ClipAccuracy, Segments: m.WindowAccuracy, Tested: m.Clips, Steps: out.Steps, Minutes: out.Seconds / 60, Build: o.Build}
	if err := r.Save(path); err != nil {
		return 0, err
	}
	ui.Print("clips %.1f %% right (%d clips, 95 %% interval %.1f–%.1f), segments %.1f %%; %d steps in %.1f minutes", 100*m.ClipAccuracy, m.Clips, 100*m.Low, 100*m.High, 100*m.WindowAccuracy, out.Steps, r.Minutes)
	if err := os.Remove(o.checkpoint()); err != nil && !errors.Is(err, os.ErrNotExist) { // 200 MB that nothing goes on from
		ui.Print("note: %s", err)
	}
	return 100 * m.ClipAccuracy, nil
}

// stopped is err, said as one that ended a training where it is ctx's.
func stopped(err error, how string) error {
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("%w %s", ErrInterrupted, how)
	}
	return err
}

// piczakData reads the clips that the other network learns from, and those that it is tested on.
func (o Options) piczakData(ctx context.Context, set *dataset.Set, of piczak.Training, ui UI) (*piczak.Data, error) {
	learned, held, _, err := o.Source.Split(set)
	if err != nil {
		return nil, err
	}
	d := &piczak.Data{Labels: set.Labels, Background: of.Background, Digest: fmt.Sprint(of.Digest, of.Train, of.Test, of.Shuffled)}
	p := &corpus.Prepared{Set: set, Broken: set.Broken}
	bar := ui.Bar("features")
	progress := func(before int) func(int, int) {
		return func(done, _ int) { bar(before+done, len(learned)+len(held), "clips") }
	}
	read := func(clips []dataset.Clip, copies, before int) []piczak.Clip {
		if err != nil {
			return nil
		}
		got, broken, notes, failed := piczak.Load(ctx, clips, piczak.LoadOptions{Copies: copies, Seed: o.Seed, Workers: o.Source.Workers, Progress: progress(before)})
		p.Broken, err = append(p.Broken, broken...), failed
		set.Warnings = append(set.Warnings, notes[:min(len(notes), 50)]...)
		return got
	}
	d.Learn = read(learned, of.Recipe.Copies, 0)
	d.Test = read(held, 0, len(learned))
	if err != nil {
		return nil, err
	}
	if o.Source.Shuffle {
		piczak.ShuffleLabels(d.Learn, o.Seed)
	}
	if err := tellBroken(p, o.Strict, ui); err != nil {
		return nil, err
	}
	return d, nil
}

// trainPiczak learns, and measures at the end.
func (o Options) trainPiczak(ctx context.Context, data *piczak.Data, of piczak.Training, ui UI) (*piczak.Outcome, error) {
	if err := o.keepOld(ui); err != nil {
		return nil, err
	}
	log, err := openMetrics(o.Metrics, o.Resume)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	segments, batches := data.Steps(of.Recipe)
	ui.Print("piczak: %d labels, %d clips to learn from (%d segments with %d delayed copies of each), %d to test on; %.2f M parameters, %d batches an epoch",
		len(data.Labels), len(data.Learn), segments, of.Recipe.Copies, len(data.Test), float64(of.Arch.Size())/1e6, batches)
	onStep, onEpoch := watch(ui, log, "segments")
	return piczak.Train(ctx, data, piczak.Config{Arch: of.Arch, Recipe: of.Recipe, Seed: o.Seed, Checkpoint: o.checkpoint(), Resume: o.Resume,
		EvalEvery: o.EvalEvery, Graph: o.Graph, OnStep: onStep, OnEpoch: onEpoch})
}
