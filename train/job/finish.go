package job

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"earshot/infer"
	"earshot/internal/atomicfile"
	"earshot/train/acrnn"
	"earshot/train/card"
	"earshot/train/corpus"
	"earshot/train/head"
	"earshot/train/modelfile"
	"earshot/train/scoring"
)

// finish measures, exports and reports.
func (o Options) finish(ctx context.Context, out *Outcome, ui UI) error {
	p, front := out.Prepared, o.front()
	info := modelfile.Info{Labels: p.Labels, Names: p.Names, FrontEnd: front, Half: o.Half, Memory: out.memory, Taught: out.taughtLabels()}
	var err error
	if info.Licence, err = o.licence(out); err != nil {
		return err
	}
	if p.Background >= 0 {
		info.Background = p.Labels[p.Background]
	}
	prov := modelfile.Provenance{Recipe: o.Recipe, Data: o.dataName(), Train: o.Source.Train, Test: o.Source.Test, Clips: len(p.Train),
		Steps: out.Result.Steps, Seed: o.Seed, Init: o.startName(), Build: o.Build, Date: time.Now().UTC().Format(time.DateOnly), Note: o.Note}
	if len(out.missing) > 0 {
		info.Temperature = out.known.Temperature
	}
	switch {
	case len(p.Test) > 0:
		err = o.measure(ctx, out, &info, &prov, ui)
	case o.Calibrated != "":
		err = o.takeCalibration(&info, &prov)
	}
	if err != nil {
		return err
	}
	if len(out.missing) > 0 {
		info.Thresholds = keepThresholds(out, info.Thresholds)
	}
	if info.Memory == nil {
		if info.Memory, err = head.Remember(out.Arch, out.Result.Weights, front, &p.Data, nil, o.Seed, o.Graph.Threads); err != nil {
			return err
		}
	}
	info.Provenance = prov
	model, err := o.export(ctx, out, info, ui)
	if err != nil {
		return err
	}
	if o.Second.Embedder != nil {
		if model, err = o.second(ctx, out, model, info, ui); err != nil {
			return err
		}
	}
	if err := atomicfile.Write(o.Out, 0o644, func(w io.Writer) error { _, err := w.Write(model); return err }); err != nil {
		return err
	}
	ui.Print("model %s: %.2f MB, %d labels, %.1f minutes", o.Out, float64(len(model))/1e6, len(p.Labels), out.Minutes)
	out.Home.tell(ui)
	if o.Report == "" {
		return nil
	}
	if err := writeReport(o.Report, o.title(), out, prov); err != nil {
		return err
	}
	ui.Print("report %s", o.Report)
	return nil
}

// second gives the model its second opinion, from the same recordings and folds. Labels that a fine-tuning had no
// recordings of keep the rows that they had.
func (o Options) second(ctx context.Context, out *Outcome, model []byte, info modelfile.Info, ui UI) ([]byte, error) {
	m, err := infer.ParseModel(o.Out, model)
	if err != nil {
		return nil, err
	}
	p := out.Prepared
	s := &second{SecondOptions: o.Second, data: o.dataName(), train: o.Source.Train, test: o.Source.Test,
		learned: recordings(p.Learned, func(i int) string { return p.Labels[p.Train[i].Label] }),
		held:    recordings(p.Held, func(i int) string { return p.Labels[p.Test[i].Label] }),
		cache:   o.Source.CacheDir, threads: o.Graph.Threads, seed: o.Seed, build: o.Build, all: out.known != nil}
	s.Background = append(slices.Clone(s.Background), o.Source.QuietDirs...)
	for i := range p.Takes {
		for j := range s.learned {
			if s.learned[j].path == p.Takes[i].Clip.Path {
				s.learned[j].take = &p.Takes[i]
			}
		}
	}
	if out.atHome() {
		s.taught = &lesson{Taught: out.lesson, arch: out.Arch, info: info, fresh: newLabels(p)}
	}
	if s.Twin == "" {
		s.Twin = o.siblingWithSecond()
	}
	if len(out.missing) > 0 {
		if s.old, s.oldCurve, err = readSecond(out.known); err != nil {
			return nil, ModelError{err}
		}
		if s.old == nil {
			ui.Print("note: the model that it started from has no second opinion, so this one has it on %s alone", some(taught(p)))
		} else if s.old.Embedder != s.name() {
			ui.Print("note: the second opinion of the model that it started from is of %q, not of %q, and is not carried on", s.old.Embedder, s.name())
			s.old = nil
		}
	}
	if s.old != nil && !slices.ContainsFunc(taught(p), func(l string) bool { return s.old.Index(l) < 0 }) {
		ui.Print("note: the second opinion knows all these labels already, and stays as it was")
		return modelfile.CarryVerify(model, out.known)
	}
	got, err := s.make(ctx, m, ui)
	if err != nil {
		return nil, err
	}
	out.Second, out.Home = got.figure, got.home
	return got.bytes, nil
}

