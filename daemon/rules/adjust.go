package rules

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"sync"
	"time"

	"earshot/infer/smooth"
	"earshot/internal/atomicfile"
	"earshot/internal/readfile"
	"earshot/internal/sampletime"
)

// Adjust asks for another threshold or hold of a label at one source. Nil leaves what is; Undo returns to what the
// configuration says of both.
type Adjust struct {
	Source string         `json:"source"`
	Label  string         `json:"label"`          // "" = all of the source's, to undo them
	On     *float64       `json:"on,omitempty"`   // score, above 0 and at most 1
	Hold   *time.Duration `json:"hold,omitempty"` // ns
	Undo   bool           `json:"-"`
}

// Each is the label's adjustment or, where a names none, one for each label that is watched.
func (r *Rules) Each(a Adjust) (all []Adjust) {
	if a.Label != "" {
		return []Adjust{a}
	}
	for _, l := range r.Watched {
		if a.Label = l.ID; !l.Group {
			all = append(all, a)
		}
	}
	return all
}

// Adjustments are what people set while the program runs, in Home Assistant say. They are kept in the state folder and
// stand over the configuration, which is not written to. The zero value has none.
type Adjustments struct {
	mu   sync.Mutex // guards the rest
	all  map[[2]string]Adjust
	file string // outlives a restart here; "" = they do not
}

// maxAdjustments bounds the file that is read, in bytes: some ten thousand of them.
const maxAdjustments = 1 << 20

// Keep takes up what stands in a file, and keeps the adjustments there from now on. An error says why what stood there is
// not known.
func (a *Adjustments) Keep(path string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.file, a.all = path, map[[2]string]Adjust{}
	atomicfile.ClearHalf(path)
	b, err := readfile.Bytes(path, maxAdjustments)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var kept []Adjust
	if err == nil {
		err = json.Unmarshal(b, &kept)
	}
	if err != nil {
		return fmt.Errorf("thresholds of the last run, %q: %w", path, err)
	}
	for _, k := range kept {
		if k.fits() {
			a.all[[2]string{k.Source, k.Label}] = k
		}
	}
	return nil
}

// fits reports whether the values can be used; a file may hold anything.
func (k Adjust) fits() bool {
	return (k.On == nil || *k.On > 0 && *k.On <= 1) && (k.Hold == nil || *k.Hold >= 0 && *k.Hold <= time.Hour)
}

// Set takes one over. It holds even when an error says that it could not be kept.
func (a *Adjustments) Set(k Adjust) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.all == nil {
		a.all = map[[2]string]Adjust{}
	}
	key := [2]string{k.Source, k.Label}
	is := a.all[key]
	is.Source, is.Label = k.Source, k.Label
	switch {
	case k.Undo:
		if _, set := a.all[key]; !set {
			return nil
		}
		delete(a.all, key)
	case !k.fits():
		return fmt.Errorf("threshold or hold of %q at %q out of range", k.Label, k.Source)
	default:
		if k.On != nil {
			is.On = k.On
		}
		if k.Hold != nil {
			is.Hold = k.Hold
		}
		a.all[key] = is
	}
	if a.file == "" {
		return nil
	}
	kept := []Adjust{}
	for _, key := range slices.SortedFunc(maps.Keys(a.all), func(x, y [2]string) int { return slices.Compare(x[:], y[:]) }) {
		kept = append(kept, a.all[key])
	}
	b, err := json.Marshal(kept)
	if err == nil {
		err = atomicfile.WriteBytes(a.file, 0o600, append(b, '\n'))
	}
	if err != nil {
		return fmt.Errorf("a threshold will not outlive a restart: %w", err)
	}
	return nil
}

// of are those of a source, by label.
func (a *Adjustments) of(source string) map[string]Adjust {
	a.mu.Lock()
	defer a.mu.Unlock()
	found := map[string]Adjust{}
	for key, k := range a.all {
		if key[0] == source {
			found[key[1]] = k
		}
	}
	return found
}

// For returns the rules at a source: r with what a holds for it. r is not changed.
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
			rule.Off = min(rule.Off**k.On/rule.On, *k.On) // as far below as it was
			rule.On = *k.On
		}
		if k.Hold != nil {
			rule.Hold = sampletime.Samples(*k.Hold, r.rate)
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
func (r *Rules) regroup(g *smooth.Group, set map[string]Adjust) {
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
