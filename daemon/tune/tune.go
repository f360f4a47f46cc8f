// Package tune tells from the scores in the history what a label would have done with another threshold: how often it
// would have switched on, and for how long.
//
// It smooths the kept scores by package smooth, as the daemon did, with one rule for each threshold. Kept scores are
// rounded down to thousandths and thresholds are thousandths, so each window falls on the same side of a threshold as it
// did, and what is counted here is what a run with that threshold tells of the same sound.
package tune

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"earshot/daemon/history/block"
	"earshot/daemon/history/store"
	"earshot/daemon/sink"
	"earshot/infer/smooth"
	"earshot/internal/sampletime"
)

// Rule says when the label switches; see the settings of the same names.
type Rule struct {
	On, Off               float64
	MinOn, Hold, Cooldown time.Duration
}

// MarshalJSON writes durations in seconds.
func (r Rule) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]float64{"on": r.On, "off": r.Off, "min_on": r.MinOn.Seconds(), "hold": r.Hold.Seconds(), "cooldown": r.Cooldown.Seconds()})
}

// Question is what to find out.
type Question struct {
	Label   string
	Sources []string // whose scores count
	Since   time.Time
	Until   time.Time
	Now     Rule // as it is: its durations hold for all thresholds, and the ratio of Off to On
}

// Curve is the answer.
type Curve struct {
	Label  string    `json:"label"`
	Since  time.Time `json:"since,omitzero"` // of the scores that were found
	Until  time.Time `json:"until,omitzero"`
	Hours  float64   `json:"hours"` // of sound, of all sources together
	Now    Rule      `json:"now"`
	Points []Point   `json:"points"` // by rising threshold
}

// Point is what one threshold would have come to.
type Point struct {
	On      float64 `json:"on"`
	Off     float64 `json:"off"`
	Events  int     `json:"events"`
	PerDay  float64 `json:"per_day"` // of one source's sound
	Seconds float64 `json:"seconds"` // on, in all
	// About tells that scores this low were left out of the history here and there, to keep it small: it would have been
	// at least so often.
	About bool `json:"about,omitempty"`
}

// lowest is the lowest threshold that is looked at, in thousandths.
const lowest = 50

// thresholds are those that are looked at, in thousandths, beside the one that is set.
var thresholds = func() (all []int) {
	for t := lowest; t < 300; t += 50 {
		all = append(all, t)
	}
	for t := 300; t < 950; t += 25 {
		all = append(all, t)
	}
	return append(all, 950, 960, 970, 980, 990, 995)
}()

// Thousandths rounds a threshold down to one that can be promised, at least 0.001.
func Thousandths(threshold float64) float64 { return block.Score(max(1, block.Steps(threshold))) }

// Silent is the lowest threshold with which an event would not have been whose strongest score was peak; ok is false where it is higher than
// any that is shown.
func Silent(peak float64) (on float64, ok bool) {
	steps := int(block.Steps(peak)) + 1
	return block.Score(uint16(steps)), steps <= thresholds[len(thresholds)-1]
}

// points are those of a rule.
func points(now Rule) []Point {
	var all []Point
	for _, t := range append(slices.Clone(thresholds), int(block.Steps(now.On))) {
		if t == 0 {
			continue
		}
		on := block.Score(uint16(t))
		all = append(all, Point{On: on, Off: block.Score(uint16(max(1, math.Round(on*now.Off/now.On*block.Scale))))})
	}
	slices.SortFunc(all, func(a, b Point) int { return int(math.Copysign(1, a.On-b.On)) })
	return slices.CompactFunc(all, func(a, b Point) bool { return a.On == b.On })
}

// Find answers. Only scores of each source's newest networks count: others are on another scale.
func Find(ctx context.Context, r *store.Reader, q Question) (*Curve, error) {
	if !(q.Now.Off > 0 && q.Now.Off <= q.Now.On && q.Now.On <= 1) {
		return nil, fmt.Errorf("tune: %s switches at %g and %g; want 0 < off ≤ on ≤ 1", q.Label, q.Now.On, q.Now.Off)
	}
	c := &Curve{Label: q.Label, Now: q.Now, Points: points(q.Now)}
	for _, source := range q.Sources {
		s := &sweep{curve: c, rule: q.Now}
		model, err := r.Model(ctx, source, q.Until)
		if err != nil {
			return nil, err
		}
		err = r.Scores(ctx, source, q.Since, q.Until, func(row store.Scores) error {
			if row.Model != model {
				return nil
			}
			b, err := block.Unpack(row.Block)
			if err != nil {
				return err
			}
			if c.Since.IsZero() || row.Began.Before(c.Since) {
				c.Since = row.Began
			}
			if row.Ended.After(c.Until) {
				c.Until = row.Ended
			}
			s.block(row, b)
			return nil
		})
		if err != nil {
			return nil, err
		}
		s.end()
	}
	for i := range c.Points {
		p := &c.Points[i]
		p.Seconds = math.Round(10*p.Seconds) / 10
		if c.Hours > 0 {
			p.PerDay = float64(p.Events) * 24 / c.Hours
		}
	}
	return c, nil
}

