// Package card writes what a model file says about itself for people: the
// model card and the credits, as Markdown.
package card

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"earshot/gammatone"
	"earshot/infer"
	"earshot/train/acrnn"
	"earshot/train/head"
	"earshot/train/modelfile"
	"earshot/train/recipe"
	"earshot/verify"
)

// Card is a model and its decoded metadata.
type Card struct {
	Model      *infer.Model
	Front      gammatone.Config
	Provenance modelfile.Provenance
	Licence    modelfile.Licence
	Cost       *acrnn.Complexity // nil for networks that earshot did not make
	Attention  string
	Form       string               // fp32, fp16, int8, or "" where unknown
	Memory     *head.Memory         // nil: none
	Second     *verify.Head         // of the second opinion; nil: none
	Embedder   *infer.EmbedderModel // the second network, where it is at hand: set it before Markdown
	Curve      *verify.Curve
}

// Read decodes a model's metadata. What is not there stays zero; what is there
// and is not what earshot writes is an error.
func Read(m *infer.Model) (*Card, error) {
	c := &Card{Model: m, Form: modelfile.WeightForm(m.Bytes)}
	var err error
	if c.Front, err = gammatone.ParseFingerprint(m.FrontEnd); err != nil {
		return nil, fmt.Errorf("model %s: %w", m.Path, err)
	}
	for key, field := range map[string]struct {
		raw  json.RawMessage
		into any
	}{"provenance": {m.Provenance, &c.Provenance}, "licence": {m.Licence, &c.Licence}} {
		if err := json.Unmarshal(field.raw, field.into); err != nil {
			return nil, fmt.Errorf("model %s: metadata %q: %w", m.Path, key, err)
		}
	}
	if c.Memory, err = head.ReadMemory(m.Bytes); err != nil {
		return nil, fmt.Errorf("model %s: %w", m.Path, err)
	}
	if c.Second, c.Curve, err = modelfile.ReadVerify(m); err != nil {
		return nil, err
	}
	if a, _, err := modelfile.Import(m.Bytes); err == nil {
		cost := acrnn.Cost(a)
		c.Cost, c.Attention = &cost, a.Attention.String()
	}
	return c, nil
}

// Markdown writes the model card.
func (c *Card) Markdown(w io.Writer, title string) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Model card: %s\n\n", title)
	for _, section := range []func(io.Writer){c.summary, c.training, c.measured, c.second, c.frontEnd, c.labels, c.licences, c.limits} {
		section(&b)
	}
	_, err := w.Write(b.Bytes())
	return err
}

func (c *Card) summary(w io.Writer) {
	m := c.Model
	fmt.Fprintf(w, "Names everyday sounds in windows of %.2f s: an attention-based convolutional recurrent network\n"+
		"(ACRNN; Zhang, Xu, Zhang, Qiao, Cao, Neurocomputing 2020), trained by `earshot train`.\n\n", windowSeconds(c.Front))
	row := rows(w, "", "")
	row("Labels", fmt.Sprint(len(m.Labels)-count(m.Background != ""))+backgroundNote(m.Background))
	row("File", fmt.Sprintf("%.2f MB%s", float64(len(m.Bytes))/1e6, formNote(c.Form)))
	row("SHA-256", "`"+m.SHA256+"`")
	if c.Cost != nil {
		row("Network", fmt.Sprintf("%.2f M parameters, %.1f M multiply-accumulates a window, attention %s", float64(c.Cost.Params)/1e6, float64(c.Cost.MACs)/1e6, c.Attention))
	}
	if c.Memory != nil {
		row("Memory", fmt.Sprintf("%d windows of what it learned from, as its last layer saw them (%d numbers each): new labels are learned beside it", len(c.Memory.Labels), c.Memory.Width))
	}
	row("Contract", fmt.Sprintf("version %d: `window` float32 [N,%d,%d,%d] → `scores` [N,%d], `attention` [N,%d]", infer.ContractVersion, infer.Channels, infer.Bands, infer.Frames, len(m.Labels), m.Steps))
	fmt.Fprintln(w)
}

