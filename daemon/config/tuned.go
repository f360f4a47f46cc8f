package config

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"earshot/internal/atomicfile"
	"earshot/internal/readfile"
)

// What people set of labels while the program runs, on the page, in Home Assistant or over MQTT, lies over the configuration: one file in
// the state folder, which Load reads as strictly as the configuration itself. It changes labels that are watched and watches no others.

// tunedName is the file's name, with ".before" at its end that of the one before.
const (
	tunedName  = "tuned.yaml"
	tunedHeads = "# Rules of labels that were set while earshot ran; they lie over the configuration. Delete this file to undo all of them.\nlabels:\n"
)

// TunedLabel is what was set of a label, at a source or at all of them. Nil leaves what the configuration says.
type TunedLabel struct {
	Label    string         `key:"label" match:"^[a-z0-9_]{1,48}$" want:"the name of a label, such as dog"`
	Source   string         `key:"source"` // "" = every one
	On       *float64       `key:"on" min:"0" max:"1"`
	Off      *float64       `key:"off" min:"0" max:"1"` // without one, as far below On as it was
	MinOn    *time.Duration `key:"min_on" min:"0s" max:"1h"`
	Hold     *time.Duration `key:"hold" min:"0s" max:"24h"`
	Cooldown *time.Duration `key:"cooldown" min:"0s" max:"24h"`
}

// Of tells whether l and k are about the same label at the same source, or at all of them.
func (l TunedLabel) Of(k TunedLabel) bool { return l.Label == k.Label && l.Source == k.Source }

// Over is l with what it leaves out taken from below.
func (l TunedLabel) Over(below TunedLabel) TunedLabel {
	if l.On == nil {
		l.On, l.Off = below.On, below.Off
	}
	l.MinOn, l.Hold, l.Cooldown = cmp.Or(l.MinOn, below.MinOn), cmp.Or(l.Hold, below.Hold), cmp.Or(l.Cooldown, below.Cooldown)
	return l
}

// String says it on one line, as check-config does.
func (l TunedLabel) String() string {
	s := l.Label
	if l.Source != "" {
		s += " at " + l.Source
	}
	return s + ": " + strings.Join(l.values(" "), ", ")
}

// values are those that are set, each behind its key.
func (l TunedLabel) values(between string) (all []string) {
	for _, v := range []struct {
		key string
		of  *float64
	}{{"on", l.On}, {"off", l.Off}} {
		if v.of != nil {
			all = append(all, fmt.Sprintf("%s%s%g", v.key, between, *v.of))
		}
	}
	for _, v := range []struct {
		key string
		of  *time.Duration
	}{{"min_on", l.MinOn}, {"hold", l.Hold}, {"cooldown", l.Cooldown}} {
		if v.of != nil {
			all = append(all, v.key+between+formatDuration(*v.of))
		}
	}
	return all
}

// Tuned is what lies over a configuration.
type Tuned struct {
	Path   string // of its file, "" where nothing outlives a restart
	Labels []TunedLabel
}

// tuned reads what lies over the configuration.
func (f *File) tuned() (Tuned, Errors) {
	dir, err := f.Config.statePath()
	if err != nil {
		return Tuned{}, nil // there is no place for it
	}
	t := Tuned{Path: filepath.Join(dir, tunedName)}
	var issues Errors
	t.Labels, issues = readTuned(t.Path)
	return t, issues
}

// readTuned reads a file of rules; none where there is no file.
func readTuned(path string) ([]TunedLabel, Errors) {
	text, err := readfile.Bytes(path, maxFileBytes)
	if absent(path, err) {
		return nil, nil
	}
	if err != nil {
		return nil, Errors{{path, 0, "", fmt.Sprintf("what was set while it ran cannot be read: %v", err)}}
	}
	root, issue := document(path, text)
	if issue != nil {
		return nil, Errors{*issue}
	}
	var t struct {
		Labels []TunedLabel `key:"labels"`
	}
	d := &decoder{origin: path, places: map[string]place{}}
	if root != nil {
		d.value(root, reflect.ValueOf(&t).Elem(), "", "")
	}
	issues := d.issues
	for i, l := range t.Labels {
		key := fmt.Sprintf("labels[%d]", i)
		fail := func(format string, args ...any) {
			issues = append(issues, Issue{path, d.places[key].line, key, fmt.Sprintf(format, args...)})
		}
		on, off := Or(l.On, 1), Or(l.Off, Or(l.On, 1))
		switch {
		case l.Label == "" || slices.ContainsFunc(t.Labels[:i], l.Of):
			fail("label %q: want the name of a label, each once, or once for a source", l.Label)
		case on <= 0 || off <= 0 || off > on:
			fail("on %g, off %g: want 0 < off ≤ on ≤ 1", on, off)
		case l.On == nil && l.Off != nil:
			fail("off %g: want on beside it", off)
		}
	}
	return t.Labels, issues
}

// ReadTuned reads what lies at path, and what the last change put aside there; undo is false where there is nothing to undo.
func ReadTuned(path string) (labels, before []TunedLabel, undo bool, err error) {
	atomicfile.ClearHalf(path)
	labels, issues := readTuned(path)
	if len(issues) > 0 {
		return nil, nil, false, issues
	}
	if _, err := os.Lstat(path + ".before"); err != nil {
		return labels, nil, false, nil
	}
	if before, issues = readTuned(path + ".before"); len(issues) > 0 {
		return labels, nil, false, issues
	}
	return labels, before, true, nil
}

// Write puts t into its file, and before beside it, from where a change is undone; nil for nothing to undo. An empty list leaves no file.
func (t Tuned) Write(before []TunedLabel, undo bool) error {
	err := removed(t.Path + ".before")
	if undo {
		err = atomicfile.WriteBytes(t.Path+".before", 0o600, written(before))
	}
	if err != nil {
		return err
	}
	if len(t.Labels) == 0 {
		return removed(t.Path)
	}
	return atomicfile.WriteBytes(t.Path, 0o600, written(t.Labels))
}

func removed(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// written are rules as a file has them.
func written(labels []TunedLabel) []byte {
	var text strings.Builder
	text.WriteString(tunedHeads)
	for _, l := range labels {
		text.WriteString("  - {label: " + l.Label)
		if l.Source != "" {
			text.WriteString(", source: " + l.Source)
		}
		for _, v := range l.values(": ") {
			text.WriteString(", " + v)
		}
		text.WriteString("}\n")
	}
	return []byte(text.String())
}
