package job

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"earshot/atomicfile"
	"earshot/gammatone"
	"earshot/infer"
	"earshot/train"
	"earshot/train/acrnn"
)

// waveformCopies is how many deformed copies of a clip the waveform augmentation adds.
const waveformCopies = 2

// ErrInterrupted says that a training was stopped and can be resumed.
var ErrInterrupted = errors.New("interrupted")

// Outcome is a finished training.
type Outcome struct {
	Prepared *train.Prepared
	Arch     acrnn.Arch
	Result   *train.Result
	Measured *train.Measured // nil without test folds
	Before   *train.Measured // fine-tuning: the model it started from, over the labels that it knew
	Minutes  float64
}

// Run trains, measures, and writes the model and the report.
func Run(ctx context.Context, o Options, ui UI) (*Outcome, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	began := time.Now()
	bar := ui.Bar("features")
	o.Source.Progress = func(done, total int) { bar(done, total, "clips") }
	o.Source.Seed = o.Seed
	if o.Recipe.Augment.Waveform {
		o.Source.Copies = waveformCopies
	}
	p, err := train.Prepare(ctx, o.Source)
	if err != nil {
		return nil, err
	}
	if err := tellBroken(p, o.Strict, ui); err != nil {
		return nil, err
	}
	arch, init, known, err := o.network(p)
	if err != nil {
		return nil, err
	}
	ui.Print("%d labels, %d clips to learn from, %d to test on; %.2f M parameters, %d batches of %d an epoch",
		len(p.Labels), len(p.Train), len(p.Test), float64(arch.Size())/1e6, (len(p.Train)+o.Recipe.Batch-1)/o.Recipe.Batch, o.Recipe.Batch)
	out := &Outcome{Prepared: p, Arch: arch}
	if known != nil && len(p.Test) > 0 {
		if out.Before, err = measureBefore(ctx, known, p, o); err != nil {
			return nil, err
		}
	}
	if out.Result, err = o.train(ctx, p, arch, init, ui); err != nil {
		return nil, err
	}
	out.Minutes = time.Since(began).Minutes()
	if !out.Result.Done {
		return out, fmt.Errorf("%w after %d steps; the state is in %s: run the same command with --resume to go on", ErrInterrupted, out.Result.Steps, o.checkpoint())
	}
	return out, o.finish(ctx, out, ui)
}

// tellBroken lists clips that cannot be used.
func tellBroken(p *train.Prepared, strict bool, ui UI) error {
	for _, w := range p.Set.Warnings {
		ui.Print("note: %s", w)
	}
	for _, b := range p.Broken {
		ui.Print("left out: %s", b)
	}
	if strict && len(p.Broken) > 0 {
		return fmt.Errorf("%d clips cannot be used (listed above) and --strict is set", len(p.Broken))
	}
	return nil
}

// network makes the architecture, and the weights to start from when fine-tuning.
func (o Options) network(p *train.Prepared) (acrnn.Arch, *acrnn.Weights, *infer.Model, error) {
	if o.Init == "" && len(o.InitBytes) == 0 {
		a, err := acrnn.New(len(p.Labels), o.Width, o.Attention)
		return a, nil, nil, err
	}
	name, b := "the built-in model", o.InitBytes
	if o.Init != "" {
		var err error
		name = o.Init
		if b, err = os.ReadFile(o.Init); err != nil {
			return acrnn.Arch{}, nil, nil, fmt.Errorf("model to start from: %w", err)
		}
	}
	m, err := infer.ParseModel(name, b)
	if err != nil {
		return acrnn.Arch{}, nil, nil, err
	}
	front, err := gammatone.ParseFingerprint(m.FrontEnd)
	if err == nil && front.Floor != o.Floor {
		err = fmt.Errorf("its front end has floor %g, this training %g; add --floor %g", front.Floor, o.Floor, front.Floor)
	}
	if err != nil {
		return acrnn.Arch{}, nil, nil, fmt.Errorf("model %s: %w", name, err)
	}
	a, w, err := train.Import(b)
	if err != nil {
		return a, nil, nil, fmt.Errorf("model %s: %w", name, err)
	}
	p.Adopt(m.Labels, m.Names, m.Background)
	a, w, err = train.Extend(a, w, m.Labels, p.Labels, o.Seed)
	return a, &w, m, err
}

