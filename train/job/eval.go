package job

import (
	"context"
	"fmt"
	"strings"

	"earshot/infer"
	"earshot/train/acrnn"
	"earshot/train/corpus"
	"earshot/train/dataset"
	"earshot/train/metrics"
	"earshot/train/modelfile"
	"earshot/train/report"
	"earshot/train/scoring"
)

// EvalOptions are an evaluation as the user asks for it.
type EvalOptions struct {
	Set      dataset.Options
	Folds    []int // nil: all
	Model    *infer.Model
	Hop      int
	All      bool     // every label of the model has a vote, not the data's alone
	Noise    bool     // the SNR ladder
	Bands    []string // also through these, as [scene.ParseBand] reads them
	CacheDir string
	Seed     uint64
	Threads  int
	Report   string

	Embedder *infer.EmbedderModel // for the second opinion of a model that has one; nil: leave it out
}

// Evaluation is what an evaluation found.
type Evaluation struct {
	Model       string              `json:"model"`
	SHA256      string              `json:"sha256"`
	Data        string              `json:"data"`
	Folds       []int               `json:"folds"`
	HopFrames   int                 `json:"hop_frames"`
	Result      *metrics.Result     `json:"result"`
	Temperature float64             `json:"fitted_temperature"` // beyond the one in the graph; 1 is calibrated
	SNR         []metrics.SNRPoint  `json:"snr,omitempty"`
	Bands       []metrics.BandPoint `json:"bands,omitempty"`
	Cost        *acrnn.Complexity   `json:"cost,omitempty"`
	MSPerWindow float64             `json:"ms_per_window"`
	Broken      int                 `json:"broken"`
	Second      *SecondFigures      `json:"second_opinion,omitempty"` // nil: the model has none
}

// Evaluate measures a model on labelled clips. The labels of the data that the
// model does not know are an error; those it knows beyond have no vote unless All is set.
func Evaluate(ctx context.Context, o EvalOptions, ui UI) (*Evaluation, error) {
	o.Set.MinLabels = 1
	set, err := dataset.Load(o.Set)
	if err != nil {
		return nil, err
	}
	if len(o.Folds) == 0 {
		o.Folds = set.FoldNumbers()
	}
	if err := knows(o.Model, set.Labels); err != nil {
		return nil, err
	}
	bar := ui.Bar("features")
	p, err := corpus.PrepareTest(ctx, set, o.Folds, corpus.Source{CacheDir: o.CacheDir, Progress: func(d, t int) { bar(d, t, "clips") }})
	if err != nil {
		return nil, err
	}
	tell(p.Broken, ui)
	p.Adopt(o.Model.Labels, o.Model.Names, o.Model.Background)
	if o.All {
		p.CountAll()
	}
	s, err := scoring.OfModel(o.Model, o.Threads)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	e := &Evaluation{Model: o.Model.Path, SHA256: o.Model.SHA256, Data: strings.Join(o.Set.Dirs, " + "), Folds: o.Folds, HopFrames: o.Hop, Broken: len(p.Broken)}
	bar = ui.Bar("scoring")
	m, err := scoring.Measure(ctx, s, p, scoring.MeasureOptions{Hop: o.Hop, Seed: o.Seed, Progress: func(d, t int) { bar(d, t, "clips") }})
	if err != nil {
		return nil, err
	}
	e.Result, e.Temperature = m.Result, m.Temperature
	e.MSPerWindow = m.Scoring.Seconds() * 1000 / float64(max(1, m.Result.Windows))
	if a, _, err := modelfile.Import(o.Model.Bytes); err == nil {
		cost := acrnn.Cost(a)
		e.Cost = &cost
	}
	ear, err := o.secondEar(p, ui)
	if err != nil {
		return nil, err
	}
	if e.Second, err = ear.figures(ctx, p.Held, m.Clips, nil, ui); err != nil {
		return nil, err
	}
	r := &robustness{scorer: s, ear: ear, prepared: p, hop: max(o.Hop, scoring.PaperHop), ui: ui}
	if r.hop != o.Hop && (o.Noise || len(o.Bands) > 0) {
		ui.Print("under noise and through bands at hop %d (half overlap)", r.hop)
	}
	if o.Noise {
		if e.SNR, err = r.noise(ctx, set, o); err != nil {
			return nil, err
		}
	}
	if e.Bands, err = r.bands(ctx, o.Bands); err != nil {
		return nil, err
	}
	if o.Report == "" {
		return e, nil
	}
	return e, report.Write(o.Report, report.Report{Title: "Evaluation of " + o.Model.Path, Subtitle: fmt.Sprintf("%s, folds %v", e.Data, e.Folds),
		Tiles: append([]report.Tile{{Name: "Clips right", Value: fmt.Sprintf("%.1f %%", 100*e.Result.ClipAccuracy), Note: fmt.Sprintf("%d clips, 95 %% interval %.1f–%.1f", e.Result.Clips, 100*e.Result.Low, 100*e.Result.High)},
			{Name: "Windows right", Value: fmt.Sprintf("%.1f %%", 100*e.Result.WindowAccuracy), Note: "1.5 s each"},
			{Name: "Calibration error", Value: fmt.Sprintf("%.1f %%", 100*e.Result.ECE), Note: "expected, over clips"}}, e.Second.tiles()...),
		Result: e.Result, Names: o.Model.Names, SNR: e.SNR, Clean: e.Result.ClipAccuracy, Tables: e.tables(), Panels: panels(m.Looks, m.Steps), Cost: e.Cost, Broken: p.Broken,
		Provenance: []report.Fact{{Name: "Model", Value: e.Model}, {Name: "SHA-256", Value: e.SHA256}, {Name: "Hop", Value: fmt.Sprintf("%d frames", e.HopFrames)}}})
}
