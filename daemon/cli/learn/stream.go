package learn

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"earshot/daemon/config"
	"earshot/daemon/engine"
	"earshot/daemon/replay"
	"earshot/daemon/rules"
	"earshot/daemon/streams"
	"earshot/gammatone"
	"earshot/infer"
	"earshot/train/job"
	"earshot/train/labels"
	"earshot/train/metrics/stream"
)

// streamFlags are those of eval --stream.
type streamFlags struct {
	recordings, none []string
	config, verify   string
	gate             bool
	ui               *job.UI // nil: the command's own
}

func (s *streamFlags) addStream(c *cobra.Command) {
	f := c.Flags()
	f.StringArrayVar(&s.recordings, "stream", nil, "long recording to listen to as the daemon does, with its label file (--labels, or beside it); may be given several times")
	f.StringArrayVar(&s.none, "none", nil, "recording, or folder of them, that holds none of the labels; may be given several times")
	f.StringVarP(&s.config, "config", "c", "", "with --stream, --none or --alarms: configuration that says what is watched, and how (default: built-in settings)")
	f.StringVar(&s.verify, "verify", "", "with --stream, --none or --alarms: the second network, built-in, off or a file (default: the configuration's)")
	f.BoolVar(&s.gate, "gate", false, "with --stream, --none or --alarms: do not compute windows in which nothing is new, as windows.gate has it; says how many")
}

// listens tells whether it is streams that are asked about.
func (s *streamFlags) listens() bool { return len(s.recordings)+len(s.none) > 0 }

// streamEvaluation is what eval --stream prints as JSON.
type streamEvaluation struct {
	Model     string `json:"model"`
	SHA256    string `json:"sha256"`
	Second    string `json:"second_opinion"`
	HopFrames int    `json:"hop_frames"`
	Windows   int64  `json:"windows"`
	Gated     int64  `json:"windows_gated"` // of them, not computed
	*streams.Result
}

// result is what was measured; nil of nothing.
func (s *streamEvaluation) result() *streams.Result {
	if s == nil {
		return nil
	}
	return s.Result
}

// listener is a model and the settings that it would listen with.
type listener struct {
	file   *config.File
	model  *infer.Model
	front  gammatone.Config
	second engine.Second
	watch  *rules.Rules
}

// listener reads them.
func (e *evalFlags) listener(c *cobra.Command) (l listener, err error) {
	if l.file, err = e.settings(c); err != nil {
		return l, e.BadConfig(err)
	}
	if l.model, err = e.Model(l.file.Config.Model.Path); err != nil {
		return l, e.BadModel(err)
	}
	if l.front, err = gammatone.ParseFingerprint(l.model.FrontEnd); err != nil {
		return l, e.BadModel(fmt.Errorf("model %q: %w", l.model.Path, err))
	}
	if l.second, err = engine.LoadSecond(l.model, l.front, l.file.Config.Verify.Model); err != nil {
		return l, e.BadModel(err)
	}
	if l.watch, err = rules.Resolve(l.file, l.model, l.front, l.second.Head); err != nil {
		return l, e.BadConfig(err)
	}
	l.watch = l.watch.For("", rules.Adjusted(l.file.Tuned))
	return l, nil
}

// listened measures the daemon's events over recordings.
func (e *evalFlags) listened(c *cobra.Command) (*streamEvaluation, *infer.Model, error) {
	inputs, err := e.inputs()
	if err != nil {
		return nil, nil, err
	}
	l, err := e.listener(c)
	if err != nil {
		return nil, nil, err
	}
	found, err := e.listen(c, l, inputs)
	return found, l.model, err
}

// listen plays recordings to it.
func (e *evalFlags) listen(c *cobra.Command, l listener, inputs []streams.Input) (*streamEvaluation, error) {
	f, m, front, second, watch := l.file, l.model, l.front, l.second, l.watch
	if err := infer.Init(e.library); err != nil {
		return nil, e.BadModel(err)
	}
	threads := e.threads
	if threads == 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	ctx := c.Context()
	// The batcher outlives ctx until the stages have ended, as in the daemon.
	player, err := replay.New(context.WithoutCancel(ctx), replay.Config{Model: m, Front: front, HopFrames: f.Config.Windows.HopFrames, Smooth: watch.Smooth, Gate: f.Config.Windows.Gate, Cadence: watch.Cadence,
		Second: second, Opinion: watch.Opinion,
		Provider: f.Config.Inference.Provider, Precision: f.Config.Inference.Precision, DeviceID: f.Config.Inference.DeviceID, Threads: threads})
	if err != nil {
		return nil, e.BadModel(err)
	}
	defer player.Close()
	ui := newUI(c.ErrOrStderr(), c.ErrOrStderr())
	if e.ui != nil {
		ui = *e.ui
	}
	bar := ui.Bar("listening")
	r, err := streams.Measure(ctx, streams.Options{Inputs: inputs, Smooth: watch.Smooth, Rate: front.SampleRate, Watched: single(watch), Play: player.Play,
		Told: func(path string, done, of int, seconds float64) {
			bar(done, of, fmt.Sprintf("%s, %.0f min", filepath.Base(path), seconds/60))
		}})
	if err != nil {
		return nil, e.exit(err)
	}
	gated, windows := player.Gated()
	return &streamEvaluation{Model: m.Path, SHA256: m.SHA256, Second: second.String(), HopFrames: f.Config.Windows.HopFrames,
		Windows: windows, Gated: gated, Result: r}, nil
}

