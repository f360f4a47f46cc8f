package scoring

import (
	"context"
	"fmt"
	"math"

	"earshot/gammatone"
	"earshot/infer"
	"earshot/train"
	"earshot/train/background"
	"earshot/train/corpus"
	"earshot/train/features"
	"earshot/train/metrics"
)

// Thresholds are found for what the daemon does with scores by default: the
// mean over two windows at half overlap, whatever there is to hear. A test of
// daemon/cli holds these to the daemon's configuration.
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
			if err := ctx.Err(); err != nil {
				return err
			}
			scores, _, err := s.windowsAt(c, heardStarts(c, phase))
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
		if err := hear(e.Name, e.Label, e.Clip, 0, HeardHop/2); err != nil {
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
// (n, K) and the samples that the windows end before.
func (s *Scorer) Heard(ctx context.Context, c *features.Clip, phase int) (scores []float32, ends []int64, err error) {
	const piece = 32 // windows between looks at ctx
	front := gammatone.Default()
	starts := heardStarts(c, phase)
	for _, start := range starts {
		ends = append(ends, int64(start*front.HopSamples+front.WindowSamples()))
	}
	for len(starts) > 0 {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		n := min(piece, len(starts))
		more, _, err := s.windowsAt(c, starts[:n])
		if err != nil {
			return nil, nil, err
		}
		scores, starts = append(scores, more...), starts[n:]
	}
	return scores, ends, nil
}

// heardStarts are the daemon's windows over a clip, silent ones too, from a phase in frames.
func heardStarts(c *features.Clip, phase int) []int {
	starts := []int{phase}
	for start := phase + HeardHop; start+train.Frames <= c.Frames; start += HeardHop {
		starts = append(starts, start)
	}
	return starts
}

func round3(x float64) float64 { return math.Round(1000*x) / 1000 }
