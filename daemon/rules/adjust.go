package rules

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"earshot/daemon/config"
	"earshot/infer/smooth"
	"earshot/internal/sampletime"
)

// Adjust asks for another threshold or hold of a label at one source. Nil leaves what is; Undo returns to what the
// configuration says of both.
type Adjust struct {
	Source string
	Label  string   // "" = all, to undo them
	On     *float64 // score, above 0 and at most 1
	Hold   *time.Duration
	Undo   bool
}

// Adjustments are what people set of labels while the program runs, wherever they do it: in Home Assistant of a label at one source, on
// the page of a label everywhere. The newest counts. They are kept in one file of the state folder and stand over the
// configuration, which is not written to. The zero value has none.
type Adjustments struct {
	mu      sync.Mutex // guards the rest
	tuned   config.Tuned
	before  []config.TunedLabel // what the last change changed
	undo    bool                // there was one
	changes int
}

// Adjusted are those that lie over a configuration which was read.
func Adjusted(t config.Tuned) *Adjustments { return &Adjustments{tuned: t} }

// Keep takes up what stands in a file, and keeps the adjustments there from now on. An error says why what stood there is
// not known.
func (a *Adjustments) Keep(path string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tuned.Path = path
	if path == "" {
		return nil
	}
	var err error
	a.tuned.Labels, a.before, a.undo, err = config.ReadTuned(path)
	return err
}

// Changes counts what was set; see Take.
func (a *Adjustments) Changes() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.changes
}

// Take takes over what stood in the file when it was read, unless something was set since: seen are the changes of then.
func (a *Adjustments) Take(t config.Tuned, seen int) error {
	if t.Path != a.path() {
		return a.Keep(t.Path)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.changes == seen {
		a.tuned = t
	}
	return nil
}

func (a *Adjustments) path() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.tuned.Path
}

// Tuned are all of them.
func (a *Adjustments) Tuned() config.Tuned {
	a.mu.Lock()
	defer a.mu.Unlock()
	return config.Tuned{Path: a.tuned.Path, Labels: slices.Clone(a.tuned.Labels)}
}

// Set takes one over. It holds even when an error says that it could not be kept. Undone is what was set at its source only: what
// was set of the label everywhere goes on at others, the other sources.
func (a *Adjustments) Set(k Adjust, others ...string) error {
	if k.Undo {
		k.On, k.Hold = nil, nil
	}
	if k.On != nil && (*k.On <= 0 || *k.On > 1) || k.Hold != nil && (*k.Hold < 0 || *k.Hold > time.Hour) {
		return fmt.Errorf("threshold or hold of %q at %q out of range", k.Label, k.Source)
	}
	_, err := a.change(k.Label, func(was []config.TunedLabel) (now []config.TunedLabel) {
		if k.Undo {
			for len(was) > 0 { // label by label, where all are meant
				name := was[0].Label
				other := func(l config.TunedLabel) bool { return l.Label != name }
				now = append(now, undone(slices.DeleteFunc(slices.Clone(was), other), k.Source, others)...)
				was = slices.DeleteFunc(slices.Clone(was), func(l config.TunedLabel) bool { return !other(l) })
			}
			return now
		}
		l := config.TunedLabel{Label: k.Label, Source: k.Source, On: k.On, Hold: k.Hold}
		if own, is := at(was, k.Source); is {
			l = l.Over(own)
		}
		return append(without(was, k.Source), l)
	})
	return err
}

// undone is what was set of a label without what counts at a source.
func undone(was []config.TunedLabel, source string, others []string) []config.TunedLabel {
	now := without(was, source)
	everywhere, is := at(was, "")
	if !is {
		return now
	}
	now = without(now, "")
	for _, other := range others {
		l, _ := at(now, other)
		l = l.Over(everywhere)
		l.Label, l.Source = everywhere.Label, other
		now = append(without(now, other), l)
	}
	return now
}

// at is what was set at a source, or with "" at all.
func at(all []config.TunedLabel, source string) (l config.TunedLabel, is bool) {
	if i := slices.IndexFunc(all, func(l config.TunedLabel) bool { return l.Source == source }); i >= 0 {
		return all[i], true
	}
	return l, false
}

func without(all []config.TunedLabel, source string) []config.TunedLabel {
	return slices.DeleteFunc(slices.Clone(all), func(l config.TunedLabel) bool { return l.Source == source })
}

// Apply puts a label's rule at all sources into the place of whatever was set of it. back takes that back.
func (a *Adjustments) Apply(l config.TunedLabel) (back func() error, err error) {
	was, err := a.change(l.Label, func([]config.TunedLabel) []config.TunedLabel { return []config.TunedLabel{l} })
	return func() error {
		_, err := a.change(l.Label, func([]config.TunedLabel) []config.TunedLabel { return was })
		return err
	}, err
}

