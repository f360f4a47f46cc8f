package main

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"earshot/internal/audio"
	"earshot/internal/figure"
)

// scores are YAMNet's of a recording: for each watched label a score a patch.
type scores map[string][]float64

// scoresOf asks YAMNet about a recording, or takes what it said before from the rig's folder.
func (r *scene) scoresOf(path string) (scores, error) {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	key := sha256.Sum256(fmt.Appendf(nil, "%s %d %d", path, info.Size(), info.ModTime().UnixNano()))
	kept := filepath.Join(r.root, "scores", fmt.Sprintf("%x.npy", key[:12]))
	if _, err := os.Stat(kept); err != nil {
		if err := os.MkdirAll(filepath.Dir(kept), 0o755); err != nil {
			return nil, err
		}
		var done struct{ Patches int }
		if err := r.litert.ask(map[string]any{"do": "score", "file": path, "out": kept}, &done); err != nil {
			return nil, err
		}
	}
	x, shape, err := figure.ReadNPY(kept)
	if err != nil {
		return nil, err
	}
	if len(shape) != 2 || shape[1] != len(r.sounds) {
		return nil, fmt.Errorf("%s has the shape %v; want (patches, %d)", kept, shape, len(r.sounds))
	}
	return r.watched(x), nil
}

// watched takes the watched labels out of all scores, (patches, sounds).
func (r *scene) watched(x []float64) scores {
	s := scores{}
	for label, sounds := range mapped {
		of := make([]float64, len(x)/len(r.sounds))
		for _, name := range sounds {
			column := slices.Index(r.sounds, name)
			for i := range of {
				of[i] = max(of[i], x[i*len(r.sounds)+column])
			}
		}
		s[label] = of
	}
	return s
}

// recordings are the sound files below folders.
func recordings(folders []string) (paths []string, err error) {
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && audio.IsSoundName(path) {
				paths = append(paths, path)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return paths, nil
}
