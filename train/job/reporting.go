package job

import (
	"fmt"
	"math"

	"earshot/train"
	"earshot/train/acrnn"
	"earshot/train/modelfile"
	"earshot/train/report"
	"earshot/train/scoring"
)

// writeReport fills the HTML report of one training.
func writeReport(path, title string, out *Outcome, prov modelfile.Provenance) error {
	p := out.Prepared
	cost := acrnn.Cost(out.Arch)
	r := report.Report{Title: title, Subtitle: fmt.Sprintf("recipe %s, folds %v, seed %d", prov.Recipe.Name, prov.Train, prov.Seed),
		Runs: []report.Run{curve("training", out.Result.History)}, Names: p.Names, Cost: &cost,
		Licences: p.Set.Licences(), Credits: modelfile.LicenceOf("", p.Learned).Credits, Broken: p.Broken, Warnings: p.Set.Warnings,
		Provenance: provenanceFacts(prov, out)}
	if m := out.Measured; m != nil {
		r.Result, r.Panels, r.Clean = m.Result, panels(m.Looks, m.Steps), m.Result.ClipAccuracy
		r.Steps = stepsText(out.Arch, m.Steps)
		r.Tiles = []report.Tile{
			{Name: "Clips right", Value: fmt.Sprintf("%.1f %%", 100*m.Result.ClipAccuracy), Note: fmt.Sprintf("%d clips of folds %v", m.Result.Clips, prov.Test)},
			{Name: "Windows right", Value: fmt.Sprintf("%.1f %%", 100*m.Result.WindowAccuracy), Note: "1.5 s each"},
			{Name: "Calibration error", Value: fmt.Sprintf("%.1f %%", 100*m.Result.ECE), Note: fmt.Sprintf("before temperature %.2f", m.Temperature)},
			{Name: "Learned in", Value: fmt.Sprintf("%.0f min", out.Minutes), Note: fmt.Sprintf("%d steps", out.Result.Steps)},
		}
	}
	r.Tiles = append(r.Tiles, out.Second.tiles()...)
	return report.Write(path, r)
}

func stepsText(a acrnn.Arch, steps int) string {
	return fmt.Sprintf("Attention %s weighs %d steps a window.", a.Attention, steps)
}

func provenanceFacts(prov modelfile.Provenance, out *Outcome) []report.Fact {
	return []report.Fact{
		{Name: "Data", Value: prov.Data}, {Name: "Training folds", Value: fmt.Sprint(prov.Train)}, {Name: "Test folds", Value: fmt.Sprint(prov.Test)},
		{Name: "Clips learned from", Value: fmt.Sprint(prov.Clips)}, {Name: "Steps", Value: fmt.Sprint(prov.Steps)},
		{Name: "Recipe", Value: fmt.Sprintf("%+v", prov.Recipe)}, {Name: "Seed", Value: fmt.Sprint(prov.Seed)},
		{Name: "Started from", Value: orNone(prov.Init)}, {Name: "Network", Value: fmt.Sprintf("%d parameters, attention %s", out.Arch.Size(), out.Arch.Attention)},
		{Name: "Build", Value: prov.Build}, {Name: "Date", Value: prov.Date},
	}
}

func orNone(s string) string {
	if s == "" {
		return "random weights"
	}
	return s
}

// curve turns a training's history into a line of the report.
func curve(name string, history []train.Epoch) report.Run {
	r := report.Run{Name: name}
	for _, e := range history {
		p := report.Point{Epoch: float64(e.Epoch), Loss: e.Loss, Accuracy: math.NaN()}
		if e.Measured {
			p.Accuracy = e.Accuracy
		}
		r.Points = append(r.Points, p)
	}
	return r
}

// panels are looks as the report draws them.
func panels(looks []scoring.Look, steps int) []report.Panel {
	out := make([]report.Panel, len(looks))
	for i, l := range looks {
		out[i] = report.Panel{Label: l.Label, Clip: l.Clip, Log: l.Log, Attention: report.OverFrames(l.Attention, steps, l.Starts, l.Frames), Named: l.Named, Score: l.Score}
	}
	return out
}
