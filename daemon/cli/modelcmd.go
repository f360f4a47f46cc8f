package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"earshot/infer"
	"earshot/infer/builtin"
	"earshot/train/card"
	"earshot/train/job"
)

// modelFlags are the flags of model.
type modelFlags struct {
	dataFlags
	credits, asJSON bool
	convert, out    string
	folds, test     []int
}

func newModelCmd() *cobra.Command {
	f := &modelFlags{}
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
it from the recordings.`,
		Example: `  earshot model
  earshot model home.onnx --json
  earshot model builtin --credits > CREDITS.md
  earshot model builtin --convert int8 --data esc50 --folds 1,2,3 --test 4 -o esc50-int8.onnx`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage(fmt.Errorf("model takes one file; found %q", args))
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
	f.addData(c)
	s := c.Flags()
	s.BoolVar(&f.credits, "credits", false, "print whom the recordings are from, as Markdown")
	s.BoolVar(&f.asJSON, "json", false, "print the metadata as JSON")
	s.StringVar(&f.convert, "convert", "", "write the model with its weights in fp32, fp16 or int8")
	s.StringVarP(&f.out, "out", "o", "", "with --convert: model file to write")
	s.IntSliceVar(&f.folds, "folds", nil, "with --convert int8: folds to measure activations on (default: all but --test)")
	s.IntSliceVar(&f.test, "test", nil, "with --convert: folds to compare accuracy on")
	return c
}

func (f *modelFlags) run(c *cobra.Command, path string) error {
	if f.credits && f.asJSON || f.convert != "" && (f.credits || f.asJSON) {
		return usage(errors.New("--credits, --json and --convert: want one of them"))
	}
	m, err := loadModel(path)
	if err != nil {
		return fail(exitModel, err)
	}
	if f.convert != "" {
		return f.write(c, m)
	}
	for _, name := range []string{"out", "folds", "test", "data"} {
		if c.Flags().Changed(name) {
			return usage(fmt.Errorf("--%s goes with --convert", name))
		}
	}
	if f.asJSON {
		return printMetadata(c.OutOrStdout(), m)
	}
	k, err := card.Read(m)
	if err != nil {
		return fail(exitModel, err)
	}
	if f.credits {
		return k.Credits(c.OutOrStdout())
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

// write converts m and compares both forms.
func (f *modelFlags) write(c *cobra.Command, m *infer.Model) error {
	o := job.ConvertOptions{Model: m, Form: f.convert, Out: f.out, Set: f.set(), Folds: f.folds, Test: f.test, CacheDir: f.cache, Seed: f.seed, Threads: f.threads}
	if err := o.Validate(); err != nil {
		return usage(err)
	}
	if err := infer.Init(f.library); err != nil {
		return fail(exitModel, err)
	}
	ctx, stop := signal.NotifyContext(c.Context(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	ui := newJobUI(c.ErrOrStderr(), c.OutOrStdout())
	done, err := job.Convert(ctx, o, ui)
	if err != nil {
		return trainingError(err)
	}
	done.Print(ui)
	return nil
}

// trainingError gives an error of a job its exit code.
func trainingError(err error) error {
	var bad job.ModelError
	var broken *infer.ContractError
	if errors.As(err, &bad) || errors.As(err, &broken) {
		return fail(exitModel, err)
	}
	return classifyError(err)
}

// printMetadata prints a model's metadata as one JSON object.
func printMetadata(w io.Writer, m *infer.Model) error {
	return printJSON(w, map[string]any{"contract": infer.ContractVersion, "path": m.Path, "sha256": m.SHA256, "bytes": len(m.Bytes),
		"labels": m.Labels, "names": m.Names, "front_end": json.RawMessage(m.FrontEnd), "thresholds": m.Thresholds,
		"temperature": m.Temperature, "background": m.Background, "attention_steps": m.Steps, "provenance": m.Provenance, "licence": m.Licence})
}