// siblingWithSecond is the model that calibration comes from, if it has a second opinion to take thresholds from.
func (o Options) siblingWithSecond() string {
	if o.Calibrated == "" || len(o.Source.Test) > 0 {
		return ""
	}
	if m, err := infer.LoadModel(o.Calibrated); err != nil || !modelfile.HasVerify(m) {
		return ""
	}
	return o.Calibrated
}

// measure fills what the held-out clips tell. Where only the head was learned,
// the temperature stays the old model's: a handful of clips cannot fit one.
func (o Options) measure(ctx context.Context, out *Outcome, info *modelfile.Info, prov *modelfile.Provenance, ui UI) error {
	s, err := scoring.New(out.Arch, out.Result.Weights, info.FrontEnd, o.Graph.Threads)
	if err != nil {
		return err
	}
	defer s.Close()
	bar, finding := ui.Bar("measuring"), ui.Bar("thresholds")
	m, err := scoring.Measure(ctx, s, out.Prepared, scoring.MeasureOptions{Hop: scoring.PaperHop, Seed: o.Seed, Temperature: info.Temperature, Thresholds: true, Quiet: min(60, o.Source.Quiet),
		Progress: func(d, t int) { bar(d, t, "clips") }, Finding: func(d, t int) { finding(d, t, "clips") }})
	if err != nil {
		return err
	}
	out.Measured = m
	info.Temperature, info.Thresholds = m.Temperature, m.Thresholds
	prov.Validation = map[string]float64{"clip_accuracy": m.Result.ClipAccuracy, "window_accuracy": m.Result.WindowAccuracy,
		"macro_f1": m.Result.MacroF1, "ece": m.Result.ECE, "clips": float64(m.Result.Clips)}
	ui.Print("clips %.1f %% right (%d clips, 95 %% interval %.1f–%.1f), windows %.1f %%, temperature %.2f",
		100*m.Result.ClipAccuracy, m.Result.Clips, 100*m.Result.Low, 100*m.Result.High, 100*m.Result.WindowAccuracy, m.Temperature)
	o.tellBefore(out, ui)
	return nil
}

// takeCalibration takes temperature and thresholds over from a sibling that
// was measured, and says so in the provenance.
func (o Options) takeCalibration(info *modelfile.Info, prov *modelfile.Provenance) error {
	m, err := infer.LoadModel(o.Calibrated)
	if err != nil {
		return ModelError{err}
	}
	info.Temperature, info.Thresholds = m.Temperature, map[string]infer.Threshold{}
	for l, t := range m.Thresholds {
		if slices.Contains(info.Labels, l) {
			info.Thresholds[l] = t
		}
	}
	c, err := card.Read(m)
	if err != nil {
		return ModelError{err}
	}
	prov.Sibling = fmt.Sprintf("%s (SHA-256 %.12s…)", o.Calibrated, m.SHA256)
	prov.SiblingVal, prov.SiblingOn = c.Provenance.Validation, c.Provenance.Test
	return nil
}

// keepThresholds puts the old model's switching points in place of ones measured on clips that were not there.
func keepThresholds(out *Outcome, found map[string]infer.Threshold) map[string]infer.Threshold {
	t := maps.Clone(found)
	if t == nil {
		t = map[string]infer.Threshold{}
	}
	for _, l := range out.missing {
		t[l] = out.known.Thresholds[l]
	}
	return t
}

// export writes the model's bytes; an int8 one is calibrated and measured beside the float one.
func (o Options) export(ctx context.Context, out *Outcome, info modelfile.Info, ui UI) ([]byte, error) {
	p := out.Prepared
	q, err := o.spans(ctx, out, info)
	if err != nil {
		return nil, err
	}
	if info.Spans = q; !o.Int8 {
		return modelfile.Export(out.Arch, out.Result.Weights, info)
	}
	float, err := modelfile.Export(out.Arch, out.Result.Weights, info)
	if err != nil {
		return nil, err
	}
	info.Quant = q
	small, err := modelfile.Export(out.Arch, out.Result.Weights, info)
	if err != nil {
		return nil, err
	}
	a, err := infer.ParseModel("fp16 form", float)
	if err != nil {
		return nil, err
	}
	b, err := infer.ParseModel("int8 form", small)
	if err != nil {
		return nil, err
	}
	c := &Conversion{From: Variant{Form: modelfile.FP16, Bytes: len(float)}, To: Variant{Form: modelfile.INT8, Bytes: len(small)}}
	var test *corpus.Prepared
	if len(p.Test) > 0 {
		test = p
	}
	if err := c.compare(ctx, a, b, test, o.Graph.Threads, ui); err != nil {
		return nil, err
	}
	c.Print(ui)
	return small, nil
}

// spans are those of the activations on the clips that taught. Where the old labels' clips were not there, the convolutions
// stayed as they were, and so do their spans.
func (o Options) spans(ctx context.Context, out *Outcome, info modelfile.Info) (acrnn.Quantisation, error) {
	if len(out.missing) > 0 {
		return modelfile.Spans(out.known)
	}
	return modelfile.Calibrate(ctx, out.Arch, out.Result.Weights, info.FrontEnd, out.Prepared.Train, o.Seed, o.Graph.Threads)
}
