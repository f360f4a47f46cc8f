// Package recordings keeps what people recorded to be learned: a folder a label, as "earshot record" makes it and "earshot teach" learns
// from it, the room alone beside them, and sounds that were taken for something they are not.
//
//	doorbell/doorbell_001.flac   a take
//	.room/room_001.flac          the room alone
//	.not/dog/mic_dog_….flac      told of as a dog, and judged wrong
//
// The folder is bounded: a label has at most MaxTakes, and all of it at most MaxBytes. Takes are a person's own and never dropped
// for others, which are refused instead; of what was judged wrong the oldest makes room.
package recordings

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"earshot/daemon/config"
	"earshot/internal/atomicfile"
	"earshot/internal/audio"
	"earshot/internal/readfile"
	"earshot/train/dataset"
	"earshot/train/takes"
)

// Folders beside the labels'; data sets pass over such names.
const (
	Room = ".room" // the room alone
	Not  = ".not"  // below it a folder a label: what was taken for it and is none
)

// Bounds of what is kept for the page and for feedback.
const (
	MaxTakes  = 200       // of a label, and of what was wrongly taken for it
	MaxLabels = 64        // folders
	MaxBytes  = 512 << 20 // of everything
)

// Enough is how many takes a label needs to be learned.
const Enough = 5

// Folder is a folder of recordings.
type Folder struct {
	Dir string
	Max int64 // bytes of everything; 0: no bound, as in a folder that a person names
}

// Of is the folder in a configuration's state folder. Nothing is made before something is kept.
func Of(c *config.Config) (Folder, error) {
	state, err := c.StateFolder()
	return Folder{filepath.Join(state, "recordings"), MaxBytes}, err
}

// There tells whether anything was ever kept.
func (f Folder) There() bool {
	st, err := os.Stat(f.Dir)
	return err == nil && st.IsDir()
}

// Take is one recording.
type Take struct {
	Name  string    `json:"name"`
	Bytes int64     `json:"bytes"`
	At    time.Time `json:"at"` // when it was written
}

// Label is the takes of one label, in order of their names.
type Label struct {
	Label string `json:"label"`
	Takes []Take `json:"takes"`
}

// Contents are all takes of a folder.
type Contents struct {
	Labels []Label
	Room   []Take
	Not    []Label
	Bytes  int64
}

// ErrName says that a label or a take cannot be called so.
var ErrName = errors.New("no such name")

var takeName = regexp.MustCompile(`^[a-z0-9][a-zA-Z0-9_.-]{0,199}\.(flac|wav)$`)

// CheckLabel tells why nothing can be recorded as a label; a good one is as [dataset.ID] makes it.
func CheckLabel(label string) error {
	switch {
	case label == "" || label != dataset.ID(label) || len(label) > 64:
		return fmt.Errorf("label %.80q: want lower-case letters, digits and _, at most 64", label)
	case label == dataset.BackgroundLabel:
		return fmt.Errorf("%q is what the model calls nothing; the room is recorded with every other label", label)
	}
	return nil
}

// place is the folder of a label, of the room, or of what was taken for a label (".not/dog").
func (f Folder) place(label string) (string, error) {
	name, not := strings.CutPrefix(label, Not+"/")
	if name == Room && !not {
		return filepath.Join(f.Dir, Room), nil
	}
	if err := CheckLabel(name); err != nil {
		return "", fmt.Errorf("%w: %w", ErrName, err)
	}
	return filepath.Join(f.Dir, filepath.FromSlash(label)), nil
}

// List is what there is. A folder that is not there is empty.
func (f Folder) List() (c Contents, err error) {
	if c.Labels, err = f.labels(""); err == nil {
		c.Not, err = f.labels(Not)
	}
	if err == nil {
		c.Room, err = list(filepath.Join(f.Dir, Room))
	}
	for _, part := range [][]Label{c.Labels, c.Not, {{Takes: c.Room}}} {
		for _, l := range part {
			for _, t := range l.Takes {
				c.Bytes += t.Bytes
			}
		}
	}
	return c, err
}

func (f Folder) labels(below string) (out []Label, err error) {
	dirs, err := os.ReadDir(filepath.Join(f.Dir, below))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("recordings: %w", err)
	}
	for _, d := range dirs {
		if !d.IsDir() || CheckLabel(d.Name()) != nil {
			continue
		}
		takes, err := list(filepath.Join(f.Dir, below, d.Name()))
		if err != nil {
			return nil, err
		}
		if len(takes) > 0 {
			out = append(out, Label{d.Name(), takes})
		}
	}
	return out, nil
}

