package learn

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"earshot/infer"
	"earshot/infer/builtin"
	"earshot/infer/repository"
	"earshot/train/card"
	"earshot/train/job"
)

// modelFlags are the flags of model.
type modelFlags struct {
	Shell
	dataFlags
	credits, asJSON bool
	second          secondFlags
	verify          bool
	background      []string
	twin            string
	convert, out    string
	folds, test     []int
	export          string
	precision       string
}

// model is the command that shows and converts.
func (s Shell) model() *cobra.Command {
	f := &modelFlags{Shell: s}
	c := &cobra.Command{
		Use:   "model [FILE|builtin]",
		Short: "Show what a model says about itself, or convert it to another form",
		Long: `model prints the card of a model as Markdown: what it learned from and how, how
accurate it was measured to be, its labels with their thresholds, and what it is
not fit for. Without a name it is the model in this binary.

With --convert the model is written in another form: fp32, fp16 (half the bytes,
same speed) or int8 (convolutions in eight bits: faster on processors with VNNI
or dot-product instructions). int8 needs recordings to measure the network's
activations on. With --test both forms are measured on those folds. A model that
lacks the memory of its labels, by which "earshot train --init" adds others, gets
it from the recordings.

With --export-triton the model is written into a folder as inference servers want to
find it, NVIDIA Triton and, by the ovms.json beside it, OpenVINO Model Server; with
--precision fp16 it takes windows of half the bytes. inference.remote in the
configuration then lets it run there.

With --verify the model is written with a second opinion: a head on a second
network's view of the recordings, which is asked before a label switches on. The
network itself stays byte for byte as it was, so it takes minutes.`,
		Example: `  earshot model
  earshot model home.onnx --json
  earshot model builtin --credits > CREDITS.md
  earshot model builtin --convert int8 --data esc50 --folds 1,2,3 --test 4 -o esc50-int8.onnx
  earshot model builtin --export-triton /srv/models
  earshot model home.onnx --verify --data my-sounds --data esc50 --background my-rooms --tune my-evenings -o home2.onnx`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return f.Usage(fmt.Errorf("model takes one file; found %q", args))
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			path := ""
			if len(args) == 1 {
				path = args[0]
			}
			return f.run(c, path)
		},
	}
	f.add(c)
	flags := c.Flags()
	flags.BoolVar(&f.credits, "credits", false, "print whom the recordings are from, as Markdown")
	flags.BoolVar(&f.asJSON, "json", false, "print the metadata as JSON")
	flags.StringVar(&f.convert, "convert", "", "write the model with its weights in fp32, fp16 or int8")
	flags.StringVarP(&f.out, "out", "o", "", "with --convert or --verify: model file to write")
	flags.IntSliceVar(&f.folds, "folds", nil, "with --convert int8: folds to measure activations on; with --verify: to learn from (default: all but --test)")
	flags.IntSliceVar(&f.test, "test", nil, "with --convert: folds to compare accuracy on; with --verify: to find thresholds on and to measure")
	flags.StringVar(&f.export, "export-triton", "", "write the model into this folder, ready for an inference server")
	flags.StringVar(&f.precision, "precision", "fp32", "with --export-triton: windows are sent to it in fp32 or fp16")
	flags.BoolVar(&f.verify, "verify", false, "write the model with a second opinion, learned from --data and --background")
	flags.StringSliceVar(&f.background, "background", nil, "with --verify: folders with recordings of what is none of the labels")
	flags.StringVar(&f.twin, "calibrate-with", "", "with --verify, without --test: a model whose held-out clips say which thresholds leave enough of them heard")
	f.second.add(flags)
	return c
}

