package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"earshot/daemon/bench"
	"earshot/daemon/engine"
	"earshot/infer"

	"github.com/spf13/cobra"
)

// benchParts are what "earshot bench" measures, in this order: the child process first, while this one is idle.
var benchParts = []string{"live", "front", "inference", "verify", "pipeline", "latency"}

// benchAsked are measured only when asked for: they take long, or much of the machine.
var benchAsked = []string{"train", "soak"}

// trainSteps are timed by "earshot bench train".
const trainSteps = 15

type benchFlags struct {
	settings
	asJSON bool
	quick  bool
	soak   time.Duration
	fast   bool
	device string
}

func newBenchCmd() *cobra.Command {
	var flags benchFlags
	all := slices.Concat(benchParts, benchAsked)
	c := &cobra.Command{
		Use:   "bench [" + strings.Join(all, "|") + "]…",
		Short: "Measure speed, latency and memory on this machine",
		Long: `Measures and prints:

  live       processor share and memory of one live stream, in a process of its own
  front      the front end beside the bare FFT of the same library
  inference  the network: a window by batch size and threads
  verify     the second network: a patch, and what a candidate costs by its new patches
  pipeline   file to broker as fast as possible: live streams that a core can serve
  latency    last sample of a window in the ring to its message at an MQTT subscriber
  train      (only when asked for) a training step at batch 64, and where its time goes
  soak       (only when asked for) memory, goroutines and descriptors with everything on

Nothing is asserted; the aims are printed beside. About a minute in all.`,
		ValidArgs: all,
		Args: func(_ *cobra.Command, args []string) error {
			for _, a := range args {
				if !slices.Contains(all, a) {
					return usage(fmt.Errorf("cannot measure %q; want one of %s", a, strings.Join(all, ", ")))
				}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return runBench(c, args, &flags) },
	}
	flags.addTo(c)
	c.Flags().BoolVar(&flags.asJSON, "json", false, "print one JSON object a figure")
	c.Flags().DurationVar(&flags.soak, "length", 30*time.Minute, "how long to soak")
	c.Flags().BoolVar(&flags.fast, "fast", false, "soak as fast as the machine goes instead of in real time")
	c.Flags().StringVar(&flags.device, "device", "", "a microphone to soak with besides (see earshot devices)")
	c.Flags().BoolVar(&flags.quick, "quick", false, "a tenth of the time, for a first look")
	return c
}

// secondIn tells beside a measurement of the whole whether the second network was in it.
func secondIn(part string, s engine.Second) string {
	switch part {
	case "live", "pipeline", "latency":
		return ", second opinion " + s.String()
	}
	return ""
}

func runBench(c *cobra.Command, parts []string, flags *benchFlags) error {
	f, err := flags.load(c)
	if err != nil {
		return err
	}
	m, front, err := engine.Load(f.Config.Model.Path, builtInModel)
	if err != nil {
		return fail(exitModel, err)
	}
	second, err := engine.LoadSecond(m, front, f.Config.Verify.Model)
	if err != nil {
		return fail(exitModel, err)
	}
	dir, err := os.MkdirTemp("", "earshot-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	context.AfterFunc(c.Context(), func() { _ = os.RemoveAll(dir) }) // for a part that does not end in time
	setup := bench.Setup{Context: c.Context(), BuiltIn: builtInModel, Model: f.Config.Model.Path, Library: f.Config.Inference.Library, Dir: dir, Verify: f.Config.Verify.Model}
	scale := time.Duration(10)
	if flags.quick {
		scale = 1
	}
	if len(parts) == 0 {
		parts = benchParts
	}
	for _, part := range parts {
		var rows []bench.Row
		switch part {
		case "live":
			rows, err = setup.Live(scale * 1500 * time.Millisecond)
		case "front":
			rows = bench.FrontEnd(scale * 500 * time.Millisecond)
		case "inference":
			if err = infer.Init(f.Config.Inference.Library); err == nil {
				rows, err = bench.Inference(m, f.Config.Inference.Provider, scale*time.Second)
			}
		case "verify":
			if err = infer.Init(f.Config.Inference.Library); err == nil {
				rows, err = bench.Verify(second, f.Config.Inference.Provider, scale*300*time.Millisecond)
			}
		case "pipeline":
			rows, err = setup.Pipeline(scale * 60 * time.Second)
		case "train":
			if err = infer.Init(f.Config.Inference.Library); err == nil {
				rows, err = bench.Train(f.Config.Inference.Provider, f.Config.Inference.DeviceID, 0, trainSteps)
			}
		case "soak":
			rows, err = setup.Soak(flags.soak, flags.fast, flags.device, c.ErrOrStderr())
		case "latency":
			rows, err = setup.Latency(scale * 2 * time.Second)
		}
		if err != nil {
			return fmt.Errorf("bench %s: %w", part, classifyError(err))
		}
		if !flags.asJSON {
			bench.Print(c.OutOrStdout(), part+secondIn(part, second), rows)
			continue
		}
		for _, r := range rows {
			if err := json.NewEncoder(c.OutOrStdout()).Encode(r); err != nil {
				return err
			}
		}
	}
	return nil
}
