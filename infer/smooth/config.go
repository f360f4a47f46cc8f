package smooth

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Rule says when one label or group switches. The zero Rule never fires.
type Rule struct {
	On, Off  float64 // smoothed score, 0 < Off ≤ On ≤ 1 (both 0: never)
	MinOn    int64   // samples that the score must stay ≥ On before the event begins
	Hold     int64   // samples that the score must stay < Off before the event ends
	Cooldown int64   // samples after an end in which no new event begins
}

// fires tells whether the rule can ever begin an event.
func (r Rule) fires() bool { return r.On > 0 }

func (r Rule) validate() error {
	if r == (Rule{}) {
		return nil
	}
	var errs []error
	// Written so that NaN fails too.
	if !(r.Off > 0 && r.Off <= r.On && r.On <= 1) {
		errs = append(errs, fmt.Errorf("thresholds on %g, off %g: want 0 < off ≤ on ≤ 1", r.On, r.Off))
	}
	for _, d := range []struct {
		name    string
		samples int64
	}{{"min_on", r.MinOn}, {"hold", r.Hold}, {"cooldown", r.Cooldown}} {
		if d.samples < 0 || d.samples > maxSamples {
			errs = append(errs, fmt.Errorf("%s of %d samples: want 0 to %d", d.name, d.samples, maxSamples))
		}
	}
	return errors.Join(errs...)
}

// maxSamples bounds durations and times, so that sums of a few cannot overflow.
const maxSamples = math.MaxInt64 / 8

// Group is a sensor of its own whose score is the greatest of its members'.
type Group struct {
	ID      string
	Members []int // label indices
	Rule    Rule
}

// Config is what a [Smoother] is made from.
type Config struct {
	Labels        []string // ids, in the order of the scores
	Average       int      // windows in the mean, ≥ 1
	Rules         []Rule   // per label; nil or a zero Rule: never fires
	Groups        []Group  // group g has the index len(Labels)+g in events and scores
	Background    string   // id of the label that means "nothing"; never fires; "" for none
	WindowSamples int64    // length of a window, > 0
}

// Rule is that of label or group i, as in events; the zero Rule for one that never fires.
func (c Config) Rule(i int) Rule {
	switch {
	case i >= len(c.Labels):
		return c.Groups[i-len(c.Labels)].Rule
	case c.Rules == nil || c.Background != "" && c.Labels[i] == c.Background:
		return Rule{}
	}
	return c.Rules[i]
}

// maxAverage bounds the memory of a Smoother; 1024 windows are minutes.
const maxAverage = 1024

// Validate tells all that is wrong with c.
func (c Config) Validate() error {
	var errs []error
	fault := func(format string, a ...any) { errs = append(errs, fmt.Errorf(format, a...)) }
	if len(c.Labels) == 0 {
		fault("no labels")
	}
	if c.Average < 1 || c.Average > maxAverage {
		fault("mean over %d windows: want 1 to %d", c.Average, maxAverage)
	}
	if c.WindowSamples < 1 || c.WindowSamples > maxSamples {
		fault("window of %d samples: want 1 to %d", c.WindowSamples, maxSamples)
	}
	if c.Rules != nil && len(c.Rules) != len(c.Labels) {
		fault("%d rules for %d labels: want one each", len(c.Rules), len(c.Labels))
	}
	for i, r := range c.Rules {
		if err := r.validate(); err != nil && i < len(c.Labels) {
			fault("label %q: %w", c.Labels[i], err)
		}
	}
	background := slices.Index(c.Labels, c.Background)
	if c.Background != "" && background < 0 {
		fault("background label %q is not among the labels", c.Background)
	}
	for _, g := range c.Groups {
		if err := g.Rule.validate(); err != nil {
			fault("group %q: %w", g.ID, err)
		}
		if len(g.Members) == 0 {
			fault("group %q has no members", g.ID)
		}
		for _, m := range g.Members {
			switch {
			case m < 0 || m >= len(c.Labels):
				fault("group %q: member %d: want 0 to %d", g.ID, m, len(c.Labels)-1)
			case m == background && c.Background != "":
				fault("group %q: the background label %q cannot be a member", g.ID, c.Background)
			}
		}
	}
	return errors.Join(errs...)
}
