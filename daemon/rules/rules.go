// Package rules matches the configuration's labels and groups with a model's: what is watched, what it is called, and
// when it counts as on.
package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"earshot/daemon/config"
	"earshot/daemon/names"
	"earshot/daemon/opinion"
	"earshot/gammatone"
	"earshot/infer"
	"earshot/infer/beside"
	"earshot/infer/smooth"
	"earshot/internal/sampletime"
	"earshot/publish/topic"
	"earshot/verify"
)

// Rules are what the configuration's labels and groups come to with a given model.
type Rules struct {
	Smooth  smooth.Config
	Cadence bool // behind the model's labels come those that are told by their rhythm
	Opinion opinion.Config
	Watched []Label  // labels, then groups, in the order they are shown
	IDs     []string // by index in smooth's events: all labels of the model, then groups
	Titles  []string // beside IDs
	rate    int      // Hz
}

// Label is a sound, or a group of them, that is watched.
type Label struct {
	ID, Title string
	Icon      string // "mdi:dog"; "" = none of its own
	Group     bool
	Members   []string // of a group: labels by ID
	On, Off   float64  // the score that switches it on, and the one at which it is still heard, 0…1
	Hold      time.Duration
}

// Index is the place of a label or group in events and scores, −1 for none.
func (r *Rules) Index(id string) int { return slices.Index(r.IDs, id) }

// Single is how many of IDs are labels of their own; groups follow.
func (r *Rules) Single() int { return len(r.Smooth.Labels) }

// Resolve matches the watched labels with the model's. What the built-in list names and this model does not know
// is left out; what the user named must be there. head is the second opinion's, nil where there is none: with it come
// thresholds of its own.
func Resolve(f *config.File, m *infer.Model, front gammatone.Config, head *verify.Head) (*Rules, error) {
	r := &resolver{file: f, model: m, head: head, rate: front.SampleRate, labels: m.Labels}
	w := &Rules{Cadence: !slices.ContainsFunc(beside.Labels, func(id string) bool { return slices.Contains(m.Labels, id) })}
	if w.Cadence {
		r.labels = slices.Concat(m.Labels, beside.Labels)
	}
	w.IDs, w.Titles, w.rate = slices.Clone(r.labels), make([]string, len(r.labels)), front.SampleRate
	w.Smooth = smooth.Config{
		Labels:        r.labels,
		Average:       f.Config.Smoothing.Windows,
		Rules:         make([]smooth.Rule, len(r.labels)),
		Background:    m.Background,
		WindowSamples: int64(front.WindowSamples()),
	}
	for i, id := range m.Labels {
		w.Titles[i] = cmp.Or(names.Of(f.Config.Node.Language, id), m.Names[id])
	}
	for i, id := range r.labels[len(m.Labels):] {
		w.Titles[len(m.Labels)+i] = cmp.Or(names.Of(f.Config.Node.Language, id), beside.Names[i])
	}
	r.watched(w)
	r.groups(w)
	r.notify(w)
	r.surveillance(w)
	if len(r.issues) > 0 {
		return nil, r.issues
	}
	if err := w.Smooth.Validate(); err != nil {
		return nil, fmt.Errorf("watch: %w", err)
	}
	if head != nil {
		w.Opinion = r.opinion(w)
	}
	return w, nil
}

type resolver struct {
	file   *config.File
	model  *infer.Model
	labels []string     // the model's, and those that are told by their rhythm
	head   *verify.Head // nil without a second opinion
	rate   int
	issues config.Errors
}

func (r *resolver) watched(w *Rules) {
	c := r.file.Config.Watch
	named := map[string]bool{}
	for _, l := range c.Labels {
		named[l.Label] = true
	}
	for i, l := range c.Labels {
		switch index := slices.Index(r.labels, l.Label); {
		case l.Label == "*":
			r.all(w, l, named)
		case index >= 0 && l.Label == r.model.Background:
			r.issue(i, "%q is the model's name for nothing to hear; it never switches on", l.Label)
		case index >= 0:
			r.watch(w, index, l)
		case r.file.Given("watch.labels"):
			r.issue(i, "%q: the model does not know it%s", l.Label, known(l.Label, r.labels))
		}
	}
	if c.New && !named["*"] {
		for _, id := range r.model.Taught {
			if index := slices.Index(r.labels, id); !named[id] && id != r.model.Background {
				r.watch(w, index, config.Label{Label: id})
			}
		}
	}
	if len(w.Watched) == 0 && !r.file.Given("watch.labels") {
		r.all(w, config.Label{}, named) // a model of one's own: everything it knows
	}
}

func (r *resolver) issue(i int, format string, args ...any) {
	r.issues = append(r.issues, r.file.Issue(fmt.Sprintf("watch.labels[%d].label", i), format, args...))
}

// all watches every label that is not named on its own.
func (r *resolver) all(w *Rules, l config.Label, named map[string]bool) {
	for index, id := range r.model.Labels {
		if id != r.model.Background && !named[id] {
			l.Label, l.Title = id, ""
			r.watch(w, index, l)
		}
	}
}

