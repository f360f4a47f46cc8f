// Package models keeps the models that were taught at home: a folder in the state folder, each with its card beside it, one of them
// in use. What is in use is listened with wherever the configuration names no other model.
package models

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"earshot/daemon/config"
	"earshot/internal/atomicfile"
	"earshot/internal/jsonfile"
)

// Shelf is the folder.
type Shelf struct{ dir string }

// Open is the shelf of a configuration's state folder. Nothing is made before something is put there.
func Open(c *config.Config) (Shelf, error) {
	state, err := c.StateFolder()
	return Shelf{filepath.Join(state, "models")}, err
}

// File is the model that a configuration asks for: the one it names, else the taught one in use, else "", the one in the binary.
func File(f *config.File) (string, error) {
	if f.Config.Model.Path != "" {
		return f.Config.Model.Path, nil
	}
	s, err := Open(&f.Config)
	if err != nil {
		return "", nil // nothing can have been taught where nothing is kept
	}
	path, err := s.InUse()
	if err != nil {
		return "", f.Issue("model.path", "%v; \"earshot teach --rollback\" goes back to the model before", err)
	}
	return path, nil
}

// record says what is in use, and what was before, oldest first; "" is the model in the binary.
type record struct {
	InUse  string   `json:"in_use"`
	Before []string `json:"before"`
}

// Bounds: of the record that is read, and of how far back it goes.
const (
	maxRecord = 64 << 10
	maxBefore = 50
)

// modelName is what files of the shelf are called; nothing else is opened, so that no record leads out of the folder.
var modelName = regexp.MustCompile(`^[0-9a-z_-]{1,80}\.onnx$`)

func (s Shelf) record() (r record, err error) {
	path := filepath.Join(s.dir, "in_use.json")
	_, err = jsonfile.Load(path, maxRecord, &r)
	for _, name := range append([]string{r.InUse}, r.Before...) {
		if err == nil && name != "" && !modelName.MatchString(name) {
			err = fmt.Errorf("%q is no model's name", name)
		}
	}
	if err != nil {
		return record{}, fmt.Errorf("taught models, %q: %w", path, err)
	}
	return r, nil
}

func (s Shelf) save(r record) error {
	if n := len(r.Before) - maxBefore; n > 0 {
		r.Before = r.Before[n:]
	}
	return jsonfile.Save(filepath.Join(s.dir, "in_use.json"), 0o644, r)
}

// HalfHour is the path of a file beside the models in which is remembered what the last two told of the bundled half hour.
func (s Shelf) HalfHour() string { return filepath.Join(s.dir, "half_hour.json") }

// InUse is the path of the taught model that is listened with, "" for none.
func (s Shelf) InUse() (string, error) {
	r, err := s.record()
	if err != nil || r.InUse == "" {
		return "", err
	}
	path := filepath.Join(s.dir, r.InUse)
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("the taught model in use is gone: %w", err)
	}
	return path, nil
}

// Put keeps a model, its card and how it was measured (nil where it was not), and has it listened with from now on; it returns its path.
// The model that was in use stays.
func (s Shelf) Put(model, card []byte, measured *Report, now time.Time) (string, error) {
	r, err := s.record()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return "", fmt.Errorf("taught models: %w", err)
	}
	name := ""
	for n := 1; ; n++ {
		name = fmt.Sprintf("taught-%s-%d.onnx", now.Format("2006-01-02"), n)
		if _, err := os.Lstat(filepath.Join(s.dir, name)); errors.Is(err, fs.ErrNotExist) {
			break
		} else if err != nil {
			return "", err
		}
	}
	path := filepath.Join(s.dir, name)
	if err := atomicfile.WriteBytes(path+".md", 0o644, card); err != nil {
		return "", err
	}
	if err := writeReport(path, measured); err != nil {
		return "", err
	}
	if err := atomicfile.WriteBytes(path, 0o644, model); err != nil {
		return "", err
	}
	return path, s.save(record{InUse: name, Before: append(r.Before, r.InUse)})
}

// Back has the model listened with that was in use before; it returns its path, "" for the one in the binary.
func (s Shelf) Back() (string, error) {
	r, err := s.record()
	if err != nil {
		return "", err
	}
	n := len(r.Before)
	if n == 0 {
		return "", errors.New("there is no model before: none was taught, or all of it was taken back")
	}
	if err := s.save(record{InUse: r.Before[n-1], Before: r.Before[:n-1]}); err != nil {
		return "", err
	}
	return s.InUse()
}

// Entry is one model of the shelf.
type Entry struct {
	Path  string
	InUse bool
}

// List are all models that are kept, by name.
func (s Shelf) List() ([]Entry, error) {
	r, err := s.record()
	if err != nil {
		return nil, err
	}
	files, err := os.ReadDir(s.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("taught models: %w", err)
	}
	var out []Entry
	for _, f := range files {
		if modelName.MatchString(f.Name()) {
			out = append(out, Entry{filepath.Join(s.dir, f.Name()), f.Name() == r.InUse})
		}
	}
	return out, nil
}
