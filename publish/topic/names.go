package topic

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Source is one microphone, file or stream as MQTT sees it.
type Source struct {
	Name       string  // topic level and entity prefix; slugged by [Slug]
	Title      string  // shown to people; empty = Name
	Area       string  // the room it is in; empty = the node's
	Calibrated bool    // its levels are sound pressure
	Labels     []Label // watched labels and groups, in the order they are shown
}

// Label is one sound, or one group of sounds, that has a sensor of its own.
type Label struct {
	ID      string  // the model's label or the group's name; slugged by [Slug]
	Title   string  // shown to people; empty = ID with blanks
	Icon    string  // "mdi:dog"; empty = a usual one
	Group   bool    // several labels reported as one
	Watched bool    // false keeps the label off MQTT
	On      float64 // the score that switches it on, 0..1
	Off     float64 // the score at which it is still heard, 0..1
	Hold    time.Duration
	Members []string // of a group: labels by ID
}

// Shown is the source's name for people.
func (s Source) Shown() string { return cmp.Or(s.Title, Humanise(s.Name)) }

// Shown is the label's name for people.
func (l Label) Shown() string { return cmp.Or(l.Title, Humanise(l.ID)) }

// Humanise writes an id as people would: blanks, and a capital first.
func Humanise(id string) string {
	r := []rune(strings.ReplaceAll(id, "_", " "))
	if len(r) == 0 {
		return ""
	}
	return strings.ToUpper(string(r[0])) + string(r[1:])
}

// Reserved returns the names that a label must not have: it would share its topics or its entity with
// the source's own.
func Reserved() []string {
	names := []string{"level", "laeq", "reset"} // entities without a topic of their own
	for _, l := range Leaves {
		if l.Level == OfSource && !l.Command {
			names = append(names, l.Name)
		}
	}
	return append(names, "set")
}

// ReservedForNode returns the names that a source must not have: they are the node's own.
func ReservedForNode() []string {
	names := []string{"latency"} // an entity without a topic of its own
	for _, l := range Leaves {
		if l.Level == OfNode {
			names = append(names, l.Name)
		}
	}
	return names
}

// CheckSources holds names against each other: every topic and every entity
// must belong to one thing only.
func CheckSources(sources []Source) error {
	var errs []error
	slugs, titles := map[string]string{}, map[string]string{}
	for _, name := range ReservedForNode() {
		slugs[name] = "(the node's " + name + ")"
	}
	owner := map[string]string{}
	for _, figure := range []string{"latency", "dropped_windows", "source_faults", "queued_events", "dropped_events", "provider"} {
		owner[figure] = "the node's " + figure
	}
	claim := func(key, who string) {
		if o, taken := owner[key]; taken {
			errs = append(errs, fmt.Errorf("%s and %s would share the id %q: rename one of them", o, who, key))
			return
		}
		owner[key] = who
	}
	for _, s := range sources {
		src := Slug(s.Name)
		if s.Name == "" {
			errs = append(errs, errors.New("a source has no name"))
			continue
		}
		if other, taken := slugs[src]; taken {
			errs = append(errs, fmt.Errorf("sources %q and %q would share the topic level %q: rename one of them", other, s.Name, src))
			continue
		}
		slugs[src] = s.Name
		if other, taken := titles[s.Shown()]; taken {
			errs = append(errs, fmt.Errorf("sources %q and %q would both be shown as %q: give one of them another title", other, s.Name, s.Shown()))
		}
		titles[s.Shown()] = s.Name
		for _, name := range Reserved() {
			claim(src+"_"+name, fmt.Sprintf("%q of source %q", name, s.Name))
		}
		for _, l := range s.Labels {
			if l.ID == "" {
				errs = append(errs, fmt.Errorf("source %q: a label has no name", s.Name))
			} else if l.Watched {
				for _, entity := range []string{"", "_mute", "_count", "_threshold", "_hold"} {
					claim(src+"_"+Slug(l.ID)+entity, fmt.Sprintf("label %q of source %q", l.ID, s.Name))
				}
			}
		}
	}
	return errors.Join(errs...)
}

// Check holds a topic prefix against MQTT 3.1.1 section 4.7.
func Check(t string) error {
	switch {
	case t == "":
		return errors.New("is empty")
	case len(t) > 200:
		return errors.New("is longer than 200 bytes")
	case !utf8.ValidString(t) || strings.ContainsAny(t, "+#\x00"):
		return errors.New("want valid UTF-8 without +, # and NUL")
	case strings.HasPrefix(t, "/") || strings.HasSuffix(t, "/") || strings.HasPrefix(t, "$"):
		return errors.New("must not start with / or $ nor end with /")
	}
	return nil
}
