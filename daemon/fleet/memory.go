package fleet

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"earshot/daemon/models"
	"earshot/internal/atomicfile"
	"earshot/internal/jsonfile"
	"earshot/internal/readfile"
	"earshot/publish"
)

// memory is what a node keeps in its state folder of what was pushed.
type memory struct {
	Counter uint64             `json:"counter"` // of the newest manifest that counted: none up to it is taken again, whatever the clock says
	Made    time.Time          `json:"made"`    // when that was made: the time is not before it
	Trial   *trial             `json:"trial"`   // what must still show that it is well
	Report  publish.PushReport `json:"report"`
}

// trial is what is put in its place, and can be taken back. It is remembered before anything of it lies there.
type trial struct {
	Kind  string    `json:"kind"`
	Name  string    `json:"name"`
	Had   bool      `json:"had"` // there was an overlay of this name before
	Was   string    `json:"was"` // the taught model in use before, "" for none
	Until time.Time `json:"until"`
}

const (
	memoryName = "fleet.json"
	maxMemory  = 64 << 10
)

func recall(dir string) (m memory, err error) {
	path := filepath.Join(dir, memoryName)
	if _, err := jsonfile.Load(path, maxMemory, &m); err != nil {
		return memory{}, fmt.Errorf("what was pushed to this node, %q: %w; without it a replay would not be known, so nothing is taken", path, err)
	}
	return m, nil
}

func (m memory) save(dir string) error {
	return jsonfile.Save(filepath.Join(dir, memoryName), 0o600, m)
}

// overlayPaths are where an overlay lies, and the one that it replaces until it has shown that it is well: no name that is read.
func overlayPaths(dir, name string) (path, before string) {
	folder := filepath.Join(dir, "config.d")
	return filepath.Join(folder, name+".yaml"), filepath.Join(folder, "."+name+".before")
}

// begin is a trial of what a manifest names, before anything of it is in its place.
func begin(dir string, shelf models.Shelf, m *Manifest, until time.Time) (t *trial, err error) {
	t = &trial{Kind: m.Kind, Name: m.Name, Until: until}
	if t.Kind == Model {
		t.Was, err = shelf.InUse()
		return t, err
	}
	path, _ := overlayPaths(dir, t.Name)
	_, err = os.Lstat(path)
	t.Had = err == nil
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return t, err
}

// place puts a file that was measured where the next reload reads it.
func (t *trial) place(dir string, shelf models.Shelf, m *Manifest, file []byte, now time.Time) error {
	if t.Kind == Model {
		card := fmt.Sprintf("# %s\n\nPushed by the fleet's owner, number %d, made %s. SHA-256 %s.\n", m.Name, m.Counter, stamp(m.Made), m.SHA256)
		_, err := shelf.Put(file, []byte(card), nil, now)
		return err
	}
	path, before := overlayPaths(dir, t.Name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if t.Had {
		old, err := readfile.Bytes(path, maxOverlay)
		if err == nil {
			err = atomicfile.WriteBytes(before, 0o600, old)
		}
		if err != nil {
			return err
		}
	}
	return atomicfile.WriteBytes(path, 0o600, file)
}

// takeBack puts back what was there before, on the disk; where nothing was put in its place yet, it is there still.
func (t *trial) takeBack(dir string, shelf models.Shelf) (err error) {
	path, before := overlayPaths(dir, t.Name)
	switch {
	case t.Kind == Model:
		now, err := shelf.InUse()
		if err != nil || now != t.Was {
			_, err = shelf.Back()
		}
		return err
	case t.Had:
		err = os.Rename(before, path)
	default:
		err = os.Remove(path)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// settle leaves what was taken for good.
func (t *trial) settle(dir string) error {
	_, before := overlayPaths(dir, t.Name)
	if err := os.Remove(before); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Recover takes back, before anything of it is used, what was on trial when the program ended: it may be why. back tells whether there was
// anything.
func Recover(dir string, shelf models.Shelf, now time.Time) (back bool, err error) {
	m, err := recall(dir)
	if err != nil || m.Trial == nil {
		return false, err
	}
	if err := m.Trial.takeBack(dir, shelf); err != nil {
		return false, fmt.Errorf("take back what was pushed: %w", err)
	}
	m.Trial, m.Report.State, m.Report.Why, m.Report.At = nil, RolledBack, "the program ended before it had shown that it is well", stamp(now)
	return true, m.save(dir)
}