// sweep runs all thresholds over one source's windows at once: a smoother with a label for each.
type sweep struct {
	curve    *Curve
	rule     Rule
	smoother *smooth.Smoother
	rate     int
	window   int64
	last     int64  // end of the newest window
	idle     uint16 // a score of so few steps begins nothing
	quiet    bool   // nothing is on, nor was the newest window about to switch anything: another idle one changes nothing
	scores   []float32
	events   []smooth.Event
	began    []int64 // by point, when it was switched on
}

func (s *sweep) start(rate int, window int64) {
	s.end()
	s.rate, s.window = rate, window
	n := len(s.curve.Points)
	c := smooth.Config{Labels: make([]string, n), Average: 1, Rules: make([]smooth.Rule, n), WindowSamples: window}
	for i, p := range s.curve.Points {
		c.Labels[i] = fmt.Sprint(i)
		c.Rules[i] = smooth.Rule{On: p.On, Off: p.Off, MinOn: sampletime.Samples(s.rule.MinOn, rate),
			Hold: sampletime.Samples(s.rule.Hold, rate), Cooldown: sampletime.Samples(s.rule.Cooldown, rate)}
	}
	s.idle = block.Steps(s.curve.Points[0].On)
	s.smoother, s.scores, s.began, s.quiet = smooth.New(c), make([]float32, n), make([]int64, n), false
}

// end ends what is on.
func (s *sweep) end() {
	if s.smoother != nil {
		s.take(s.smoother.Reset(s.last, s.events[:0]))
	}
}

func (s *sweep) block(row store.Scores, b *block.Block) {
	if row.RateHz <= 0 || row.WindowSamples <= 0 {
		return
	}
	for i := range s.curve.Points {
		if p := &s.curve.Points[i]; block.Steps(p.Off) < b.Floor && b.Floor > block.Floor {
			p.About = true
		}
	}
	column := slices.Index(b.Labels, s.curve.Label)
	for i, w := range b.Windows {
		steps := uint16(0)
		for _, m := range b.Of(i) {
			if int(m.Label) == column {
				steps = m.Steps
			}
		}
		broken := sink.Break(w.Break)
		if s.smoother == nil || broken == sink.Anew || row.RateHz != s.rate || row.WindowSamples != s.window || w.End <= s.last {
			s.start(row.RateHz, row.WindowSamples)
			s.last = w.End - s.window
		}
		s.push(w.End, broken, steps)
	}
}

func (s *sweep) push(end int64, broken sink.Break, steps uint16) {
	s.curve.Hours += float64(min(end-s.last, s.window)) / float64(s.rate) / 3600
	s.last = end
	switch broken {
	case sink.Gap:
		s.smoother.Forget()
	case sink.Away:
		s.take(s.smoother.Reset(end-s.window, s.events[:0]))
	}
	if steps < s.idle && s.quiet {
		return
	}
	for i := range s.scores {
		s.scores[i] = score(steps)
	}
	s.take(s.smoother.Push(end-s.window, end, s.scores, nil, s.events[:0]))
	s.quiet = steps < s.idle
	for i := range s.scores {
		s.quiet = s.quiet && !s.smoother.Active(i)
	}
}

// score is the least float32 that reaches as many steps: smoothing takes no finer numbers.
func score(steps uint16) float32 {
	v := float32(block.Score(steps))
	if float64(v) < block.Score(steps) {
		v = math.Nextafter32(v, 2)
	}
	return v
}

func (s *sweep) take(events []smooth.Event) {
	s.events = events
	for _, e := range events {
		p := &s.curve.Points[e.Label]
		if e.On {
			p.Events++
			s.began[e.Label] = s.last
		} else {
			p.Seconds += float64(s.last-s.began[e.Label]) / float64(s.rate)
		}
	}
}
