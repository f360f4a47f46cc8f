package job

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"earshot/gammatone"
	"earshot/infer"
	"earshot/train"
	"earshot/train/acrnn"
	"earshot/train/batches"
	"earshot/train/corpus"
	"earshot/train/head"
	"earshot/train/modelfile"
	"earshot/train/scoring"
	"earshot/train/trainer"
)

// waveformCopies is how many deformed copies of a clip the waveform augmentation adds.
const waveformCopies = 2

// ErrInterrupted says that a training was stopped and can be resumed.
var ErrInterrupted = errors.New("interrupted")

// Outcome is a finished training.
type Outcome struct {
	Prepared *corpus.Prepared
	Arch     acrnn.Arch
	Result   *trainer.Result
	Measured *scoring.Measured // nil without test folds
	Before   *scoring.Measured // fine-tuning: the model it started from, over the labels that it knew
	Second   *SecondFigures    // nil: no second opinion, or no clips to measure it on
	Memory   Rehearsal         // of the labels that it knew, where only heads were learned
	Home     *Home             // what matters at home; nil where not a person's recordings alone were taught
	Minutes  float64

	known   *infer.Model // that a fine-tuning started from
	missing []string     // its labels that the data had no clips of
	memory  *head.Memory // where only the head was learned
	lesson  *head.Taught // likewise
}

// atHome tells whether a person's recordings alone were taught, cut to their sound.
func (out *Outcome) atHome() bool { return out.lesson != nil && len(out.Prepared.Takes) > 0 }

// Rehearsal is how many remembered windows of old labels a head names right, before and after it was taught others.
type Rehearsal struct{ Windows, Before, After int }

// Run trains, measures, and writes the model and the report. Where ctx ends before it is through, in whatever phase, the error is
// ErrInterrupted and says how to go on.
func Run(ctx context.Context, o Options, ui UI) (*Outcome, error) {
	out, err := o.run(ctx, ui)
	if !errors.Is(err, context.Canceled) || errors.Is(err, ErrInterrupted) {
		return out, err
	}
	if out == nil || out.Result == nil || out.memory != nil {
		return out, fmt.Errorf("%w before there was anything to save: run the same command again", ErrInterrupted)
	}
	return out, fmt.Errorf("%w after the last of %d steps; they are in %s: run the same command with --resume to measure and write the model", ErrInterrupted, out.Result.Steps, o.checkpoint())
}

func (o Options) run(ctx context.Context, ui UI) (*Outcome, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	o, err := o.Resolved()
	if err != nil {
		return nil, err
	}
	if err := o.writable(); err != nil {
		return nil, err
	}
	from, err := o.start()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	bar := ui.Bar("features")
	o.Source.Progress = func(done, total int) { bar(done, total, "clips") }
	o.Source.Seed = o.Seed
	if o.Recipe.Augment.Waveform {
		o.Source.Copies = waveformCopies
	}
	if from != nil && !o.AsRecorded {
		o.Source.Known = from.model.Labels
	}
	p, err := corpus.Prepare(ctx, o.Source)
	if err != nil {
		return nil, err
	}
	ui.Print("labels: %s", counted(p))
	if err := tellBroken(p, o.Strict, ui); err != nil {
		return nil, err
	}
	tellTakes(p.Takes, ui)
	if len(p.Takes) > 0 { // cut sounds have no room of their own any more
		o.Recipe.Augment.GainDB = takenGain
		o.Recipe.Augment.Noise, o.Recipe.Augment.NoiseMinSNR, o.Recipe.Augment.NoiseMaxSNR = takenNoise, takenLeastSNR, takenMostSNR
	}
	arch, init, err := o.network(p, from)
	if err != nil {
		return nil, err
	}
	ui.Print("%d labels, %d clips to learn from, %d to test on; %.2f M parameters, %d batches of %d an epoch",
		len(p.Labels), len(p.Train), len(p.Test), float64(arch.Size())/1e6, batches.StepsPerEpoch(o.Recipe, &p.Data), o.Recipe.Batch)
	out := &Outcome{Prepared: p, Arch: arch}
	if from != nil {
		out.known, out.missing = from.model, unrehearsed(from.model, p)
	}
	if from != nil && len(p.Test) > 0 {
		if out.Before, err = measureBefore(ctx, from.model, p, o); err != nil {
			return nil, err
		}
	}
	if len(out.missing) > 0 {
		if from.narrowed {
			return nil, fmt.Errorf("a narrower network has to learn every label again, and there are no recordings of %s; give them with --data", some(out.missing))
		}
		if o.Recipe.Mine > 0 {
			return nil, fmt.Errorf("--mine is for a network that learns as a whole, and without recordings of %s, which the model knows, only the new labels' weights learn; leave it out, or give recordings with --data", some(out.missing))
		}
		if o.Int8 {
			return nil, fmt.Errorf("int8 without recordings of %s, which the model knows, would fit its numbers to the new sounds alone; write fp16, or give recordings with --data", some(out.missing))
		}
		o.Recipe.FreezeTrunk = 1
		out.Result, out.lesson, err = o.teach(ctx, p, arch, init, out.known, out.missing, ui)
		if err == nil {
			out.memory = out.lesson.Memory
			out.Memory = Rehearsal{out.lesson.Remembered, out.lesson.Before, out.lesson.After}
		}
	} else {
		if from != nil && !from.narrowed {
			if init, err = o.headStart(ctx, p, arch, init, from.model, ui); err != nil {
				return nil, err
			}
		}
		out.Result, err = o.train(ctx, p, arch, init, ui)
	}
	if err != nil {
		return nil, err
	}
	if out.Minutes = out.Result.Minutes(); out.Minutes == 0 { // only the head was learned, which has no epochs
		out.Minutes = time.Since(began).Minutes()
	}
	if !out.Result.Done {
		return out, fmt.Errorf("%w after %d steps; the state is in %s: run the same command with --resume to go on", ErrInterrupted, out.Result.Steps, o.checkpoint())
	}
	return out, o.finish(ctx, out, ui)
}

