package learn

import (
	"fmt"
	"io"
	"sort"

	"github.com/spf13/cobra"

	"earshot/gammatone"
	"earshot/infer"
	"earshot/train/job"
	"earshot/train/scene"
	"earshot/train/scoring"
)

// evalFlags are the flags of eval.
type evalFlags struct {
	Shell
	dataFlags
	streamFlags
	folds                      []int
	bands                      []string
	path, report               string
	hop, noiseMinutes          int
	noise, alarms, all, asJSON bool
}

// eval is the command that measures.
func (s Shell) eval() *cobra.Command {
	e := &evalFlags{Shell: s}
	c := &cobra.Command{
		Use:   "eval --data FOLDER | --stream RECORDING | --none FOLDER",
		Short: "Measure a model on labelled recordings",
		Long: `eval measures how well a model names labelled recordings: clip accuracy by the
paper's rule (mean probability of the clip's windows), windows, every label's
precision and recall, confusions, calibration, and the model's cost. Figures are
over the labels of the data (--all-labels: of the model); the background label
has no vote. Clips and windows are the network's own figures; a model with a second
opinion is measured by that alone and by both, too.

A model should be measured on folds that it did not learn from: the built-in
model learned from ESC-50's folds 1 to 4.

With --stream or --none it listens to long recordings instead, through the daemon's
own path, and holds the events against what sounds in them: which sounds of the
watched labels were heard, how late, and how many events an hour were false. What
sounds when stands in a label file: --labels, one a stream in the same order, or
beside the recording with .tsv (filename, onset, offset, event_label), .json (as
mix writes it) or .txt (an Audacity label track). Every event in a recording that
is given with --none is false.`,
		Example: `  earshot eval --data esc50 --folds 4 --model mine.onnx
  earshot eval --data esc50 --folds 4 --model mine.onnx --noise --report noise.html
  earshot eval --data esc50 --folds 4 --model mine.onnx --bands 16000,8000,telephone
  earshot eval --data esc50 --folds 4 --model mine.onnx --alarms
  earshot eval --stream evening.flac --labels evening.txt --none speech/ --none music/ --report streams.html`,
		Args: s.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return e.run(c) },
	}
	e.add(c)
	e.addStream(c)
	f := c.Flags()
	f.Lookup("labels").Usage = "only these labels; with --stream: label files, one a stream"
	f.IntSliceVar(&e.folds, "folds", nil, "folds to measure on (default: all)")
	f.StringVarP(&e.path, "model", "m", "", "model file (default: the one in this binary)")
	f.IntVar(&e.hop, "hop", scoring.PaperHop, "frames from one window to the next; 64 is the paper's half overlap")
	f.BoolVar(&e.all, "all-labels", false, "every label of the model has a vote, not only those of the data")
	f.BoolVar(&e.noise, "noise", false, "also with white, pink and real background noise at 20 to -5 dB")
	f.StringSliceVar(&e.bands, "bands", nil, "also as it sounds through these bands: a sample rate such as 16000 or 8000 (Hz), or telephone")
	f.BoolVar(&e.alarms, "alarms", false, "also let the daemon's own path listen to the clips one after another, and to noise and hum: its events, right and false")
	f.IntVar(&e.noiseMinutes, "noise-minutes", 60, "with --alarms: how much noise and hum")
	f.StringVar(&e.report, "report", "", "HTML report to write")
	f.BoolVar(&e.asJSON, "json", false, "print JSON")
	return c
}

