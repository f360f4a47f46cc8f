package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"earshot/internal/readfile"

	"golang.org/x/sys/unix"
)

// Overlays are files like the configuration, which say something else of some of its keys: those in config.d beside it, by name, and over
// them those in config.d of the state folder, which the owner of a fleet pushed. Each is read as strictly as the configuration.

const (
	overlayDir  = "config.d"
	overlayEnd  = ".yaml"
	maxOverlays = 100 // in a folder
)

// PushedDir is the folder of the overlays that were pushed.
func (f *File) PushedDir() (string, error) {
	dir, err := f.Config.statePath()
	return filepath.Join(dir, overlayDir), err
}

// absent tells, from why it could not be read, whether nothing stands at path: there is no such name, or its folder is none, of
// which check-config tells itself.
func absent(path string, err error) bool {
	if errors.Is(err, unix.ENOTDIR) {
		_, err = os.Stat(path)
		return errors.Is(err, unix.ENOTDIR)
	}
	return errors.Is(err, fs.ErrNotExist)
}

// overlays reads a folder's, by name; none where there is no folder.
func overlays(dir string) (all []text, err error) {
	entries, err := os.ReadDir(dir)
	if absent(dir, err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		switch end := filepath.Ext(path); {
		case strings.HasPrefix(e.Name(), ".") || end != overlayEnd && end != ".yml":
			continue // an editor's, a package manager's
		case end != overlayEnd:
			return nil, fmt.Errorf("configuration: %q would not be read: its name must end in %s", path, overlayEnd)
		case len(all) == maxOverlays:
			return nil, fmt.Errorf("configuration: more than %d overlays in %q; is it the right folder?", maxOverlays, dir)
		}
		bytes, err := readfile.Bytes(path, maxFileBytes)
		if err != nil {
			return nil, fmt.Errorf("configuration: %w", err)
		}
		all = append(all, text{path, bytes})
	}
	return all, nil
}

// pushed reads the overlays that were pushed; none where there is no place for them.
func (f *File) pushed() ([]text, error) {
	dir, err := f.PushedDir()
	if err != nil {
		return nil, nil
	}
	return overlays(dir)
}

// ownKeys are what a node decides itself: whom it obeys, and where it keeps what it was told.
var ownKeys = []string{"fleet", "state_dir"}

// notPushed finds keys that no push may set.
func (f *File) notPushed(pushed []text) (issues Errors) {
	for _, key := range ownKeys {
		at := f.places[key]
		for _, t := range pushed {
			if at.origin == t.origin {
				issues = append(issues, Issue{at.origin, at.line, key, "is the node's own: it is set in its configuration, and not pushed"})
			}
		}
	}
	return issues
}