// change lets what was set of a label, or with "" of all, be replaced; was is what that was.
func (a *Adjustments) change(label string, by func([]config.TunedLabel) []config.TunedLabel) (was []config.TunedLabel, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var rest []config.TunedLabel
	for _, l := range a.tuned.Labels {
		if label == "" || l.Label == label {
			was = append(was, l)
		} else {
			rest = append(rest, l)
		}
	}
	a.before, a.undo = a.tuned.Labels, true
	a.tuned.Labels = append(rest, by(was)...)
	return was, a.save()
}

// save writes the file; a.mu is held.
func (a *Adjustments) save() error {
	a.changes++
	if a.tuned.Path == "" {
		return nil
	}
	if err := a.tuned.Write(a.before, a.undo); err != nil {
		return fmt.Errorf("a threshold will not outlive a restart: %w", err)
	}
	return nil
}

// ErrNothingBefore says that there is nothing to undo.
var ErrNothingBefore = errors.New("nothing was set before, so there is nothing to undo")

// Undo goes back to what was set before the last change, once, whoever made that. back takes the undoing back.
func (a *Adjustments) Undo() (back func() error, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.undo {
		return nil, ErrNothingBefore
	}
	was, before := a.tuned.Labels, a.before
	a.tuned.Labels, a.before, a.undo = before, nil, false
	return func() error {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.tuned.Labels, a.before, a.undo = was, before, true
		return a.save()
	}, a.save()
}

// of are those that count at a source, by label.
func (a *Adjustments) of(source string) map[string]config.TunedLabel {
	a.mu.Lock()
	defer a.mu.Unlock()
	found := map[string]config.TunedLabel{}
	for _, l := range a.tuned.Labels {
		switch is, twice := found[l.Label]; {
		case l.Source != "" && l.Source != source:
		case !twice:
			found[l.Label] = l
		case l.Source == "":
			found[l.Label] = is.Over(l)
		default:
			found[l.Label] = l.Over(is)
		}
	}
	return found
}

// For returns the rules at a source, or with "" what counts everywhere: r with what a holds for it. r is not changed.
func (r *Rules) For(source string, a *Adjustments) *Rules {
	set := a.of(source)
	if len(set) == 0 {
		return r
	}
	w := *r
	w.Smooth.Rules, w.Smooth.Groups = slices.Clone(r.Smooth.Rules), slices.Clone(r.Smooth.Groups)
	w.Watched, w.Opinion.Labels = slices.Clone(r.Watched), slices.Clone(r.Opinion.Labels)
	for i := range w.Watched {
		l := &w.Watched[i]
		k, is := set[l.ID]
		if !is || l.Group {
			continue
		}
		index := w.Index(l.ID)
		rule := &w.Smooth.Rules[index]
		if k.On != nil {
			rule.Off = min(config.Or(k.Off, rule.Off**k.On/rule.On), *k.On) // as far below as it was, unless it is told
			rule.On = *k.On
		}
		for _, d := range []struct {
			to   *int64
			from *time.Duration
		}{{&rule.MinOn, k.MinOn}, {&rule.Hold, k.Hold}, {&rule.Cooldown, k.Cooldown}} {
			if d.from != nil {
				*d.to = sampletime.Samples(*d.from, r.rate)
			}
		}
		l.show(*rule, r.rate)
		if index < len(w.Opinion.Labels) && w.Opinion.Labels[index].Class >= 0 {
			o := &w.Opinion.Labels[index]
			o.Fused.On, o.Fused.Off = rule.On, rule.Off
			o.Candidate = min(o.Candidate, rule.On)
		}
	}
	for i := range w.Smooth.Groups {
		w.regroup(&w.Smooth.Groups[i], set)
	}
	return &w
}

// regroup makes a group's rule anew where one of its members was adjusted: it is on while any of them is.
func (r *Rules) regroup(g *smooth.Group, set map[string]config.TunedLabel) {
	var rule smooth.Rule
	changed := false
	for _, m := range g.Members {
		_, is := set[r.IDs[m]]
		changed = changed || is
		if own := r.Smooth.Rules[m]; own != (smooth.Rule{}) {
			rule = sharper(rule, own)
		} else { // no sensor of its own: its rule is in the group's
			rule = sharper(rule, g.Rule)
		}
	}
	if changed {
		g.Rule = rule
	}
}

// show notes on the label what people see of its rule.
func (l *Label) show(rule smooth.Rule, rate int) {
	l.On, l.Off, l.Hold = rule.On, rule.Off, sampletime.Span(rule.Hold, rate)
}
