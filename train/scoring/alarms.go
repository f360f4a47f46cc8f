package scoring

import (
	"context"
	"math/rand/v2"
	"slices"

	"earshot/gammatone"
	"earshot/infer"
	"earshot/infer/smooth"
	"earshot/train"
	"earshot/train/background"
	"earshot/train/features"
	"earshot/train/metrics"
)

// AlarmOptions say how events are made; they are the daemon's settings.
type AlarmOptions struct {
	Hop     int     // frames between windows
	Average int     // windows in the mean
	Hold    float64 // seconds that an event lasts on after the last it was heard
	Quiet   int     // minutes of synthetic noise and hum
	Seed    uint64  // of the clips' order and the noise
}

// Alarms plays clips one after another, in an order drawn from the seed, past
// the smoother with m's own thresholds, and counts which events met a clip of
// their label and which met none. Then it plays noise, where every event is false.
func (s *Scorer) Alarms(ctx context.Context, m *infer.Model, test []train.Example, o AlarmOptions, progress func(done, total int)) (*metrics.Alarms, error) {
	test = slices.Clone(test)
	rand.New(rand.NewPCG(o.Seed, 0xa1a2)).Shuffle(len(test), func(i, j int) { test[i], test[j] = test[j], test[i] })
	clips := make([]*features.Clip, len(test))
	for i, e := range test {
		clips[i] = e.Clip
	}
	noise, _, err := background.Load(ctx, background.Options{Clips: o.Quiet, Seconds: 60, Seed: o.Seed + 0x9e1e7})
	if err != nil {
		return nil, err
	}
	quiet := make([]*features.Clip, len(noise))
	for i, c := range noise {
		quiet[i] = c.Clip
	}
	total := len(clips) + len(quiet)
	step := func(done int) {
		if progress != nil {
			progress(done, total)
		}
	}
	out := &metrics.Alarms{}
	events, hours, err := s.stream(ctx, m, clips, o, step)
	if err != nil {
		return nil, err
	}
	out.Hours, out.Labels = hours, countAlarms(m.Labels, test, events)
	events, out.QuietHours, err = s.stream(ctx, m, quiet, o, func(done int) { step(len(clips) + done) })
	for _, e := range events {
		out.Labels[e.label].Quiet++
	}
	return out, err
}

// heard is one event and the clips that it spans, by index.
type heard struct{ label, first, last int }

// stream runs clips as one stream of sound through network and smoother.
func (s *Scorer) stream(ctx context.Context, m *infer.Model, clips []*features.Clip, o AlarmOptions, progress func(done int)) (events []heard, hours float64, err error) {
	front := gammatone.Default()
	hop := int64(front.HopSamples)
	sm := smooth.New(smooth.Config{Labels: m.Labels, Average: o.Average, Background: m.Background,
		WindowSamples: int64(front.WindowSamples()), Rules: rules(m, int64(o.Hold*float64(front.SampleRate)))})
	var ends []int64 // of each clip, in frames of the stream
	frames := int64(0)
	for _, c := range clips {
		frames += int64(c.Frames)
		ends = append(ends, frames)
	}
	clipAt := func(sample int64) int {
		i, _ := slices.BinarySearch(ends, sample/hop+1)
		return min(i, len(ends)-1)
	}
	var switched []smooth.Event
	collect := func() {
		for _, e := range switched {
			if !e.On {
				events = append(events, heard{e.Label, clipAt(e.Onset), clipAt(max(e.Onset, e.End-1))})
			}
		}
		switched = switched[:0]
	}
	rest := &features.Clip{} // what windows still need of the clips so far
	at := int64(0)           // of rest's first frame in the stream
	for i, c := range clips {
		if err := ctx.Err(); err != nil {
			return nil, 0, err
		}
		rest.Energies = append(rest.Energies, c.Energies...)
		rest.Silent = append(rest.Silent, c.Silent...)
		rest.Frames += c.Frames
		var starts []int
		for start := 0; start+train.Frames <= rest.Frames; start += o.Hop {
			starts = append(starts, start)
		}
		scores, attention, err := s.windowsAt(rest, starts)
		if err != nil {
			return nil, 0, err
		}
		for w, start := range starts {
			from := (at + int64(start)) * hop
			switched = sm.Push(from, from+int64(front.WindowSamples()), scores[w*s.Classes:][:s.Classes], attention[w*s.Steps:][:s.Steps], switched)
		}
		collect()
		done := len(starts) * o.Hop
		rest.Energies, rest.Silent = slices.Delete(rest.Energies, 0, done*train.Bands), slices.Delete(rest.Silent, 0, done)
		rest.Frames -= done
		at += int64(done)
		progress(i + 1)
	}
	switched = sm.Reset(frames*hop, switched)
	collect()
	return events, float64(frames*hop) / float64(front.SampleRate) / 3600, nil
}

// rules are those that the daemon gives a model's labels.
func rules(m *infer.Model, hold int64) []smooth.Rule {
	out := make([]smooth.Rule, len(m.Labels))
	for i, l := range m.Labels {
		if t := m.Thresholds[l]; l != m.Background && t.On > 0 {
			out[i] = smooth.Rule{On: t.On, Off: t.Off, Hold: hold}
		}
	}
	return out
}

// countAlarms tells events that met a clip of their label from those that met none.
func countAlarms(labels []string, test []train.Example, events []heard) []metrics.AlarmCount {
	out := make([]metrics.AlarmCount, len(labels))
	for i, l := range labels {
		out[i].Label = l
	}
	met := make([]bool, len(test))
	for _, e := range test {
		out[e.Label].Clips++
	}
	for _, ev := range events {
		right := false
		for i := ev.first; i <= ev.last; i++ {
			if test[i].Label == ev.label {
				right, met[i] = true, true
			}
		}
		if !right {
			out[ev.label].False++
		}
	}
	for i, e := range test {
		if met[i] {
			out[e.Label].Heard++
		}
	}
	return out
}
