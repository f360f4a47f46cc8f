// Package trainer runs a training: it starts the network, takes its steps by the
// recipe's schedule, measures, saves, and resumes to the same bits.
package trainer

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"earshot/gammatone"
	"earshot/infer"
	"earshot/train"
	"earshot/train/acrnn"
	"earshot/train/batches"
	"earshot/train/checkpoint"
	"earshot/train/recipe"
)

// Config says how to train.
type Config struct {
	Arch       acrnn.Arch
	Recipe     recipe.Recipe
	Seed       uint64
	Floor      float64        // smallest energy of the front end
	Init       *acrnn.Weights // start from these instead of random ones (fine-tuning)
	Checkpoint string         // file; "" writes none
	Resume     bool           // continue from Checkpoint where it exists
	SaveEvery  time.Duration  // 0: two minutes
	Measure    Measure        // on held-out clips; nil: there are none
	Teach      Teach          // blends what a teacher makes of windows into their labels; nil: there is none
	Wrong      Wrong          // finds hard negatives, where the recipe mines
	EvalEvery  int            // epochs between measurements; 0 only at the end
	Graph      infer.GraphOptions
	Block      int                     // NCHWc block; −1 finds it
	OnStep     func(train.Progress)    // after each step; may be nil
	OnEpoch    func(train.Epoch) error // after each epoch; may be nil
}

// Measure tells which shares of the held-out clips, and of their windows, a network names right.
type Measure func(acrnn.Weights) (clips, windows float64, err error)

// Teach changes the soft labels (N,K) of windows (N,2,128,128), which are not normalised and not to be changed.
type Teach func(windows, labels []float32) error

// Result is a finished (or interrupted) training.
type Result struct {
	Weights acrnn.Weights
	History []train.Epoch
	Done    bool // false when the context ended first; the checkpoint says how to go on
	Steps   int
}

// Minutes is the time that the epochs took, over all the runs that a training was resumed in.
func (r *Result) Minutes() float64 {
	seconds := 0.0
	for _, e := range r.History {
		seconds += e.Seconds
	}
	return seconds / 60
}

// ErrDiverged is returned when the loss is no longer a number.
var ErrDiverged = errors.New("training diverged: the loss is not a number; lower the rate")

// ErrNothingToFreeze is returned for frozen layers without a network to take them from.
var ErrNothingToFreeze = errors.New("frozen layers are those of a trained network; name one to go on from with --init")

// trainer is one training in progress.
type trainer struct {
	cfg     Config
	data    *train.Data
	front   gammatone.Config
	frozen  *acrnn.Frozen // nil: every layer learns
	engine  *acrnn.Engine
	sampler *batches.Sampler
	norm    train.Norm
	step    int
	steps   int
	epoch   Running
	smooth  float64 // loss
	history []train.Epoch
	saved   time.Time
	minedAt int          // step before which hard negatives were looked for last; −1: never
	mined   *train.Mined // what came of it, until its epoch ends

	plain    []float32 // (N,2,128,128) a batch's windows as a teacher hears them; the producer's
	produced error     // why the producer ended early; read once its channel is closed
}

// Run trains until the recipe's epochs are over or ctx ends; then it finishes
// the step, saves and returns what there is.
func Run(ctx context.Context, data *train.Data, cfg Config) (*Result, error) {
	t, err := newTrainer(data, cfg)
	if err != nil {
		return nil, err
	}
	defer t.engine.Close()
	if err := t.loop(ctx); err != nil {
		return nil, err
	}
	w, err := t.finalWeights()
	if err != nil {
		return nil, err
	}
	return &Result{Weights: w, History: t.history, Done: t.step >= t.steps, Steps: t.step}, nil
}

