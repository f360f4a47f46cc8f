package learn

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"earshot/infer"
	"earshot/train"
	"earshot/train/acrnn"
	"earshot/train/corpus"
	"earshot/train/job"
	"earshot/train/modelfile"
	"earshot/train/recipe"
)

// trainFlags are the flags of train.
type trainFlags struct {
	Shell
	dataFlags
	folds, test                                                                    []int
	out, init, recipeName, attention, checkpoint, metrics, report, weights, calibr string
	provider, note                                                                 string
	background, without, teachers                                                  []string
	second                                                                         secondFlags
	noBackground, resume, strict, crossValidate, shuffle, waveform, asRecorded     bool
	every, device, quiet, table                                                    int
	width, floor, mixup                                                            float64
	overrides                                                                      []func(*recipe.Recipe)
}

func (t *trainFlags) add(c *cobra.Command) {
	t.dataFlags.add(c)
	f := c.Flags()
	f.IntSliceVar(&t.folds, "folds", nil, "folds to learn from (default: all but --test)")
	f.IntSliceVar(&t.test, "test", nil, "folds to test on, never learned from")
	f.BoolVar(&t.crossValidate, "cross-validate", false, "train once for each of the folds, each time testing on it; prints mean and spread")
	f.IntVar(&t.table, "table", 0, "make a table of the paper: 1 accuracy, beside Piczak's network (2015), 2 what both cost (trains nothing), 3 the ten attention variants, 4 attention and augmentation; on --test, else by cross-validation; with --resume what is finished stays")
	f.StringVarP(&t.out, "out", "o", "", "model file to write")
	f.StringVar(&t.init, "init", "", "start from this model (\"builtin\" or a file) and keep its labels")
	f.StringVar(&t.recipeName, "recipe", "", "default, paper (Zhang et al. 2020, section 4.1) or finetune (default with --init)")
	f.StringVar(&t.attention, "attention", "l10", acrnn.Attentions)
	f.Float64Var(&t.width, "width", 1, "factor on filters and cells; below 1 with --init: the wider network's strongest are what it starts from")
	override(t, f, f.IntVar, "epochs", func(r *recipe.Recipe) *int { return &r.Epochs }, "epochs instead of the recipe's")
	override(t, f, f.IntVar, "batch", func(r *recipe.Recipe) *int { return &r.Batch }, "windows a step instead of the recipe's")
	override(t, f, f.Float64Var, "rate", func(r *recipe.Recipe) *float64 { return &r.Rate }, "peak learning rate instead of the recipe's")
	override(t, f, f.StringVar, "optimiser", func(r *recipe.Recipe) *string { return (*string)(&r.Optimiser) }, "sgd (Nesterov) or adamw instead of the recipe's")
	override(t, f, f.StringVar, "schedule", func(r *recipe.Recipe) *string { return &r.Schedule }, "one-cycle or step instead of the recipe's")
	override(t, f, f.Float64Var, "background-share", func(r *recipe.Recipe) *float64 { return &r.Background }, "share of each batch that is background instead of the recipe's 0.04; 0.3 with hours of speech and music")
	override(t, f, f.Float64Var, "mine", func(r *recipe.Recipe) *float64 { return &r.Mine }, "share of the background in each batch that is hard negatives: windows that the network, asked every second epoch, took for something; 0.5 is a good start")
	override(t, f, f.Float64Var, "decay", func(r *recipe.Recipe) *float64 { return &r.Decay }, "weight decay (AdamW) or L2 (SGD) instead of the recipe's")
	override(t, f, f.Float64Var, "average", func(r *recipe.Recipe) *float64 { return &r.Average }, "decay of the averaged weights instead of the recipe's; 0 uses the raw ones")
	override(t, f, f.Float64Var, "smoothing", func(r *recipe.Recipe) *float64 { return &r.Smoothing }, "label smoothing")
	override(t, f, f.Float64Var, "freeze", func(r *recipe.Recipe) *float64 { return &r.FreezeTrunk }, "fine-tuning: first share of the training with all but the last layer frozen; 1: throughout")
	override(t, f, f.IntVar, "freeze-layers", func(r *recipe.Recipe) *int { return &r.Frozen }, "going on from --init: this many of the first convolution layers stay as they are; 2 make a step 1.7 times as fast")
	f.StringSliceVar(&t.without, "without", nil, "augmentations to switch off: all, mix, mixup, gain, stretch, shift, equaliser, band, noise, mask, splice, room, random-window, waveform, or calm (mixing falling to a third for the last 15 %)")
	f.StringSliceVar(&t.teachers, "teacher", nil, "learn half of each label from teachers: \"second\" is the second opinion's network, with heads that did not learn the clips they judge; else a model file that knows all labels, which hears each window as the network does")
	f.BoolVar(&t.waveform, "waveform", false, "also learn from stretched and pitch-shifted copies of every clip (the paper's; three times the features)")
	f.Float64Var(&t.mixup, "mixup", 0, "the paper's mixup, Beta(α,α)")
	f.Float64Var(&t.floor, "floor", train.DefaultFloor, "smallest energy before the logarithm")
	f.StringSliceVar(&t.background, "background", nil, "folders with recordings of your own room, to learn what is nothing")
	f.IntVar(&t.quiet, "background-clips", corpus.QuietClips, "synthetic clips of silence, noise and hum to learn background from")
	f.BoolVar(&t.noBackground, "no-background", false, "do not learn the background label")
	f.BoolVar(&t.asRecorded, "as-recorded", false, "with --init: learn recordings of new labels with the room in them, instead of cutting them to what stands out of it")
	t.second.add(f)
	f.BoolVar(&t.second.none, "no-verify", false, "without a second opinion")
	f.StringVar(&t.weights, "weights", "fp16", "how the model file keeps its weights: fp32, fp16 (computed in fp32 too) or int8 (convolutions in eight bits, calibrated on the training clips)")
	f.StringVar(&t.calibr, "calibration-from", "", "without --test: take temperature and thresholds over from this model")
	f.StringVar(&t.checkpoint, "checkpoint", "", "where the training is saved (default: the model file's name + .checkpoint)")
	f.BoolVar(&t.resume, "resume", false, "go on from the checkpoint")
	f.IntVar(&t.every, "eval-every", 10, "epochs between measurements on the test folds; 0: at the end")
	f.StringVar(&t.metrics, "metrics", "", "file for one JSON line an epoch; with --cross-validate or --table one file each")
	f.StringVar(&t.report, "report", "", "HTML report to write")
	f.StringVar(&t.note, "note", "", "remark for the model's provenance")
	f.BoolVar(&t.strict, "strict", false, "stop when a clip cannot be used")
	f.BoolVar(&t.shuffle, "shuffle-labels", false, "permute the training labels: a check that must stay at chance")
	f.StringVar(&t.provider, "provider", "cpu", "where to compute: cpu or cuda")
	f.IntVar(&t.device, "device", 0, "GPU number")
}

