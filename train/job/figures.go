package job

import (
	"context"
	"fmt"
	"math"
	"slices"

	"earshot/infer"
	"earshot/train/corpus"
	"earshot/train/dataset"
	"earshot/train/features"
	"earshot/train/metrics"
	"earshot/train/modelfile"
	"earshot/train/opinion"
	"earshot/train/opinion/tune"
	"earshot/train/report"
	"earshot/train/scoring"
	"earshot/verify"
)

// SecondFigures are clip accuracies of the second opinion beside the first network's.
type SecondFigures struct {
	Embedder string          `json:"embedder"`
	First    float64         `json:"first_clip_accuracy"` // the first network alone, by the paper's rule
	Second   *metrics.Result `json:"second"`              // the head alone: mean log-probability of a clip's sounding patches
	Both     *metrics.Result `json:"both"`                // mean of both logarithms
}

// summary is what a model file says of them.
func (f *SecondFigures) summary() map[string]float64 {
	return map[string]float64{"clips": float64(f.Second.Clips), "first_clip_accuracy": f.First,
		"second_clip_accuracy": f.Second.ClipAccuracy, "both_clip_accuracy": f.Both.ClipAccuracy}
}

func (f *SecondFigures) String() string {
	return fmt.Sprintf("clips right: first network alone %.1f %%, second alone %.1f %%, both %.1f %% (%d clips)",
		100*f.First, 100*f.Second.ClipAccuracy, 100*f.Both.ClipAccuracy, f.Second.Clips)
}

// readSecond is the head that a model carries, and what its thresholds cost; nil where there is none.
func readSecond(m *infer.Model) (*verify.Head, *verify.Curve, error) { return modelfile.ReadVerify(m) }

// compared collects clips' scores of both networks.
type compared struct {
	labels              []string
	keep                []bool
	first, second, both []metrics.Clip
}

// add takes a clip's first scores (windows, K) and what the head makes of its patches.
func (c *compared) add(name string, label int, windows []float32, h *verify.Head, rows []int, r *opinion.Recording) {
	k := len(rows)
	p1, p2, noise := metrics.Mean(windows, k), opinion.Mean(h, r), opinion.Noise(h, r)
	second, both := make([]float32, k), make([]float32, k)
	sum := 0.0
	for i, row := range rows {
		p, q, half := max(p1[i], least), least, 0.5 // the second network's share of the evidence
		if row >= 0 {
			q = max(p2[row], least)
			if q < p {
				half *= 1 - noise[row] // noise covers sounds and makes none
			}
		}
		second[i] = float32(q)
		p = math.Pow(q, half) * math.Pow(p, 1-half)
		both[i], sum = float32(p), sum+p
	}
	for i := range both {
		both[i] = float32(float64(both[i]) / sum)
	}
	c.first = append(c.first, metrics.Clip{Name: name, Label: label, Scores: windows})
	c.second = append(c.second, metrics.Clip{Name: name, Label: label, Scores: second})
	c.both = append(c.both, metrics.Clip{Name: name, Label: label, Scores: both})
}

// least keeps a logarithm finite.
const least = 1e-9

func (c *compared) figures(embedder string) (*SecondFigures, error) {
	first, err := metrics.Evaluate(c.labels, c.keep, c.first)
	if err != nil {
		return nil, err
	}
	f := &SecondFigures{Embedder: embedder, First: first.ClipAccuracy}
	if f.Second, err = metrics.Evaluate(c.labels, c.keep, c.second); err != nil {
		return nil, err
	}
	f.Both, err = metrics.Evaluate(c.labels, c.keep, c.both)
	return f, err
}

// knows says whether any recording carries a label.
func (s *second) knows(label string) bool {
	is := func(r recorded) bool { return r.label == label }
	return slices.ContainsFunc(s.learned, is) || slices.ContainsFunc(s.held, is)
}

