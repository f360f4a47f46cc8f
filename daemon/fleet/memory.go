package fleet

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"earshot/daemon/models"
	"earshot/internal/atomicfile"
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

// trial is what lies in its place, and can be taken back.
type trial struct {
	Kind  string    `json:"kind"`
	Name  string    `json:"name"`
	Had   bool      `json:"had"` // there was an overlay of this name before
	Until time.Time `json:"until"`
}

const (
	memoryName = "fleet.json"
	maxMemory  = 64 << 10
)

func recall(dir string) (m memory, err error) {
	path := filepath.Join(dir, memoryName)
	atomicfile.ClearHalf(path)
	b, err := readfile.Bytes(path, maxMemory)
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &m)
	}
	if err != nil {
		return memory{}, fmt.Errorf("what was pushed to this node, %q: %w; without it a replay would not be known, so nothing is taken", path, err)
	}
	return m, nil
}

func (m memory) save(dir string) error {
	b, err := json.Marshal(m)
	if err == nil {
		err = atomicfile.WriteBytes(filepath.Join(dir, memoryName), 0o600, append(b, '\n'))
	}
	return err
}

// overlayPaths are where an overlay lies, and the one that it replaces until it has shown that it is well: no name that is read.
func overlayPaths(dir, name string) (path, before string) {
	folder := filepath.Join(dir, "config.d")
	return filepath.Join(folder, name+".yaml"), filepath.Join(folder, "."+name+".before")
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
	old, err := readfile.Bytes(path, maxOverlay)
	switch {
	case err == nil:
		if t.Had, err = true, atomicfile.WriteBytes(before, 0o600, old); err != nil {
			return err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return atomicfile.WriteBytes(path, 0o600, file)
}

// takeBack puts back what was there before, on the disk.
func (t *trial) takeBack(dir string, shelf models.Shelf) error {
	if t.Kind == Model {
		_, err := shelf.Back()
		return err
	}
	path, before := overlayPaths(dir, t.Name)
	if t.Had {
		return os.Rename(before, path)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
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
