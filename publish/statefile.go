package publish

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"earshot/internal/atomicfile"
)

// announced is what was published last time and must be taken back when it is
// no longer configured, also by a later process. Kept as JSON in StateFile.
type announced struct {
	Version int               `json:"version"`
	Node    string            `json:"node"`
	Base    string            `json:"base"`   // "earshot/<id>"
	Device  map[string]string `json:"device"` // component key → platform
	Topic   string            `json:"topic"`  // device configuration, "" = none
	Legacy  []string          `json:"legacy"` // per-entity configuration topics
	Ghosts  map[string]string `json:"ghosts"` // component key → platform: removed while Home Assistant may have been down
	Topics  []string          `json:"topics"` // retained state topics
}

const stateFileVersion = 1

// loadAnnounced reads the state file. None, or one that cannot be read, counts
// as nothing announced; the latter is an error to mention, not to stop for.
func loadAnnounced(path string) (announced, error) {
	var a announced
	if path == "" {
		return a, nil
	}
	clearHalf(path)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return a, nil
	}
	if err != nil {
		return a, fmt.Errorf("what was announced last time: %w", err)
	}
	if err := json.Unmarshal(b, &a); err != nil || a.Version != stateFileVersion {
		return announced{}, fmt.Errorf("what was announced last time: %q is not a state file of version %d; old entities may stay in Home Assistant", path, stateFileVersion)
	}
	return a, nil
}

func (a announced) save(path string) error {
	if path == "" {
		return nil
	}
	a.Version = stateFileVersion
	return write(path, append(encode(a), '\n'))
}

// write replaces a file of ours: after a crash there is the old content or the
// new, never a part.
func write(path string, b []byte) error {
	return atomicfile.Write(path, 0o600, func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
}

// clearHalf removes what a write of path left behind that a crash interrupted.
func clearHalf(path string) {
	half, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")) // fails on a bad pattern only
	for _, name := range half {
		_ = os.Remove(name) // the next start tries again
	}
}