func newTrainer(data *train.Data, cfg Config) (*trainer, error) {
	if err := cfg.Recipe.Validate(); err != nil {
		return nil, err
	}
	if len(data.Train) == 0 {
		return nil, train.ErrNoClips
	}
	if cfg.Arch.Classes != len(data.Labels) {
		return nil, fmt.Errorf("the network has %d outputs, the data %d labels; they must be as many", cfg.Arch.Classes, len(data.Labels))
	}
	if cfg.Recipe.Mine > 0 && (cfg.Wrong == nil || data.Background < 0 || len(data.Quiet) == 0) {
		return nil, ErrNothingToMine
	}
	t := &trainer{cfg: cfg, data: data, front: gammatone.Default(), saved: time.Now(), minedAt: -1}
	t.front.Floor = cfg.Floor
	checkpoint.Sweep(cfg.Checkpoint)
	if cfg.SaveEvery == 0 {
		t.cfg.SaveEvery = 2 * time.Minute
	}
	if cfg.Block < 0 {
		t.cfg.Block = acrnn.FindBlock(cfg.Graph)
	}
	t.sampler = batches.New(cfg.Recipe, t.front, cfg.Seed, data)
	t.steps = cfg.Recipe.Epochs * t.sampler.StepsPerEpoch()
	var err error
	if cfg.Recipe.Frozen > 0 {
		if cfg.Init == nil {
			return nil, ErrNothingToFreeze
		}
		t.frozen = &acrnn.Frozen{Layers: cfg.Recipe.Frozen, Weights: *cfg.Init}
	}
	t.engine, err = acrnn.NewEngine(cfg.Arch, acrnn.StepOptions{Batch: cfg.Recipe.Batch, Block: t.cfg.Block,
		Optimiser: cfg.Recipe.Optimiser, ClipNorm: float32(cfg.Recipe.ClipNorm), Momentum: 0.9,
		SlowTrunk: cfg.Recipe.TrunkRate > 0, Frozen: t.frozen}, cfg.Graph)
	if err != nil {
		return nil, err
	}
	if err := t.start(); err != nil {
		t.engine.Close()
		return nil, err
	}
	t.sampler.Norm = t.norm
	return t, nil
}

// start sets the state: from the checkpoint, from given weights, or at random.
func (t *trainer) start() error {
	if t.cfg.Resume && t.cfg.Checkpoint != "" {
		if checkpoint.Exists(t.cfg.Checkpoint) {
			return t.restore()
		}
	}
	state := t.engine.State()
	if t.cfg.Init != nil {
		copy(state["weights"], t.cfg.Init.Flat)
		t.norm = train.Norm{Mean: t.cfg.Init.Mean, Std: t.cfg.Init.Std}
	} else {
		copy(state["weights"], acrnn.InitWeights(t.cfg.Arch, t.cfg.Recipe.Init, rand.New(rand.NewPCG(t.cfg.Seed, 0x1717))))
		t.norm = train.FitNorm(t.data.Train, t.front)
	}
	copy(state["average"], state["weights"])
	return nil
}

// finalWeights are the averaged weights (where the recipe averages) with the
// batch-norm statistics that belong to them.
func (t *trainer) finalWeights() (acrnn.Weights, error) {
	name := "average"
	if t.cfg.Recipe.Average == 0 {
		name = "weights"
	}
	w := acrnn.Weights{Flat: slices.Clone(t.engine.State()[name]), Mean: t.norm.Mean, Std: t.norm.Std}
	if t.cfg.Init != nil && t.cfg.Recipe.FreezeTrunk >= 1 { // nothing below the head moved
		w.Means, w.Vars = t.cfg.Init.Means, t.cfg.Init.Vars
		return w, nil
	}
	var err error
	w.Means, w.Vars, err = t.statistics(w.Flat)
	return w, err
}

// statisticsBatches are how many batches the batch-norm statistics average over.
const statisticsBatches = 24

// statistics runs plain training windows forward and averages the moments.
func (t *trainer) statistics(flat []float32) (means, vars []float32, err error) {
	s, err := acrnn.NewStatistics(t.cfg.Arch, t.frozen, t.cfg.Recipe.Batch, t.cfg.Block, t.cfg.Graph)
	if err != nil {
		return nil, nil, err
	}
	defer s.Close()
	r := t.cfg.Recipe
	r.Augment = recipe.Augment{GainDB: r.Augment.GainDB / 2, RandomWindow: true, Noise: r.Augment.Noise, NoiseMinSNR: r.Augment.NoiseMinSNR, NoiseMaxSNR: r.Augment.NoiseMaxSNR}
	plain := t.sampler.With(r)
	w := batches.NewWindower(r.Augment, t.front)
	b := &batches.Batch{Window: s.Window(), Target: make([]float32, r.Batch*len(t.data.Labels))}
	n := t.cfg.Arch.StatSize()
	mean, second := make([]float64, n), make([]float64, n)
	for i := range statisticsBatches {
		plain.Fill(b, i, statisticsBatches, w)
		m, v, err := s.Run(flat)
		if err != nil {
			return nil, nil, err
		}
		for c := range n {
			mean[c] += float64(m[c]) / statisticsBatches
			second[c] += (float64(v[c]) + float64(m[c])*float64(m[c])) / statisticsBatches
		}
	}
	means, vars = make([]float32, n), make([]float32, n)
	for c := range n {
		means[c], vars[c] = float32(mean[c]), float32(math.Max(0, second[c]-mean[c]*mean[c]))
	}
	return means, vars, nil
}