func (e *evalFlags) run(c *cobra.Command) error {
	switch {
	case e.listens() && len(e.dirs) > 0:
		return e.Usage(errBoth)
	case !e.listens() && len(e.dirs) == 0:
		return e.Usage(errNoData)
	case e.hop < 1 || e.hop > gammatone.Default().WindowFrames:
		return e.Usage(fmt.Errorf("--hop %d: want 1 to %d frames", e.hop, gammatone.Default().WindowFrames))
	case e.noiseMinutes < 0 || e.noiseMinutes > maxNoiseMinutes:
		return e.Usage(fmt.Errorf("--noise-minutes %d: want 0 to %d", e.noiseMinutes, maxNoiseMinutes))
	}
	for _, band := range e.bands {
		if _, err := scene.ParseBand(band); err != nil {
			return e.Usage(fmt.Errorf("--bands: %w", err))
		}
	}
	if e.listens() {
		return e.streams(c)
	}
	if err := infer.Init(e.library); err != nil {
		return e.BadModel(err)
	}
	var l listener
	var err error
	if !e.alarms {
		if l.model, err = e.Model(e.path); err != nil {
			return e.BadModel(err)
		}
	} else if l, err = e.listener(c); err != nil { // settings may name a model too: clips and events are one model's
		return err
	}
	ctx := c.Context()
	lines := c.OutOrStdout()
	if e.asJSON {
		lines = c.ErrOrStderr()
	}
	o := job.EvalOptions{Set: e.set(), Folds: e.folds, Model: l.model, Hop: e.hop, All: e.all, Noise: e.noise, Bands: e.bands, CacheDir: e.cache,
		Seed: e.seed, Threads: e.threads, Report: e.report}
	if o.Embedder, err = embedder(); err != nil {
		return e.BadModel(err)
	}
	found, err := job.Evaluate(ctx, o, newUI(c.ErrOrStderr(), lines))
	if err != nil {
		return e.exit(err)
	}
	all := clipEvaluation{Evaluation: found}
	if e.alarms {
		if all.Alarms, err = e.hearClips(c, l); err != nil {
			return err
		}
	}
	if e.asJSON {
		return e.PrintJSON(c.OutOrStdout(), all)
	}
	printEvaluation(c.OutOrStdout(), found)
	if e.alarms {
		printAlarms(c.OutOrStdout(), all.Alarms)
	}
	return nil
}

// clipEvaluation is what eval --data prints as JSON.
type clipEvaluation struct {
	*job.Evaluation
	Alarms *heardClips `json:"alarms,omitempty"`
}

func printEvaluation(w io.Writer, e *job.Evaluation) {
	r := e.Result
	fmt.Fprintf(w, "%s on %s, folds %v, a window every %d frames\n\n", e.Model, e.Data, e.Folds, e.HopFrames)
	fmt.Fprintf(w, "clips right     %5.1f %%  (%d clips, 95 %% interval %.1f–%.1f)\n", 100*r.ClipAccuracy, r.Clips, 100*r.Low, 100*r.High)
	fmt.Fprintf(w, "windows right   %5.1f %%  (%d windows)\n", 100*r.WindowAccuracy, r.Windows)
	if s := e.Second; s != nil {
		fmt.Fprintf(w, "second opinion  %5.1f %%  of the clips right by it alone (%s), %.1f %% by both (mean log-probability)\n",
			100*s.Second.ClipAccuracy, s.Embedder, 100*s.Both.ClipAccuracy)
	}
	fmt.Fprintf(w, "macro F1        %5.1f %%\n", 100*r.MacroF1)
	fmt.Fprintf(w, "calibration     %5.1f %%  expected error; fitted temperature %.2f\n", 100*r.ECE, e.Temperature)
	fmt.Fprintf(w, "time            %5.2f ms a window\n", e.MSPerWindow)
	if c := e.Cost; c != nil {
		fmt.Fprintf(w, "network         %.2f M parameters, %.1f M multiply-accumulates a window (the paper's Table 2 would say %.2f M and %.2f M)\n",
			float64(c.Params)/1e6, float64(c.MACs)/1e6, float64(c.PaperParams)/1e6, float64(c.PaperFLOPs)/1e6)
	}
	classes := append(r.PerClass[:0:0], r.PerClass...)
	sort.SliceStable(classes, func(i, j int) bool { return classes[i].F1 < classes[j].F1 })
	fmt.Fprintf(w, "\n%-20s %6s %9s %6s %6s\n", "label", "clips", "precision", "recall", "F1")
	for _, c := range classes {
		if c.Clips > 0 {
			fmt.Fprintf(w, "%-20s %6d %8.1f%% %5.1f%% %5.1f%%\n", c.Label, c.Clips, 100*c.Precision, 100*c.Recall, 100*c.F1)
		}
	}
}