func (f *modelFlags) run(c *cobra.Command, path string) error {
	asked := 0
	for _, yes := range []bool{f.credits, f.asJSON, f.convert != "", f.verify, f.export != ""} {
		if yes {
			asked++
		}
	}
	if asked > 1 {
		return f.Usage(errors.New("--credits, --json, --convert, --export-triton and --verify: want one of them"))
	}
	m, err := f.Model(path)
	if err != nil {
		return f.BadModel(err)
	}
	if f.verify {
		return f.writeVerified(c, m)
	}
	for _, name := range []string{"background", "tune", "false-alarms", "calibrate-with"} {
		if c.Flags().Changed(name) {
			return f.Usage(fmt.Errorf("--%s goes with --verify", name))
		}
	}
	if f.export != "" {
		return f.writeRepository(c, m)
	}
	if c.Flags().Changed("precision") {
		return f.Usage(errors.New("--precision goes with --export-triton"))
	}
	if f.convert != "" {
		return f.write(c, m)
	}
	for _, name := range []string{"out", "folds", "test", "data"} {
		if c.Flags().Changed(name) {
			return f.Usage(fmt.Errorf("--%s goes with --convert or --verify", name))
		}
	}
	if f.asJSON {
		return f.PrintJSON(c.OutOrStdout(), metadata(m))
	}
	k, err := card.Read(m)
	if err != nil {
		return f.BadModel(err)
	}
	if f.credits {
		return k.Credits(c.OutOrStdout())
	}
	if k.Embedder, err = embedder(); err != nil {
		return f.BadModel(err)
	}
	return k.Markdown(c.OutOrStdout(), modelTitle(m))
}

// modelTitle heads a model's card.
func modelTitle(m *infer.Model) string {
	if bytes.Equal(m.Bytes, builtin.Default()) {
		return builtin.Name
	}
	return m.Path
}

// writeRepository writes m for inference servers.
func (f *modelFlags) writeRepository(c *cobra.Command, m *infer.Model) error {
	if f.precision != "fp32" && f.precision != "fp16" {
		return f.Usage(fmt.Errorf("--precision: %q: want fp32 or fp16", f.precision))
	}
	folder, err := repository.Write(f.export, m, f.precision == "fp16")
	if err != nil {
		return f.exit(err)
	}
	fmt.Fprintf(c.OutOrStdout(), "%s: %d labels, windows in %s, batches of up to %d\n", folder, len(m.Labels), f.precision, repository.MaxBatch)
	return nil
}

// write converts m and compares both forms.
func (f *modelFlags) write(c *cobra.Command, m *infer.Model) error {
	o := job.ConvertOptions{Model: m, Form: f.convert, Out: f.out, Set: f.set(), Folds: f.folds, Test: f.test, CacheDir: f.cache, Seed: f.seed, Threads: f.threads}
	if err := o.Validate(); err != nil {
		return f.Usage(err)
	}
	if err := infer.Init(f.library); err != nil {
		return f.BadModel(err)
	}
	ctx := c.Context()
	ui := newUI(c.ErrOrStderr(), c.OutOrStdout())
	done, err := job.Convert(ctx, o, ui)
	if err != nil {
		return f.exit(err)
	}
	done.Print(ui)
	return nil
}

// writeVerified writes m with a second opinion.
func (f *modelFlags) writeVerified(c *cobra.Command, m *infer.Model) error {
	second, err := f.second.options()
	if err != nil {
		return f.Usage(err)
	}
	second.Background, second.Twin = f.background, f.twin
	o := job.VerifyOptions{SecondOptions: second, Model: m, Out: f.out, Set: f.set(), Folds: f.folds, Test: f.test, CacheDir: f.cache,
		Seed: f.seed, Threads: f.threads, Build: f.Build}
	if err := o.Validate(); err != nil {
		return f.Usage(err)
	}
	if err := infer.Init(f.library); err != nil {
		return f.BadModel(err)
	}
	ctx := c.Context()
	_, err = job.Verify(ctx, o, newUI(c.ErrOrStderr(), c.OutOrStdout()))
	return f.exit(err)
}

// metadata is all that a model says about itself, for JSON.
func metadata(m *infer.Model) map[string]any {
	return map[string]any{"contract": infer.ContractVersion, "path": m.Path, "sha256": m.SHA256, "bytes": len(m.Bytes),
		"labels": m.Labels, "names": m.Names, "front_end": json.RawMessage(m.FrontEnd), "thresholds": m.Thresholds,
		"temperature": m.Temperature, "background": m.Background, "attention_steps": m.Steps, "provenance": m.Provenance, "licence": m.Licence}
}
