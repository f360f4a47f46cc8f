package tune

import (
	"fmt"

	"earshot/infer/smooth"
	"earshot/train/metrics"
	"earshot/verify"
)

// Steps are the thresholds that are tried: those that switch on.
var Steps = steps()

func steps() []float64 {
	var s []float64
	for on := 20; on < 95; on += 5 {
		s = append(s, float64(on)/100)
	}
	return append(s, 0.95, 0.97, 0.98, 0.99, 0.995)
}

// Hysteresis is how far below On a label switches off.
const Hysteresis = 0.6

// Settings are the daemon's, as far as they make events of scores.
type Settings struct {
	Average       int   // windows in the mean
	Hold          int64 // samples
	WindowSamples int64
	Background    string
}

// Counter counts what every threshold would do.
type Counter struct {
	labels []string
	rows   []int
	head   *verify.Head
	set    Settings

	samples int64   // of negatives
	events  [][]int // (labels, steps) on negatives
	clips   []int   // (labels) held out
	reached [][]int // (labels, steps) of them
	others  [][]int // (labels, steps) held-out clips of other labels that reach
	heldOut int
}

// NewCounter makes one for the first network's labels.
func NewCounter(h *verify.Head, labels []string, s Settings) *Counter {
	c := &Counter{labels: labels, rows: Rows(h, labels), head: h, set: s, clips: make([]int, len(labels))}
	for range labels {
		c.events = append(c.events, make([]int, len(Steps)))
		c.reached = append(c.reached, make([]int, len(Steps)))
		c.others = append(c.others, make([]int, len(Steps)))
	}
	return c
}

// Negative counts the events of a recording that holds none of the labels.
func (c *Counter) Negative(s *Stream) {
	fused, k := s.Fused(c.head, c.rows), len(c.labels)
	c.samples += int64(s.Samples)
	for i, on := range Steps {
		sm := smooth.New(smooth.Config{Labels: c.labels, Average: c.set.Average, Background: c.set.Background, WindowSamples: c.set.WindowSamples, Rules: c.rules(on)})
		var events []smooth.Event
		for w, end := range s.Ends {
			events = sm.Push(end-c.set.WindowSamples, end, fused[w*k:][:k], nil, events[:0])
			for _, e := range events {
				if e.On {
					c.events[e.Label][i]++
				}
			}
		}
	}
}

func (c *Counter) rules(on float64) []smooth.Rule {
	rules := make([]smooth.Rule, len(c.labels))
	for i, row := range c.rows {
		if row >= 0 {
			rules[i] = smooth.Rule{On: on, Off: Hysteresis * on, Hold: c.set.Hold}
		}
	}
	return rules
}

// HeldOut counts which thresholds a clip of a label reaches that neither network nor head learned from.
func (c *Counter) HeldOut(s *Stream, label int) {
	c.clips[label]++
	c.heldOut++
	for l, p := range metrics.Peaks(s.Fused(c.head, c.rows), len(c.labels), c.set.Average) {
		into := c.others[l]
		if l == label {
			into = c.reached[l]
		}
		for i, on := range Steps {
			if p >= on {
				into[i]++
			}
		}
	}
}

// Peak is the highest smoothed fused score of a label in a stream.
func (c *Counter) Peak(s *Stream, label int) float64 {
	return metrics.Peaks(s.Fused(c.head, c.rows), len(c.labels), c.set.Average)[label]
}

// On is how many samples of a stream a label is on, by the head's thresholds.
func (c *Counter) On(s *Stream, label int) int64 {
	f, fused, k := c.head.Fusions[c.rows[label]], s.Fused(c.head, c.rows), len(c.labels)
	rules := make([]smooth.Rule, k)
	rules[label] = smooth.Rule{On: f.On, Off: f.Off, Hold: c.set.Hold}
	sm := smooth.New(smooth.Config{Labels: c.labels, Average: c.set.Average, Background: c.set.Background, WindowSamples: c.set.WindowSamples, Rules: rules})
	var sum int64
	count := func(events []smooth.Event) {
		for _, e := range events {
			if !e.On {
				sum += e.End - e.Onset
			}
		}
	}
	for w, end := range s.Ends {
		count(sm.Push(end-c.set.WindowSamples, end, fused[w*k:][:k], nil, nil))
	}
	count(sm.Reset(int64(s.Samples), nil))
	return sum
}

// Curve is what each threshold cost.
func (c *Counter) Curve() verify.Curve {
	out := verify.Curve{Steps: Steps, Labels: map[string]verify.Tradeoff{}}
	for l, row := range c.rows {
		if row >= 0 {
			out.Labels[c.labels[l]] = verify.Tradeoff{Hours: c.Hours(), Events: c.events[l], Clips: c.clips[l], Heard: c.reached[l],
				Others: c.heldOut - c.clips[l], Wrong: c.others[l]}
		}
	}
	return out
}

// Hours is how much sound without the labels there was.
func (c *Counter) Hours() float64 { return float64(c.samples) / verify.SampleRate / 3600 }

// String tells how much there was to count on.
func (c *Counter) String() string {
	return fmt.Sprintf("%.2f h without the labels, %d hearings of clips held out", c.Hours(), c.heldOut)
}