// override registers a flag that, when it is given, takes the place of the recipe's field.
func override[T any](t *trainFlags, f *pflag.FlagSet, register func(*T, string, T, string), name string, field func(*recipe.Recipe) *T, usage string) {
	var value, none T
	register(&value, name, none, usage)
	t.overrides = append(t.overrides, func(r *recipe.Recipe) {
		if f.Changed(name) {
			*field(r) = value
		}
	})
}

func (t *trainFlags) options() (job.Options, error) {
	r, err := t.recipe()
	if err != nil {
		return job.Options{}, err
	}
	attention, err := acrnn.ParseAttention(t.attention)
	if err != nil {
		return job.Options{}, err
	}
	if t.weights != modelfile.FP16 && t.weights != modelfile.FP32 && t.weights != modelfile.INT8 {
		return job.Options{}, fmt.Errorf("--weights %q: want fp16, fp32 or int8", t.weights)
	}
	if t.table < 0 || t.table > job.TableAugmentation {
		return job.Options{}, fmt.Errorf("--table %d: want 1, 2, 3 or 4", t.table)
	}
	if t.quiet < 1 {
		return job.Options{}, fmt.Errorf("--background-clips %d: want at least 1", t.quiet)
	}
	o := job.Options{
		Source: corpus.Source{Set: t.set(), Train: t.folds, Test: t.test, TestFull: true, Background: !t.noBackground,
			Quiet: t.quiet, QuietDirs: t.background, CacheDir: t.cache, Shuffle: t.shuffle},
		Recipe: r, Width: t.width, Attention: attention, Seed: t.seed, Floor: t.floor, Init: t.init, Calibrated: t.calibr,
		Out: t.out, Half: t.weights != modelfile.FP32, Int8: t.weights == modelfile.INT8, Checkpoint: t.checkpoint, Resume: t.resume, Metrics: t.metrics, Report: t.report,
		AsRecorded: t.asRecorded, Teachers: t.teachers, Strict: t.strict, EvalEvery: t.every, Build: t.Build, Note: t.note,
		Graph: infer.GraphOptions{Provider: t.provider, DeviceID: t.device, Threads: t.threads},
	}
	if o.Second, err = t.second.options(); err != nil {
		return job.Options{}, err
	}
	if slices.Contains(t.teachers, job.SecondTeacher) {
		if o.TeacherEmbedder, err = embedder(); err != nil {
			return job.Options{}, err
		}
	}
	if t.init != "" {
		o.Source.Set.MinLabels = 1
	}
	return o, nil
}