// heldOut measures the head on the held-out clips, and counts the thresholds that they reach at two phases against
// the daemon's windows.
func (s *second) heldOut(ctx context.Context, m *infer.Model, scorer *scoring.Scorer, h *verify.Head, counter *tune.Counter, ui UI) (*SecondFigures, error) {
	index := map[string]int{}
	for i, l := range m.Labels {
		index[l] = i
	}
	var items []opinion.Item
	keep := make([]bool, len(m.Labels))
	for _, r := range s.held {
		items = append(items, opinion.Item{Path: r.path})
	}
	for i, l := range m.Labels {
		keep[i] = l != m.Background && (s.all || s.knows(l))
	}
	recordings, broken, err := opinion.Load(ctx, items, s.options(ui.Bar("second opinion: held-out clips"), 0))
	if err != nil {
		return nil, err
	}
	tell(broken, ui)
	rows, c := tune.Rows(h, m.Labels), &compared{labels: m.Labels, keep: keep}
	for i, r := range recordings {
		if r == nil {
			continue
		}
		clips, _, err := features.LoadContext(ctx, pathOnly(s.held[i].path), features.Options{CacheDir: s.cache, Workers: 1})
		if err != nil {
			return nil, err
		}
		label := index[s.held[i].label]
		for _, phase := range []int{0, scoring.HeardHop / 2} {
			t, err := heard(ctx, scorer, h, clips[0], r, phase)
			if err != nil {
				return nil, err
			}
			counter.HeldOut(t, label)
		}
		windows, _, _, err := scorer.Windows(clips[0], scoring.PaperHop)
		if err != nil {
			return nil, err
		}
		c.add(s.held[i].path, label, windows, h, rows, r)
	}
	f, err := c.figures(h.Embedder)
	if err == nil {
		ui.Print("second opinion: %s", f)
	}
	return f, err
}

// secondEar measures a model's second opinion on clips; nil: it has none.
type secondEar struct {
	head   *verify.Head
	rows   []int
	labels []string
	keep   []bool
	second *second
}

// secondEar reads the model's head; nil where it has none that this program can ask.
func (o EvalOptions) secondEar(p *corpus.Prepared, ui UI) (*secondEar, error) {
	if o.Embedder == nil {
		return nil, nil
	}
	h, _, err := readSecond(o.Model)
	if err != nil {
		return nil, ModelError{err}
	}
	if h == nil {
		return nil, nil
	}
	s := &second{SecondOptions: SecondOptions{Embedder: o.Embedder}, cache: o.CacheDir, threads: o.Threads}
	if h.Embedder != s.name() {
		ui.Print("note: the second opinion is on the embedding of %q, which this earshot does not have; it has %q", h.Embedder, s.name())
		return nil, nil
	}
	return &secondEar{head: h, rows: tune.Rows(h, p.Labels), labels: p.Labels, keep: p.Kept(), second: s}, nil
}

// figures measures it on clips whose windows' scores by the first network first has, in the same order; changed in a way, unless that is nil.
func (e *secondEar) figures(ctx context.Context, clips []dataset.Clip, first []metrics.Clip, v *features.Variant, ui UI) (*SecondFigures, error) {
	if e == nil {
		return nil, nil
	}
	o := e.second.options(ui.Bar("second opinion"), 0)
	items := make([]opinion.Item, len(clips))
	for i, c := range clips {
		items[i].Path = c.Path
		if v != nil {
			items[i].Name, items[i].Change = v.Name, func(x []float32) ([]float32, error) { return v.Apply(c, x) }
		}
	}
	if v != nil {
		o.CacheDir = "" // nobody asks for them twice
	}
	recordings, broken, err := opinion.Load(ctx, items, o)
	if err != nil {
		return nil, err
	}
	tell(broken, ui)
	c := &compared{labels: e.labels, keep: e.keep}
	for i, r := range recordings {
		if r != nil {
			c.add(first[i].Name, first[i].Label, first[i].Scores, e.head, e.rows, r)
		}
	}
	return c.figures(e.head.Embedder)
}

// tiles are the second opinion's figures for a report.
func (f *SecondFigures) tiles() []report.Tile {
	if f == nil {
		return nil
	}
	return []report.Tile{{Name: "Second opinion alone", Value: fmt.Sprintf("%.1f %%", 100*f.Second.ClipAccuracy), Note: f.Embedder},
		{Name: "Both together", Value: fmt.Sprintf("%.1f %%", 100*f.Both.ClipAccuracy), Note: "mean of log-probabilities"}}
}