func (o Options) train(ctx context.Context, p *train.Prepared, a acrnn.Arch, init *acrnn.Weights, ui UI) (*train.Result, error) {
	log, err := openMetrics(o.Metrics, o.Resume)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	bar := ui.Bar("training")
	accuracy := ""
	began, first := time.Now(), -1
	cfg := train.Config{Arch: a, Recipe: o.Recipe, Seed: o.Seed, Floor: o.Floor, Init: init, Checkpoint: o.checkpoint(),
		Resume: o.Resume, EvalEvery: o.EvalEvery, Graph: o.Graph, Block: -1,
		OnStep: func(s train.Progress) {
			if first < 0 {
				first = s.Step - 1
			}
			left := time.Duration(float64(time.Since(began)) / float64(s.Step-first) * float64(s.Steps-s.Step))
			bar(s.Step, s.Steps, fmt.Sprintf("loss %.3f%s, %s left", s.Loss, accuracy, left.Round(time.Second)))
		},
		OnEpoch: func(e train.Epoch) error {
			if e.Measured {
				accuracy = fmt.Sprintf(", %.1f %% right", 100*e.Accuracy)
				ui.Print("epoch %d: loss %.3f, clips %.1f %%, windows %.1f %%", e.Epoch, e.Loss, 100*e.Accuracy, 100*e.Windows)
			}
			return log.write(e)
		}}
	return train.Run(ctx, &p.Data, cfg)
}

// finish measures, exports and reports.
func (o Options) finish(ctx context.Context, out *Outcome, ui UI) error {
	p, front := out.Prepared, gammatone.Default()
	front.Floor = o.Floor
	info := train.ModelInfo{Labels: p.Labels, Names: p.Names, FrontEnd: front, Half: o.Half, Licence: train.LicenceOf(o.dataName(), p.Learned)}
	if p.Background >= 0 {
		info.Background = p.Labels[p.Background]
	}
	prov := train.Provenance{Recipe: o.Recipe, Data: o.dataName(), Train: o.Source.Train, Test: o.Source.Test, Clips: len(p.Train),
		Steps: out.Result.Steps, Seed: o.Seed, Init: o.startName(), Build: o.Build, Date: time.Now().UTC().Format(time.DateOnly), Note: o.Note}
	if len(p.Test) > 0 {
		s, err := train.NewScorer(out.Arch, out.Result.Weights, front, o.Graph.Threads)
		if err != nil {
			return err
		}
		defer s.Close()
		bar := ui.Bar("measuring")
		m, err := train.Measure(ctx, s, p, train.MeasureOptions{Hop: train.DenseHop, Seed: o.Seed, Progress: func(d, t int) { bar(d, t, "clips") }})
		if err != nil {
			return err
		}
		out.Measured = m
		info.Temperature, info.Thresholds = m.Temperature, m.Thresholds
		prov.Validation = map[string]float64{"clip_accuracy": m.Result.ClipAccuracy, "window_accuracy": m.Result.WindowAccuracy,
			"macro_f1": m.Result.MacroF1, "ece": m.Result.ECE, "clips": float64(m.Result.Clips)}
		ui.Print("clips %.1f %% right (%d clips, 95 %% interval %.1f–%.1f), windows %.1f %%, temperature %.2f",
			100*m.Result.ClipAccuracy, m.Result.Clips, 100*m.Result.Low, 100*m.Result.High, 100*m.Result.WindowAccuracy, m.Temperature)
		o.tellBefore(out, ui)
	} else if o.Calibrated != "" {
		m, err := infer.LoadModel(o.Calibrated)
		if err != nil {
			return err
		}
		info.Temperature, info.Thresholds = m.Temperature, map[string]infer.Threshold{}
		for l, t := range m.Thresholds {
			if slices.Contains(p.Labels, l) {
				info.Thresholds[l] = t
			}
		}
	}
	info.Provenance = prov
	model, err := train.Export(out.Arch, out.Result.Weights, info)
	if err != nil {
		return err
	}
	if err := atomicfile.Write(o.Out, 0o644, func(w io.Writer) error { _, err := w.Write(model); return err }); err != nil {
		return err
	}
	ui.Print("model %s: %.2f MB, %d labels, %.1f minutes", o.Out, float64(len(model))/1e6, len(p.Labels), out.Minutes)
	if o.Report == "" {
		return nil
	}
	if err := writeReport(o.Report, o.title(), out, prov); err != nil {
		return err
	}
	ui.Print("report %s", o.Report)
	return nil
}

func (o Options) title() string { return "ACRNN on " + o.dataName() }

// metricsLog appends JSON lines.
type metricsLog struct{ f *os.File }

func openMetrics(path string, resume bool) (*metricsLog, error) {
	if path == "" {
		return &metricsLog{}, nil
	}
	mode := os.O_CREATE | os.O_WRONLY | os.O_TRUNC
	if resume {
		mode = os.O_CREATE | os.O_WRONLY | os.O_APPEND
	}
	f, err := os.OpenFile(path, mode, 0o644)
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	return &metricsLog{f}, nil
}

func (l *metricsLog) write(e train.Epoch) error {
	if l.f == nil {
		return nil
	}
	b, err := json.Marshal(e)
	if err == nil {
		_, err = l.f.Write(append(b, '\n'))
	}
	if err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	return nil
}

func (l *metricsLog) Close() {
	if l.f != nil {
		_ = l.f.Close()
	}
}

// startName says what a fine-tuning started from.
func (o Options) startName() string {
	if len(o.InitBytes) > 0 {
		return "built-in model"
	}
	return o.Init
}
