package config

import (
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

// What somebody applied on the page lies over the configuration: a file in the state folder with rules of labels, which
// Load reads as strictly as the configuration itself. It changes labels that are watched and watches no others.

// tunedName is the file's name, with ".before" at its end that of the one before.
const (
	tunedName  = "tuned.yaml"
	tunedHeads = "# Rules of labels that were applied on the page; they lie over the configuration. Delete this file to undo all of them.\nlabels:\n"
)

// Tuned is what lies over a configuration.
type Tuned struct {
	Path   string  // of its file, "" where there is none
	Labels []Label // with On and Off, and durations where they were chosen
}

// TunedPath is where what is applied to this configuration lies.
func (f *File) TunedPath() (string, error) {
	dir, err := f.Config.statePath()
	return filepath.Join(dir, tunedName), err
}

// overlay reads what lies over the configuration, and puts it there.
func (f *File) overlay() Errors {
	path, err := f.TunedPath()
	if err != nil {
		return nil // there is no place for it
	}
	labels, issues := readTuned(path)
	if len(issues) > 0 || labels == nil {
		return issues
	}
	f.Tuned = Tuned{path, labels}
	watched := slices.Clone(f.Config.Watch.Labels)
	all := slices.IndexFunc(watched, func(l Label) bool { return l.Label == "*" })
	for _, l := range labels {
		i := slices.IndexFunc(watched, func(w Label) bool { return w.Label == l.Label })
		switch {
		case i >= 0:
			w := &watched[i]
			w.On, w.Off = l.On, l.Off
			for _, d := range []struct{ to, from **time.Duration }{{&w.MinOn, &l.MinOn}, {&w.Hold, &l.Hold}, {&w.Cooldown, &l.Cooldown}} {
				if *d.from != nil {
					*d.to = *d.from
				}
			}
		case all >= 0:
			l.Icon = watched[all].Icon
			watched = append(watched, l)
		}
	}
	f.Config.Watch.Labels = watched
	return nil
}

// readTuned reads a file of rules; nil where there is none.
func readTuned(path string) ([]Label, Errors) {
	text, err := readfile.Bytes(path, maxFileBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, Errors{{path, 0, "", fmt.Sprintf("what was applied on the page cannot be read: %v", err)}}
	}
	root, issue := document(path, text)
	if issue != nil {
		return nil, Errors{*issue}
	}
	var t struct {
		Labels []Label `key:"labels"`
	}
	d := &decoder{origin: path, lines: map[string]int{}}
	if root != nil {
		d.value(root, reflect.ValueOf(&t).Elem(), "", "")
	}
	issues := d.issues
	seen := map[string]bool{}
	for i, l := range t.Labels {
		key := fmt.Sprintf("labels[%d]", i)
		fail := func(format string, args ...any) {
			issues = append(issues, Issue{path, d.lines[key], key, fmt.Sprintf(format, args...)})
		}
		switch on, off := Or(l.On, 0), Or(l.Off, 0); {
		case l.Label == "" || l.Label == "*" || seen[l.Label]:
			fail("label %q: want the name of a label, each once", l.Label)
		case on <= 0 || off <= 0 || off > on:
			fail("on %g, off %g: want 0 < off ≤ on ≤ 1", on, off)
		case l.Title != "" || l.Icon != "":
			fail("want a rule, without title and icon: those belong into the configuration")
		}
		seen[l.Label] = true
	}
	return t.Labels, issues
}

// ErrNothingBefore says that there is nothing to undo.
var ErrNothingBefore = errors.New("nothing was applied before, so there is nothing to undo")

// Apply puts a label's rule into the file at path, in the place of one before; back undoes that on the disk.
func Apply(path string, l Label) (back func() error, err error) {
	labels, issues := readTuned(path)
	if len(issues) > 0 {
		return nil, issues
	}
	labels = append(slices.DeleteFunc(labels, func(k Label) bool { return k.Label == l.Label }), l)
	var text strings.Builder
	text.WriteString(tunedHeads)
	for _, l := range labels {
		fmt.Fprintf(&text, "  - {label: %s, on: %g, off: %g", l.Label, Or(l.On, 0), Or(l.Off, 0))
		for _, d := range []struct {
			key string
			of  *time.Duration
		}{{"min_on", l.MinOn}, {"hold", l.Hold}, {"cooldown", l.Cooldown}} {
			if d.of != nil {
				fmt.Fprintf(&text, ", %s: %s", d.key, formatDuration(*d.of))
			}
		}
		text.WriteString("}\n")
	}
	before, err := readfile.Bytes(path, maxFileBytes)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err := atomicfile.WriteBytes(path+".before", 0o600, before); err != nil {
		return nil, err
	}
	return func() error { return Undo(path) }, atomicfile.WriteBytes(path, 0o600, []byte(text.String()))
}

// Undo puts the file at path back to what it was before the last Apply, once.
func Undo(path string) error {
	before, err := readfile.Bytes(path+".before", maxFileBytes)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return ErrNothingBefore
	case err != nil:
		return err
	case len(before) == 0: // there was none
		err = os.Remove(path)
	default:
		err = atomicfile.WriteBytes(path, 0o600, before)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Remove(path + ".before")
}
