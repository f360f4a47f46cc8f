package job

import (
	"fmt"

	"earshot/train/acrnn"
	"earshot/train/dataset"
	"earshot/train/piczak"
)

// costs writes the table of what the networks cost, for as many labels as the data has.
func (o Options) costs(path string, ui UI) error {
	set, err := dataset.Load(o.Source.Set)
	if err != nil {
		return err
	}
	labels := len(set.Labels)
	ours, err := acrnn.New(labels, o.Width, o.Attention)
	if err != nil {
		return err
	}
	theirs, err := piczak.New(labels, o.Width)
	if err != nil {
		return err
	}
	c, p := acrnn.Cost(ours), piczak.Cost(theirs)
	text := fmt.Sprintf("What acrnn costs, a window of 1.5 s (%d×%d×2):\n\n", ours.Bands, ours.Frames) + costHead
	for _, l := range c.Layers {
		text += costRow(l.Name, l.Output, l.Params, l.MACs)
	}
	text += costRow("all", fmt.Sprintf("%d labels", labels), c.Params, c.MACs)
	text += fmt.Sprintf("\nBy the paper's convention %d parameters and %d FLOPs. %s\n\n", c.PaperParams, c.PaperFLOPs, acrnn.PaperNote)
	text += fmt.Sprintf("What piczak costs, a segment of %.2f s (%d×%d×2):\n\n", float64(piczak.SegmentSamples)/piczak.SampleRate, theirs.Bands, theirs.Frames) + costHead
	for _, l := range p.Layers {
		text += costRow(l.Name, l.Output, l.Params, l.MACs)
	}
	text += costRow("all", fmt.Sprintf("%d labels", labels), p.Params, p.MACs)
	text += fmt.Sprintf("\nWith 4 bands kept and 10 classes %d parameters. %s\n", p.PaperParams, piczak.PaperNote)
	if err := writeText(path, text); err != nil {
		return err
	}
	ui.Print("%s\n%s", path, text)
	return nil
}

const costHead = "| layer | output | parameters | multiplications |\n|---|---|---|---|\n"

func costRow(name, output string, params int, macs int64) string {
	return fmt.Sprintf("| %s | %s | %d | %d |\n", name, output, params, macs)
}
