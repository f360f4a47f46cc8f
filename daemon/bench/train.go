package bench

import (
	"fmt"

	"earshot/infer"
	"earshot/train/acrnn"
)

// trainBatch is the batch of the default recipe, and trainClasses ESC-50's labels with the background.
const (
	trainBatch   = 64
	trainClasses = 51
)

// Train measures a training step of the paper's network at batch 64 on random numbers, and where its time goes.
func Train(provider string, deviceID, threads, steps int) ([]Row, error) {
	if provider == "auto" {
		provider = "cpu"
	}
	arch, err := acrnn.New(trainClasses, 1, acrnn.Attention{Layer: 10})
	if err != nil {
		return nil, err
	}
	options := infer.GraphOptions{Provider: provider, DeviceID: deviceID, Threads: threads}
	step := acrnn.StepOptions{Batch: trainBatch, Block: acrnn.FindBlock(options), Optimiser: acrnn.AdamW, ClipNorm: 5, Momentum: 0.9}
	timing, err := acrnn.Profile(arch, step, options, steps)
	if err != nil {
		return nil, err
	}
	rows := []Row{
		{fmt.Sprintf("a training step, batch %d, median of %d", trainBatch, steps), timing.Median, "s", "< 0.72 on the reference machine", ""},
		{"the quickest of them", timing.Min, "s", "", ""},
	}
	for _, s := range timing.Shares {
		rows = append(rows, Row{Name: "of it in " + s.Name, Value: 100 * (s.Forward + s.Backward), Unit: "%",
			Note: fmt.Sprintf("forward %.1f, backward %.1f", 100*s.Forward, 100*s.Backward)})
	}
	return rows, nil
}