func (r *resolver) watch(w *Rules, index int, l config.Label) {
	c := r.file.Config.Watch
	if l.Title != "" {
		w.Titles[index] = l.Title
	}
	own := r.thresholds(l.Label)
	on, off := config.Or(l.On, c.On), config.Or(l.Off, c.Off)
	switch {
	case on == 0 && own.On > 0:
		on, off = own.On, nonZero(off, own.Off)
	case on == 0:
		on = infer.DefaultThreshold.On
	}
	off = min(nonZero(off, on*infer.DefaultThreshold.Off/infer.DefaultThreshold.On), on)
	w.Smooth.Rules[index] = smooth.Rule{
		On:       on,
		Off:      off,
		MinOn:    r.samples(config.Or(l.MinOn, c.MinOn)),
		Hold:     r.samples(config.Or(l.Hold, c.Hold)),
		Cooldown: r.samples(config.Or(l.Cooldown, c.Cooldown)),
	}
	shown := Label{ID: l.Label, Title: w.Titles[index], Icon: l.Icon}
	shown.show(w.Smooth.Rules[index], r.rate)
	w.Watched = append(w.Watched, shown)
}

// groups makes each group a sensor with the most sensitive of its members' rules: it is on while any of them is.
func (r *resolver) groups(w *Rules) {
	for i, g := range r.file.Config.Watch.Groups {
		group := smooth.Group{ID: g.Name}
		for j, id := range g.Labels {
			index := slices.Index(r.labels, id)
			if index < 0 {
				if r.file.Given("watch.groups") {
					r.issues = append(r.issues, r.file.Issue(fmt.Sprintf("watch.groups[%d].labels[%d]", i, j), "%q: the model does not know it%s", id, known(id, r.labels)))
				}
				continue
			}
			group.Members = append(group.Members, index)
			rule := w.Smooth.Rules[index]
			if rule == (smooth.Rule{}) { // in the group, but not a sensor of its own
				rule = r.ruleOf(id)
			}
			group.Rule = sharper(group.Rule, rule)
		}
		if slices.Contains(r.labels, g.Name) {
			r.issues = append(r.issues, r.file.Issue(fmt.Sprintf("watch.groups[%d].name", i), "%q is a label of the model; a group needs a name of its own", g.Name))
			continue
		}
		if len(group.Members) == 0 {
			continue
		}
		w.Smooth.Groups = append(w.Smooth.Groups, group)
		w.IDs = append(w.IDs, g.Name)
		title := cmp.Or(g.Title, names.Of(cmp.Or(r.file.Config.Node.Language, "en"), g.Name), topic.Humanise(g.Name))
		w.Titles = append(w.Titles, title)
		w.Watched = append(w.Watched, Label{ID: g.Name, Title: title, Icon: g.Icon, Group: true, Off: group.Rule.Off, Members: members(r.labels, group)})
	}
}

// notify checks the labels and groups that notifications name: they must be watched.
func (r *resolver) notify(w *Rules) {
	var watched []string
	for _, l := range w.Watched {
		watched = append(watched, l.ID)
	}
	for i, n := range r.file.Config.Notify {
		for j, id := range n.Labels {
			if !slices.Contains(watched, id) {
				r.issues = append(r.issues, r.file.Issue(fmt.Sprintf("notify[%d].labels[%d]", i, j), "%q is not watched; want one of %s", id, strings.Join(watched, ", ")))
			}
		}
	}
}

// surveillance checks the labels that raise an alarm: scores of others are the first network's alone.
func (r *resolver) surveillance(w *Rules) {
	s := r.file.Config.Surveillance
	for mode, alarms := range map[string][]config.Alarm{"home": s.Home, "away": s.Away, "night": s.Night} {
		for i, a := range alarms {
			if !slices.ContainsFunc(w.Watched, func(l Label) bool { return l.ID == a.Label && !l.Group }) {
				r.issues = append(r.issues, r.file.Issue(fmt.Sprintf("surveillance.%s[%d].label", mode, i), "%q is no watched label: put it under watch.labels", a.Label))
			}
		}
	}
}

// members are the ids of a group's labels.
func members(labels []string, g smooth.Group) (ids []string) {
	for _, i := range g.Members {
		ids = append(ids, labels[i])
	}
	return ids
}

// ruleOf is what a label's rule would be with the settings common to all.
func (r *resolver) ruleOf(id string) smooth.Rule {
	scratch := &Rules{Titles: make([]string, len(r.labels)), Smooth: smooth.Config{Rules: make([]smooth.Rule, len(r.labels))}}
	index := slices.Index(r.labels, id)
	r.watch(scratch, index, config.Label{Label: id})
	return scratch.Smooth.Rules[index]
}

func sharper(a, b smooth.Rule) smooth.Rule {
	if a == (smooth.Rule{}) {
		return b
	}
	return smooth.Rule{On: min(a.On, b.On), Off: min(a.Off, b.Off), MinOn: min(a.MinOn, b.MinOn), Hold: max(a.Hold, b.Hold), Cooldown: min(a.Cooldown, b.Cooldown)}
}

func (r *resolver) samples(d time.Duration) int64 { return sampletime.Samples(d, r.rate) }

// known helps with a label that is not there: the nearest, or all.
func known(id string, labels []string) string {
	if near := config.Nearest(id, labels); near != "" {
		return config.DidYouMean(near)
	}
	return "; it knows " + strings.Join(labels, ", ")
}

func nonZero(v, otherwise float64) float64 {
	if v == 0 {
		return otherwise
	}
	return v
}

// Title is the name shown: the one given, else the id with blanks and a capital.
func Title(given, id string) string { return cmp.Or(given, topic.Humanise(id)) }
