package job

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"earshot/gammatone"
	"earshot/infer"
	"earshot/train/dataset"
	"earshot/train/features"
	"earshot/train/opinion"
	"earshot/train/opinion/tune"
	"earshot/train/scoring"
	"earshot/verify"
)

// tune counts what thresholds cost, chooses one for every label of the head, and measures the head on the held-out
// clips. It also returns the hours of sound without labels.
func (s *second) tune(ctx context.Context, m *infer.Model, l *opinion.Learned, out *made, ui UI) (verify.Curve, float64, error) {
	scorer, err := scoring.OfModel(m, s.threads)
	if err != nil {
		return verify.Curve{}, 0, err
	}
	defer scorer.Close()
	front := gammatone.Default()
	counter := tune.NewCounter(l.Head, m.Labels, tune.Settings{Average: scoring.HeardWindows, Hold: int64(s.Hold.Seconds() * verify.SampleRate),
		WindowSamples: int64(front.WindowSamples()), Background: m.Background})
	if err := s.negatives(ctx, scorer, l.Head, counter, ui); err != nil {
		return verify.Curve{}, 0, err
	}
	if len(s.held) > 0 {
		if out.figure, err = s.heldOut(ctx, m, scorer, l.Head, counter, ui); err != nil {
			return verify.Curve{}, 0, err
		}
	}
	if s.taught != nil {
		if s.home, err = s.atHome(ctx, m, scorer, l.Head, counter, ui); err != nil {
			return verify.Curve{}, 0, err
		}
	}
	curve := counter.Curve()
	ui.Print("second opinion: thresholds from %s", counter)
	if len(s.held) == 0 && s.Twin != "" {
		if curve, err = s.twin(curve); err != nil {
			return curve, 0, err
		}
	}
	if s.oldCurve != nil && slices.Equal(s.oldCurve.Steps, curve.Steps) {
		for _, label := range s.old.Labels {
			if t, ok := s.oldCurve.Labels[label]; ok {
				curve.Labels[label] = t
			}
		}
	}
	s.choose(curve, l, ui)
	if s.home != nil {
		s.home.judge(counter, l.Head)
		out.home = s.home
	}
	return curve, counter.Hours(), nil
}

// twin puts what another model knows of held-out clips into the curve.
func (s *second) twin(c verify.Curve) (verify.Curve, error) {
	m, err := infer.LoadModel(s.Twin)
	if err != nil {
		return c, ModelError{err}
	}
	_, other, err := readSecond(m)
	if err == nil && other == nil {
		err = fmt.Errorf("model %s carries no second opinion to take thresholds from", s.Twin)
	}
	if err != nil {
		return c, ModelError{err}
	}
	return c.WithClips(*other)
}

// negatives plays the tune folders' recordings, one after another, each as a stream of its own.
func (s *second) negatives(ctx context.Context, scorer *scoring.Scorer, h *verify.Head, counter *tune.Counter, ui UI) error {
	items, err := folders(s.Tune)
	if err != nil || len(items) == 0 {
		return err
	}
	broken, err := opinion.Each(ctx, items, s.options(ui.Bar("second opinion: thresholds"), 0), func(i int, r *opinion.Recording) error {
		stream, err := s.stream(ctx, scorer, h, items[i].Path, r, 0)
		if err == nil {
			counter.Negative(stream)
		}
		return err
	})
	tell(broken, ui)
	return err
}

// stream is a recording as both networks hear it.
func (s *second) stream(ctx context.Context, scorer *scoring.Scorer, h *verify.Head, path string, r *opinion.Recording, phase int) (*tune.Stream, error) {
	clips, _, err := features.LoadContext(ctx, pathOnly(path), features.Options{CacheDir: s.cache, Workers: 1})
	if err != nil {
		return nil, err
	}
	return heard(ctx, scorer, h, clips[0], r, phase)
}

// pathOnly is a clip of which nothing else matters.
func pathOnly(path string) []dataset.Clip { return []dataset.Clip{{Path: path, Name: path}} }

func heard(ctx context.Context, scorer *scoring.Scorer, h *verify.Head, c *features.Clip, r *opinion.Recording, phase int) (*tune.Stream, error) {
	scores, ends, err := scorer.Heard(ctx, c, phase)
	if err != nil {
		return nil, err
	}
	t := &tune.Stream{Ends: ends, Scores: scores, Samples: r.Samples}
	t.Hear(h, r)
	return t, nil
}

// choose sets the fusions, and says which labels could not have both quiet and recall.
func (s *second) choose(c verify.Curve, l *opinion.Learned, ui UI) {
	var loud, deaf []string
	for i, label := range l.Head.Labels {
		if s.old != nil && i < len(s.old.Labels) {
			continue // what was there keeps its thresholds
		}
		f, ok := s.threshold(c, label)
		if !ok {
			continue // nothing to find them on: the default stays
		}
		l.Head.Fusions[i].On, l.Head.Fusions[i].Off = f.On, tune.Hysteresis*f.On
		if f.PerHour > s.FalseAlarms {
			loud = append(loud, fmt.Sprintf("%s (%.1f/h)", label, f.PerHour))
		}
		if f.Recall >= 0 && f.Recall < wishedRecall {
			deaf = append(deaf, fmt.Sprintf("%s (%.0f %%)", label, 100*f.Recall))
		}
	}
	if len(loud) > 0 {
		ui.Print("note: more false alarms than %.2g a day, for the recall that they bring: %s", 24*s.FalseAlarms, strings.Join(loud, ", "))
	}
	if len(deaf) > 0 {
		ui.Print("note: less than %.0f %% of their own clips are heard: %s", 100*wishedRecall, strings.Join(deaf, ", "))
	}
}

// threshold is found on clips and other sound, or on whichever of them there is.
func (s *second) threshold(c verify.Curve, label string) (verify.Found, bool) {
	least := s.Least
	if least == 0 {
		least = verify.LeastOn
	}
	price := verify.Price{Event: eventPrice / max(s.FalseAlarms, 1e-6), Wrong: wrongPrice, Least: least}
	if f, ok := c.Balance(label, price); ok {
		return f, true
	}
	if c.Labels[label].Hours == 0 {
		return verify.Found{}, false
	}
	return c.Choose(label, verify.Wish{PerHour: s.FalseAlarms, Least: max(least, verify.DefaultFusion.On)})
}