func windowSeconds(f gammatone.Config) float64 {
	return float64((f.WindowFrames-1)*f.HopSamples+f.FrameSamples) / float64(f.SampleRate)
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

func backgroundNote(label string) string {
	if label == "" {
		return ""
	}
	return fmt.Sprintf(", and `%s` for what is none of them", label)
}

func formNote(form string) string {
	switch form {
	case modelfile.FP16:
		return ", weights in fp16 (computed in fp32)"
	case modelfile.INT8:
		return ", convolutions in int8, other weights in fp16"
	case modelfile.FP32:
		return ", weights in fp32"
	}
	return ""
}

func (c *Card) training(w io.Writer) {
	p := c.Provenance
	fmt.Fprint(w, "## Training\n\n")
	if p.Recipe.Name == "" {
		fmt.Fprint(w, "The file does not say how it was trained.\n\n")
	} else {
		row := rows(w, "", "")
		row("Data", fmt.Sprintf("%s, folds %s: %d clips", p.Data, folds(p.Train), p.Clips))
		if len(p.Test) > 0 {
			row("Held out", "folds "+folds(p.Test))
		}
		if p.Init != "" {
			row("Started from", p.Init)
		}
		r := p.Recipe
		row("Recipe", fmt.Sprintf("%s: %s, rate %g (%s), batch %d, %d epochs = %d steps, decay %g, averaged weights %g, seed %d", r.Name, r.Optimiser, r.Rate, r.Schedule, r.Batch, r.Epochs, p.Steps, r.Decay, r.Average, p.Seed))
		if r.Frozen > 0 {
			row("Frozen", fmt.Sprintf("the first %d convolution layers, as they were in the network it started from", r.Frozen))
		}
		row("Augmentation", augmentation(r.Augment))
		row("Made", strings.TrimSpace(p.Date+" by earshot "+p.Build))
		if p.Converted != "" {
			row("Converted", p.Converted)
		}
		fmt.Fprintln(w)
	}
	if p.Note != "" {
		fmt.Fprintf(w, "%s\n\n", p.Note)
	}
}

// augmentation lists what a recipe varies.
func augmentation(a recipe.Augment) string {
	var s []string
	add := func(on bool, format string, v ...any) {
		if on {
			s = append(s, fmt.Sprintf(format, v...))
		}
	}
	add(a.Mix > 0, "between-class mixing of %.0f %% of the windows", 100*a.Mix)
	add(a.Splice > 0, "splices in time of %.0f %% of the others", 100*a.Splice)
	add(a.MixupAlpha > 0, "mixup Beta(%g, %g)", a.MixupAlpha, a.MixupAlpha)
	add(a.GainDB > 0, "gain ±%g dB", a.GainDB)
	add(a.Stretch > 0, "time scale ±%.0f %%", 100*a.Stretch)
	add(a.ShiftBands > 0, "pitch ±%g bands", a.ShiftBands)
	add(a.EqualiserDB > 0, "equaliser ±%g dB", a.EqualiserDB)
	add(a.Room > 0, "a room's reverberation on %.0f %%", 100*a.Room)
	add(a.Band > 0, "band limits on %.0f %%", 100*a.Band)
	add(a.Noise > 0, "background noise on %.0f %% at %g to %g dB", 100*a.Noise, a.NoiseMinSNR, a.NoiseMaxSNR)
	add(a.TimeMask > 0 || a.BandMask > 0, "masks of up to %d frames and %d bands", a.TimeMask, a.BandMask)
	add(a.Waveform, "stretched and pitch-shifted copies of the clips")
	add(a.RandomWindow, "windows anywhere")
	if len(s) == 0 {
		return "none"
	}
	return strings.Join(s, ", ")
}

func (c *Card) measured(w io.Writer) {
	p := c.Provenance
	fmt.Fprint(w, "## Measured\n\n")
	switch {
	case len(p.Validation) > 0:
		fmt.Fprintf(w, "On folds %s, which it did not learn from:\n\n", folds(p.Test))
		figures(w, p.Validation)
	case len(p.SiblingVal) > 0:
		fmt.Fprintf(w, "Nothing was held out when it learned, so nothing is left to measure it on. Its sibling %s,\n"+
			"which learned without folds %s, gave on those:\n\n", p.Sibling, folds(p.SiblingOn))
		figures(w, p.SiblingVal)
	default:
		fmt.Fprint(w, "The file holds no accuracy measured on recordings that it did not learn from; `earshot eval` measures one.\n\n")
	}
	from := "fitted on the held-out clips"
	if p.Sibling != "" {
		from = "taken from that sibling"
	}
	fmt.Fprintf(w, "Calibration temperature %.3g, already in the scores", c.Model.Temperature)
	if len(p.Validation)+len(p.SiblingVal) > 0 {
		fmt.Fprintf(w, " (%s)", from)
	}
	fmt.Fprint(w, ".\n\n")
}

// figures writes the metrics that Measure leaves in the provenance.
func figures(w io.Writer, v map[string]float64) {
	row := rows(w, "Figure", "Value")
	for _, f := range []struct{ key, name, format string }{
		{"clip_accuracy", "Clips named right (mean probability of a clip's windows)", "%.1f %%"},
		{"window_accuracy", "Windows named right", "%.1f %%"},
		{"macro_f1", "F1, mean over labels", "%.1f %%"},
		{"ece", "Expected calibration error, before the temperature", "%.1f %%"},
	} {
		if x, ok := v[f.key]; ok {
			row(f.name, fmt.Sprintf(f.format, 100*x))
		}
	}
	if n, ok := v["clips"]; ok {
		row("Clips measured", fmt.Sprintf("%.0f", n))
	}
	fmt.Fprintln(w)
}

func (c *Card) licences(w io.Writer) {
	fmt.Fprint(w, "## Licences of the recordings\n\n")
	if len(c.Licence.Licences) == 0 {
		fmt.Fprint(w, "The file does not say.\n\n")
		return
	}
	row := rows(w, "Licence", "Clips")
	for _, l := range slices.Sorted(maps.Keys(c.Licence.Licences)) {
		name := l
		if name == "" {
			name = "not stated"
		}
		row(name, fmt.Sprint(c.Licence.Licences[l]))
	}
	fmt.Fprintf(w, "\nRecordings that ask to be credited: %d; `earshot model --credits` lists them.\n\n", len(c.Licence.Credits))
}

func folds(f []int) string {
	if len(f) == 0 {
		return "none"
	}
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(f), " ", ", "), "[]")
}
