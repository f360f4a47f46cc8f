package piczak

import (
	"context"
	"errors"
	"math"
	"time"

	"earshot/infer"
	"earshot/train"
	"earshot/train/checkpoint"
	"earshot/train/metrics"
)

// Recipe is how the network learns.
type Recipe struct {
	Epochs   int
	Batch    int     // segments
	Rate     float64 // throughout
	Momentum float64 // Nesterov's
	Decay    float64 // λ of the cost λ·Σw²
	Copies   int     // delayed copies of each clip to learn from
}

// Article is the recipe of the article, for so many epochs (300 there); esc10 is the smaller data set, which it copies more often.
func Article(epochs int, esc10 bool) Recipe {
	r := Recipe{Epochs: epochs, Batch: 1000, Rate: 0.002, Momentum: 0.9, Decay: 0.001, Copies: 4}
	if esc10 {
		r.Copies = 10
	}
	return r
}

// Data is what is learned from, and tested on.
type Data struct {
	Labels     []string // in the order of the outputs
	Learn      []Clip
	Test       []Clip
	Background int    // index of a label that is no figure's, −1 for none
	Digest     string // of labels, clips and folds: a checkpoint belongs to it
}

// Config says how to train.
type Config struct {
	Arch       Arch
	Recipe     Recipe
	Seed       uint64
	Checkpoint string        // file; "" writes none
	Resume     bool          // continue from Checkpoint where it exists
	SaveEvery  time.Duration // 0: two minutes
	EvalEvery  int           // epochs between measurements; 0 only at the end
	Graph      infer.GraphOptions
	OnStep     func(train.Progress)    // after each step; may be nil
	OnEpoch    func(train.Epoch) error // after each epoch; may be nil
}

// Outcome is a finished (or interrupted) training.
type Outcome struct {
	Result  *metrics.Result // of the test clips; nil where ctx ended first: the checkpoint says how to go on
	Steps   int
	Seconds float64 // that the steps took, over all the runs that it was resumed in
}

// ErrDiverged is returned when the loss is no longer a number.
var ErrDiverged = errors.New("training diverged: the loss is not a number")

// ErrNoClips is returned where there is nothing to learn from, or to test on.
var ErrNoClips = errors.New("want clips to learn from and clips to test on")

// header is what a checkpoint says before the state vectors.
type header struct {
	Network string
	Arch    Arch
	Recipe  Recipe
	Seed    uint64
	Data    string
	Labels  []string
	Step    int
	checkpoint.Layout

	Loss, EpochSeconds float64 // summed over the steps of the epoch that Step is in
	Seconds            float64 // of all steps
}

// Network tells what this network made from what others did; its number is raised when the same settings give another training.
const Network = "piczak 1"

// trainer is one training in progress.
type trainer struct {
	Config
	data    *Data
	norm    Norm
	sampler *sampler
	engine  *Engine
	at      header
	steps   int
	saved   time.Time
	result  *metrics.Result // of the last epoch
}

// Train trains until the recipe's epochs are over or ctx ends; then it finishes the step, saves, and returns how far it came.
func Train(ctx context.Context, data *Data, cfg Config) (*Outcome, error) {
	if len(data.Learn) == 0 || len(data.Test) == 0 {
		return nil, ErrNoClips
	}
	if cfg.SaveEvery == 0 {
		cfg.SaveEvery = 2 * time.Minute
	}
	checkpoint.Sweep(cfg.Checkpoint)
	t := &trainer{Config: cfg, data: data, norm: fitNorm(data.Learn), saved: time.Now()}
	t.sampler = newSampler(data.Learn, cfg.Recipe.Batch, t.norm, cfg.Seed)
	t.steps = cfg.Recipe.Epochs * t.sampler.batches
	t.at = header{Network: Network, Arch: cfg.Arch, Recipe: cfg.Recipe, Seed: cfg.Seed, Data: data.Digest, Labels: data.Labels}
	var err error
	t.engine, err = NewEngine(cfg.Arch, StepOptions{Batch: t.sampler.largest(), Rate: float32(cfg.Recipe.Rate), Momentum: float32(cfg.Recipe.Momentum),
		Decay: float32(cfg.Recipe.Decay)}, cfg.Seed, cfg.Graph)
	if err != nil {
		return nil, err
	}
	defer t.engine.Close()
	if cfg.Resume && cfg.Checkpoint != "" && checkpoint.Exists(cfg.Checkpoint) {
		if err := t.restore(); err != nil {
			return nil, err
		}
	}
	if err := t.loop(ctx); err != nil {
		return nil, err
	}
	return &Outcome{Result: t.result, Steps: t.at.Step, Seconds: t.at.Seconds}, nil
}