// streams prints what was measured of the daemon's events.
func (e *evalFlags) streams(c *cobra.Command) error {
	found, m, err := e.listened(c)
	if err != nil {
		return err
	}
	for _, l := range found.Unknown {
		fmt.Fprintln(c.ErrOrStderr(), strange(l, m.Labels))
	}
	if e.report != "" {
		if err := writeStreamReport(e.report, *found, m.Names); err != nil {
			return err
		}
	}
	if e.asJSON {
		return e.PrintJSON(c.OutOrStdout(), found)
	}
	printStreams(c.OutOrStdout(), *found)
	return nil
}

// settings are the daemon's, with what the flags change of them.
func (e *evalFlags) settings(c *cobra.Command) (*config.File, error) {
	var more []config.Override
	if c.Flags().Changed("hop") {
		more = append(more, config.Override{Flag: "--hop", Key: "windows.hop_frames", Value: fmt.Sprint(e.hop)})
	}
	if e.gate {
		more = append(more, config.Override{Flag: "--gate", Key: "windows.gate", Value: "true"})
	}
	if e.all {
		more = append(more, config.Override{Flag: "--all-labels", Key: "watch.labels", Set: func(c *config.Config) { c.Watch.Labels = []config.Label{{Label: "*"}} }})
	}
	if e.path != "" {
		more = append(more, config.Override{Flag: "--model", Key: "model.path", Set: func(c *config.Config) { c.Model.Path = e.path }})
	}
	if e.verify != "" {
		more = append(more, config.Override{Flag: "--verify", Key: "verify.model", Set: func(c *config.Config) { c.Verify.Model = e.verify }})
	}
	return config.Load(e.config, more)
}

// single are the ids that are watched, groups left out.
func single(r *rules.Rules) []string {
	var out []string
	for _, l := range r.Watched {
		if !l.Group {
			out = append(out, l.ID)
		}
	}
	return out
}

// strange says why a label of the truth is in no table.
func strange(label string, known []string) string {
	switch near := config.Nearest(label, known); {
	case slices.Contains(known, label):
		return fmt.Sprintf("label %q is not watched: not counted", label)
	case near != "":
		return fmt.Sprintf("label %q: the model does not know it: not counted; did you mean %s?", label, near)
	}
	return fmt.Sprintf("label %q: the model does not know it: not counted", label)
}

// inputs finds the recordings and their labels.
func (e *evalFlags) inputs() ([]streams.Input, error) {
	labelFiles := e.labels
	if len(labelFiles) > len(e.recordings) {
		return nil, e.Usage(fmt.Errorf("%d label files (--labels) for %d streams; want at most one each, in the same order", len(labelFiles), len(e.recordings)))
	}
	var out []streams.Input
	for i, arg := range e.recordings {
		paths, err := e.SoundFiles([]string{arg})
		if err != nil {
			return nil, e.BadSound(err)
		}
		in := streams.Input{Name: arg, Paths: paths}
		for _, path := range paths {
			file := ""
			if i < len(labelFiles) {
				file = labelFiles[i]
			} else if file, err = besides(path); err != nil {
				return nil, e.Usage(err)
			}
			refs, err := labelsOf(file, path)
			if err != nil {
				return nil, err
			}
			in.Labels = append(in.Labels, refs)
		}
		out = append(out, in)
	}
	for _, arg := range e.none {
		paths, err := e.SoundFiles([]string{arg})
		if err != nil {
			return nil, e.BadSound(err)
		}
		out = append(out, streams.Input{Name: arg, Paths: paths})
	}
	return out, nil
}

// labelNames are the endings of a label file beside a recording, in the order they are looked for.
var labelNames = []string{".tsv", ".json", ".txt"}

// besides is the label file that lies beside a recording.
func besides(path string) (string, error) {
	stem := strings.TrimSuffix(path, filepath.Ext(path))
	for _, ext := range labelNames {
		if _, err := os.Stat(stem + ext); err == nil {
			return stem + ext, nil
		}
	}
	return "", fmt.Errorf("stream %q: no label file beside it (%s with %s); name one with --labels, or give the recording with --none where nothing of the labels is in it",
		path, stem, strings.Join(labelNames, ", "))
}

func labelsOf(file, path string) ([]stream.Reference, error) {
	f, err := labels.Read(file)
	if err != nil {
		return nil, err
	}
	refs, ok := f.Of(path)
	if !ok {
		return nil, fmt.Errorf("label file %q says nothing about %q", file, filepath.Base(path))
	}
	if refs == nil {
		refs = []stream.Reference{}
	}
	return refs, nil
}

var errBoth = errors.New("--data and --stream are two measurements; give one of them")