// counted lists the labels with how many clips each has, to learn from and to test on: what is no label shows here.
func counted(p *corpus.Prepared) string {
	n := make([]int, len(p.Labels))
	for _, clips := range [][]train.Example{p.Train, p.Test} {
		for _, c := range clips {
			n[c.Label]++
		}
	}
	var out []string
	for l, name := range p.Labels {
		if n[l] > 0 {
			out = append(out, fmt.Sprintf("%s %d", name, n[l]))
		}
	}
	return strings.Join(out, ", ")
}

// tellBroken lists clips that cannot be used.
func tellBroken(p *corpus.Prepared, strict bool, ui UI) error {
	for _, w := range p.Set.Warnings {
		ui.Print("note: %s", w)
	}
	tell(p.Broken, ui)
	if strict && len(p.Broken) > 0 {
		return fmt.Errorf("%d clips cannot be used (listed above) and --strict is set", len(p.Broken))
	}
	return nil
}

// starting is the model that a fine-tuning begins with.
type starting struct {
	model   *infer.Model
	arch    acrnn.Arch
	weights acrnn.Weights

	narrowed bool // both are part of the model's: its memory is not of them
}

// start reads the model to start from, nil where the network starts at random,
// and holds that it fits, before anything is computed.
func (o Options) start() (*starting, error) {
	if o.Calibrated != "" {
		if _, err := infer.LoadModel(o.Calibrated); err != nil {
			return nil, ModelError{err}
		}
	}
	if o.Init == "" && len(o.InitBytes) == 0 {
		return nil, nil
	}
	var s starting
	var err error
	if o.Init != "" {
		s.model, err = infer.LoadModel(o.Init)
	} else {
		s.model, err = infer.ParseModel("built-in", o.InitBytes)
	}
	if err != nil {
		return nil, ModelError{err}
	}
	front, err := gammatone.ParseFingerprint(s.model.FrontEnd)
	if err == nil && front.Floor != o.Floor {
		err = fmt.Errorf("its front end has floor %g, this training %g; add --floor %g", front.Floor, o.Floor, front.Floor)
	}
	if err == nil {
		s.arch, s.weights, err = modelfile.Import(s.model.Bytes)
	}
	if err != nil {
		return nil, ModelError{fmt.Errorf("model %q: %w", s.model.Path, err)}
	}
	return &s, nil
}

// network makes the architecture, and the weights to start from when fine-tuning.
func (o Options) network(p *corpus.Prepared, s *starting) (acrnn.Arch, *acrnn.Weights, error) {
	if s == nil {
		a, err := acrnn.New(len(p.Labels), o.Width, o.Attention)
		return a, nil, err
	}
	if narrow, err := acrnn.New(s.arch.Classes, o.Width, s.arch.Attention); err == nil && o.Width < 1 && narrow.Hidden != s.arch.Hidden {
		if s.arch, s.weights, err = acrnn.Narrow(s.arch, s.weights, o.Width); err != nil {
			return s.arch, nil, fmt.Errorf("--width: %w", err)
		}
		s.narrowed = true
	}
	p.Adopt(s.model.Labels, s.model.Names, s.model.Background)
	p.CountAll()
	a, w, err := head.Extend(s.arch, s.weights, s.model.Labels, p.Labels, o.Seed)
	return a, &w, err
}

func (o Options) train(ctx context.Context, p *corpus.Prepared, a acrnn.Arch, init *acrnn.Weights, ui UI) (*trainer.Result, error) {
	if err := o.keepOld(ui); err != nil {
		return nil, err
	}
	log, err := openMetrics(o.Metrics, o.Resume)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	onStep, onEpoch := watch(ui, log, "windows")
	cfg := trainer.Config{Arch: a, Recipe: o.Recipe, Seed: o.Seed, Floor: o.Floor, Init: init, Checkpoint: o.checkpoint(),
		Resume: o.Resume, EvalEvery: o.EvalEvery, Graph: o.Graph, Block: -1, OnStep: onStep, OnEpoch: onEpoch}
	if err := cfg.Resumable(&p.Data); err != nil { // before the teachers, who take minutes
		return nil, err
	}
	teach, done, err := o.teachers(ctx, p, ui)
	defer done()
	if err != nil {
		return nil, err
	}
	cfg.Teach = teach
	if len(p.Test) > 0 {
		cfg.Measure = func(w acrnn.Weights) (clips, windows float64, err error) {
			return scoring.Accuracy(a, w, o.front(), o.Graph.Threads, &p.Data)
		}
	}
	if o.Recipe.Mine > 0 {
		cfg.Wrong = func(w acrnn.Weights, at []train.Place) ([]float32, error) {
			return scoring.NotBackground(a, w, o.front(), o.Graph.Threads, p.Background, at)
		}
	}
	return trainer.Run(ctx, &p.Data, cfg)
}

func (o Options) title() string { return "ACRNN on " + o.dataName() }

// startName says what a fine-tuning started from.
func (o Options) startName() string {
	if len(o.InitBytes) > 0 {
		return "built-in model"
	}
	return o.Init
}