// restore takes the state from the checkpoint, which must be of this very training.
func (t *trainer) restore() error {
	var have header
	vectors, err := checkpoint.Load(t.Checkpoint, &have)
	if err != nil {
		return err
	}
	if err := checkpoint.Same(t.Checkpoint,
		checkpoint.Part{What: "network", Have: []any{have.Network, have.Arch}, Want: []any{Network, t.Arch}},
		checkpoint.Part{What: "recipe", Have: have.Recipe, Want: t.Recipe},
		checkpoint.Part{What: "label list", Have: have.Labels, Want: t.data.Labels},
		checkpoint.Part{What: "data", Have: have.Data, Want: t.data.Digest},
		checkpoint.Part{What: "seed", Have: have.Seed, Want: t.Seed}); err != nil {
		return err
	}
	if have.Step < 0 || have.Step > t.steps {
		return checkpoint.Refuse(t.Checkpoint, "number of steps", "it is beyond the last")
	}
	if err := checkpoint.Restore(t.Checkpoint, t.engine.State(), vectors); err != nil {
		return err
	}
	t.at = have
	return nil
}

func (t *trainer) save() error {
	t.saved = time.Now()
	if t.Checkpoint == "" {
		return nil
	}
	return checkpoint.Save(t.Checkpoint, &t.at, stateNames(t.Arch), t.engine.State())
}

// loop runs the remaining steps, and measures at the end.
func (t *trainer) loop(ctx context.Context) error {
	smooth := 0.0
	for t.at.Step < t.steps && ctx.Err() == nil {
		began := time.Now()
		t.sampler.fill(t.engine, t.at.Step)
		loss, err := t.engine.Step()
		if err != nil {
			return err
		}
		if math.IsNaN(loss) || math.IsInf(loss, 0) {
			return ErrDiverged
		}
		seconds := time.Since(began).Seconds()
		t.at.Step++
		t.at.Loss, t.at.EpochSeconds, t.at.Seconds = t.at.Loss+loss, t.at.EpochSeconds+seconds, t.at.Seconds+seconds
		if smooth == 0 {
			smooth = loss
		}
		smooth += 0.05 * (loss - smooth)
		if t.OnStep != nil {
			t.OnStep(train.Progress{Step: t.at.Step, Steps: t.steps, Loss: smooth, Seconds: seconds})
		}
		if t.at.Step%t.sampler.batches == 0 {
			if err := t.endEpoch(ctx); err != nil {
				return err
			}
		}
		if time.Since(t.saved) > t.SaveEvery {
			if err := t.save(); err != nil {
				return err
			}
		}
	}
	if t.at.Step >= t.steps && t.result == nil && ctx.Err() == nil { // an earlier run was stopped when this was to be done
		if err := t.endEpoch(ctx); err != nil {
			return err
		}
	}
	return t.save()
}

// endEpoch measures where it is time to, and reports. Where ctx ends while it measures, the last epoch is left for the next run to end.
func (t *trainer) endEpoch(ctx context.Context) error {
	per, last := t.sampler.batches, t.at.Step >= t.steps
	e := train.Epoch{Epoch: t.at.Step / per, Step: t.at.Step, Loss: t.at.Loss / float64(per), Rate: t.Recipe.Rate, Seconds: t.at.EpochSeconds}
	if last || t.EvalEvery > 0 && e.Epoch%t.EvalEvery == 0 {
		r, err := t.measure(ctx)
		switch {
		case err == nil:
			e.Accuracy, e.Windows, e.Measured = r.ClipAccuracy, r.WindowAccuracy, true
		case ctx.Err() == nil:
			return err
		case last:
			return nil
		}
		if last {
			t.result = r
		}
	}
	if !last {
		t.at.Loss, t.at.EpochSeconds = 0, 0
	}
	if t.OnEpoch != nil {
		return t.OnEpoch(e)
	}
	return nil
}