func list(dir string) (out []Take, err error) {
	files, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("recordings: %w", err)
	}
	for _, file := range files {
		if st, err := file.Info(); err == nil && st.Mode().IsRegular() && takeName.MatchString(file.Name()) {
			out = append(out, Take{file.Name(), st.Size(), st.ModTime()})
		}
	}
	return out, nil
}

// room makes sure that so many bytes more fit, dropping what was judged wrong longest ago, and that the folder dir can take a file more.
func (f Folder) room(dir string, more int64) error {
	if f.Max == 0 {
		return nil
	}
	c, err := f.List()
	if err != nil {
		return err
	}
	here, err := list(dir)
	if err != nil {
		return err
	}
	type old struct {
		path string
		Take
	}
	var spare []old
	for _, l := range c.Not {
		for _, t := range l.Takes {
			spare = append(spare, old{filepath.Join(f.Dir, Not, l.Label, t.Name), t})
		}
	}
	slices.SortFunc(spare, func(a, b old) int { return a.At.Compare(b.At) })
	n := len(here)
	for _, o := range spare {
		own := filepath.Dir(o.path) == dir
		if c.Bytes+more <= f.Max && (n < MaxTakes || !own) {
			continue
		}
		if err := os.Remove(o.path); err != nil {
			return fmt.Errorf("recordings: %w", err)
		}
		if c.Bytes -= o.Bytes; own {
			n--
		}
	}
	switch {
	case c.Bytes+more > f.Max:
		return fmt.Errorf("recordings in %q: %d MB is all there is room for; delete some first", f.Dir, f.Max>>20)
	case n >= MaxTakes:
		return fmt.Errorf("recordings in %q: %d are all there is room for; delete some first", dir, MaxTakes)
	case len(here) == 0 && len(c.Labels) >= MaxLabels:
		return fmt.Errorf("recordings in %q: %d labels are all there is room for; delete one first", f.Dir, MaxLabels)
	}
	return nil
}

// Keep writes a take of a label, or of the room, as FLAC under the next free name, which it returns.
func (f Folder) Keep(label string, x []float32) (name string, err error) {
	dir, err := f.place(label)
	if err != nil {
		return "", err
	}
	if err := f.room(dir, int64(2*len(x))); err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("recordings: %w", err)
	}
	for n := 1; ; n++ {
		name := fmt.Sprintf("%s_%03d.flac", strings.TrimPrefix(filepath.Base(dir), "."), n)
		path := filepath.Join(dir, name)
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			return name, audio.WriteFLAC(path, x, takes.Rate)
		} else if err != nil {
			return "", err
		}
	}
}

// Adopt keeps a file of sound that lies elsewhere, which may go from there afterwards. One that is kept already stays as it is.
func (f Folder) Adopt(label, path string) error {
	dir, err := f.place(label)
	if err != nil {
		return err
	}
	name := filepath.Base(path)
	if !takeName.MatchString(name) {
		return fmt.Errorf("%w: %.80q", ErrName, name)
	}
	to := filepath.Join(dir, name)
	if _, err := os.Lstat(to); err == nil {
		return nil
	}
	st, err := os.Stat(path)
	if err != nil {
		return err
	}
	if err := f.room(dir, st.Size()); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("recordings: %w", err)
	}
	return atomicfile.Keep(path, to, 0o644, MaxBytes)
}

// Drop takes a file out from under all labels but one, "" for none: somebody thought better of it.
func (f Folder) Drop(name, but string) error {
	if !takeName.MatchString(name) {
		return fmt.Errorf("%w: %.80q", ErrName, name)
	}
	c, err := f.List()
	if err != nil {
		return err
	}
	for below, part := range map[string][]Label{"": c.Labels, Not + "/": c.Not} {
		for _, l := range part {
			if label := below + l.Label; label != but && slices.ContainsFunc(l.Takes, func(t Take) bool { return t.Name == name }) {
				if err := f.Delete(label, name); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// Delete deletes a take, and the label's folder with its last.
func (f Folder) Delete(label, name string) error {
	dir, err := f.place(label)
	if err != nil {
		return err
	}
	if !takeName.MatchString(name) {
		return fmt.Errorf("%w: %.80q", ErrName, name)
	}
	if err := os.Remove(filepath.Join(dir, name)); err != nil {
		return fmt.Errorf("recordings: %w", err)
	}
	_ = os.Remove(dir) // fails while something is in it
	return nil
}

// Open opens a take.
func (f Folder) Open(label, name string) (*os.File, error) {
	dir, err := f.place(label)
	if err != nil {
		return nil, err
	}
	if !takeName.MatchString(name) {
		return nil, fmt.Errorf("%w: %.80q", ErrName, name)
	}
	return readfile.Open(filepath.Join(dir, name), readfile.AnySize)
}
