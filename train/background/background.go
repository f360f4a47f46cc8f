package background

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime"
	"sort"
	"strings"
	"sync"

	"earshot/gammatone"
	"earshot/internal/audio"
	"earshot/train/dataset"
	"earshot/train/features"
)

// Options says what backgrounds to make.
type Options struct {
	Clips   int     // synthetic clips; 0 makes none
	Seconds float64 // length of each; 0 means 5, as ESC's clips
	Seed    uint64

	Dirs     []string // folders of recordings of the user's own room, searched deeply
	CacheDir string   // for the folders' features; "" keeps none
	Workers  int      // 0: one a processor
}

// Clip is one background.
type Clip struct {
	*features.Clip
	What string // "pink noise at −61 dBFS", or the file's path
	Own  bool   // the user's recording, not a synthetic one
	Path string // of the user's recording
}

// Load makes the synthetic clips and reads the user's. Files that cannot be
// read are listed, a folder without a single usable file is an error.
func Load(ctx context.Context, o Options) ([]Clip, []dataset.Broken, error) {
	if o.Seconds == 0 {
		o.Seconds = 5
	}
	samples := int(o.Seconds * sampleRate)
	if frames := gammatone.Default().Frames(samples); o.Clips > 0 && frames < 1 {
		return nil, nil, fmt.Errorf("background: clips of %g s are shorter than one frame (23 ms)", o.Seconds)
	}
	out, err := synthesise(ctx, o, samples)
	if err != nil {
		return nil, nil, err
	}
	var broken []dataset.Broken
	for _, dir := range o.Dirs {
		clips, bad, err := loadDir(ctx, dir, o)
		if err != nil {
			return nil, nil, err
		}
		out = append(out, clips...)
		broken = append(broken, bad...)
	}
	return out, broken, nil
}

// synthesise spreads the clips over the workers.
func synthesise(ctx context.Context, o Options, samples int) ([]Clip, error) {
	out := make([]Clip, o.Clips)
	workers := o.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	next := make(chan int)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			fe := features.NewFrontEnd()
			for i := range next {
				x, what := Synth(i, samples, o.Seed)
				out[i] = Clip{Clip: fe.Clip(x), What: what}
			}
		})
	}
	for i := range out {
		if ctx.Err() != nil {
			break
		}
		next <- i
	}
	close(next)
	wg.Wait()
	return out, ctx.Err()
}

// soundFile reports whether a name looks like sound; what it is, its content
// decides.
func soundFile(name string) bool {
	return audio.IsSoundName(name) && !strings.HasPrefix(filepath.Base(name), ".")
}

// loadDir reads every sound file below dir.
func loadDir(ctx context.Context, dir string, o Options) ([]Clip, []dataset.Broken, error) {
	clips, err := Files(dir)
	if err != nil {
		return nil, nil, err
	}
	got, broken, err := features.LoadContext(ctx, clips, features.Options{CacheDir: o.CacheDir, Workers: o.Workers})
	if err != nil {
		return nil, nil, fmt.Errorf("background folder %q: %w", dir, err)
	}
	var out []Clip
	for i, f := range got {
		if f != nil {
			out = append(out, Clip{Clip: f, What: clips[i].Path, Own: true, Path: clips[i].Path})
		}
	}
	return out, broken, nil
}

// Files lists every sound file below dir, in order of path; none is an error.
func Files(dir string) ([]dataset.Clip, error) {
	var clips []dataset.Clip
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !d.IsDir() && soundFile(path) {
			clips = append(clips, dataset.Clip{Path: path, Name: path, Licence: dataset.LicenceOwn})
		}
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("background folder %q does not exist", dir)
	}
	if err != nil {
		return nil, fmt.Errorf("background folder: %w", err)
	}
	if len(clips) == 0 {
		return nil, fmt.Errorf("background folder %q holds no sound file (.wav, .flac, .ogg, .mp3)", dir)
	}
	sort.Slice(clips, func(i, j int) bool { return clips[i].Path < clips[j].Path })
	return clips, nil
}
