package scoring

import (
	"context"
	"fmt"
	"math"
	"slices"

	"earshot/gammatone"
	"earshot/infer"
	"earshot/train"
	"earshot/train/background"
	"earshot/train/corpus"
	"earshot/train/features"
	"earshot/train/metrics"
)

// Thresholds are found for what the daemon does with scores by default: the
// mean over two windows at half overlap, and one more halfway where something
// may sound. A test of daemon/cli holds these to the daemon's configuration.
const (
	HeardHop     = train.Frames / 2 // frames from one window to the next
	HeardWindows = 2                // that are averaged
)

// Of other sounds, falseAlarmTarget may switch a label on; of noise and hum, none.
const falseAlarmTarget = 0.005

// noiseSeconds is the length of a clip of noise and hum that must not alarm.
const noiseSeconds = 20

// thresholds finds the switching points on the held-out clips, each heard at two
// phases against the daemon's windows, and on fresh synthetic background.
func (m *Measured) thresholds(ctx context.Context, s *Scorer, p *corpus.Prepared, o MeasureOptions) error {
	var clips []metrics.Clip
	total := 2 * len(p.Test)
	if p.Background >= 0 {
		total += o.Quiet
	}
	hear := func(name string, label int, c *features.Clip, phases ...int) error {
		for _, phase := range phases {
			scores, _, err := s.Heard(ctx, c, phase, p.Background)
			if err != nil {
				return err
			}
			clips = append(clips, metrics.Clip{Name: name, Label: label, Scores: metrics.Temper(scores, len(p.Labels), m.Temperature)})
			if o.Finding != nil {
				o.Finding(len(clips), total)
			}
		}
		return nil
	}
	for _, e := range p.Test {
		if err := hear(e.Name, e.Label, e.Clip, 0, HeardHop/4); err != nil {
			return err
		}
	}
	if p.Background >= 0 {
		quiet, _, err := background.Load(ctx, background.Options{Clips: o.Quiet, Seconds: noiseSeconds, Seed: o.Seed + 0xbac4})
		if err != nil {
			return err
		}
		for i, c := range quiet {
			if err := hear(fmt.Sprint("background ", i), p.Background, c.Clip, 0); err != nil {
				return err
			}
		}
	}
	found, err := metrics.Thresholds(p.Labels, clips, metrics.ThresholdOptions{FalseAlarms: falseAlarmTarget, Never: p.Background,
		Average: HeardWindows, Least: 0.5, Most: 0.95})
	if err != nil {
		return err
	}
	m.Thresholds = map[string]infer.Threshold{}
	for i, t := range found {
		m.Thresholds[p.Labels[i]] = infer.Threshold{On: round3(t.On), Off: round3(t.Off)}
	}
	return nil
}

// Heard scores a clip's windows as the daemon cuts them by default, silent ones too, from a phase in frames: scores
// (n, K) and the samples that the windows end before. A window halfway between two is among them where any label but the background
// has [infer.NearScore] in the one before; the daemon looks at those alone that it watches. background is −1 for none.
func (s *Scorer) Heard(ctx context.Context, c *features.Clip, phase, background int) (scores []float32, ends []int64, err error) {
	front := gammatone.Default()
	regular, err := s.pieces(ctx, c, heardStarts(c, phase, 0))
	if err != nil {
		return nil, nil, err
	}
	var between []int
	for i, start := range heardStarts(c, phase, HeardHop/2) {
		if near(regular[i*s.Classes:][:s.Classes], background) {
			between = append(between, start)
		}
	}
	halfway, err := s.pieces(ctx, c, between)
	if err != nil {
		return nil, nil, err
	}
	add := func(start int, row []float32) {
		scores, ends = append(scores, row...), append(ends, int64(start*front.HopSamples+front.WindowSamples()))
	}
	for i, start := range heardStarts(c, phase, 0) {
		add(start, regular[i*s.Classes:][:s.Classes])
		if len(between) > 0 && between[0] == start+HeardHop/2 {
			add(between[0], halfway[:s.Classes])
			between, halfway = between[1:], halfway[s.Classes:]
		}
	}
	return scores, ends, nil
}

// pieces is windowsAt with looks at ctx.
func (s *Scorer) pieces(ctx context.Context, c *features.Clip, starts []int) (scores []float32, err error) {
	for piece := range slices.Chunk(starts, 32) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		more, _, err := s.windowsAt(c, piece)
		if err != nil {
			return nil, err
		}
		scores = append(scores, more...)
	}
	return scores, nil
}

// near tells whether a label but the background may be about to sound.
func near(scores []float32, background int) bool {
	for i, p := range scores {
		if i != background && p >= infer.NearScore {
			return true
		}
	}
	return false
}

// heardStarts are the daemon's windows over a clip, silent ones too, from a phase and so many frames later; the first of them even where it
// does not fit, since a clip has one.
func heardStarts(c *features.Clip, phase, later int) (starts []int) {
	for start := phase + later; start == phase || start+train.Frames <= c.Frames; start += HeardHop {
		starts = append(starts, start)
	}
	return starts
}

func round3(x float64) float64 { return math.Round(1000*x) / 1000 }
