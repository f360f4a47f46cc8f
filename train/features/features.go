// Package features turns sound files into gammatone energies, on several
// workers, and keeps them in a cache on disk.
//
// Energies stay linear (before the floor and the logarithm), so that a trainer
// can add the energies of two clips, scale them by a gain and only then take
// the logarithm of [gammatone.LogFloor].
package features

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"earshot/gammatone"
	"earshot/internal/audio"
	"earshot/train/dataset"
)

// Bands is the number of energies a frame.
const Bands = 128

// Clip is the energies of one sound.
type Clip struct {
	Frames   int       // whole frames in the sound
	Samples  int       // samples of the sound at 44.1 kHz
	Energies []float32 // (frames, 128) frame-major, linear, before the floor
	Silent   []bool    // (frames) true where the frame is digital silence, see [SilenceEnergy]
	Notes    []string  // what is wrong with the file and was mended or left out
}

// SilentShare is the share of frames start … start+n−1 that are digital
// silence; frames beyond the clip's end count as silence.
func (c *Clip) SilentShare(start, n int) float64 {
	if n <= 0 {
		return 0
	}
	silent := 0
	for t := start; t < start+n; t++ {
		if t < 0 || t >= c.Frames || c.Silent[t] {
			silent++
		}
	}
	return float64(silent) / float64(n)
}

// Variant is a change of the waveform before the front end, for augmented
// copies. The name, with every parameter and seed in it, is part of the cache
// key: two variants of one name must be the same function of the clip.
type Variant struct {
	Name  string
	Apply func(clip dataset.Clip, x []float32) ([]float32, error) // may change x's length
}

// Options says how to load. The zero value computes on all processors and
// keeps nothing.
type Options struct {
	CacheDir string // "" keeps no cache
	Workers  int    // 0: one a processor
	Variant  *Variant
	Progress func(done, total int) // called from one goroutine at a time; may be nil
}

// LoadContext computes or reads from the cache the energies of every clip. The
// result is parallel to clips; a clip that cannot be used is nil there and listed
// in the second result. The error is about the cache directory itself, says that
// not one clip could be used, or is ctx's when ctx ends first; what was computed
// until then stays cached.
func LoadContext(ctx context.Context, clips []dataset.Clip, o Options) ([]*Clip, []dataset.Broken, error) {
	store, err := newStore(o)
	if err != nil {
		return nil, nil, err
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	out := make([]*Clip, len(clips))
	errs := make([]error, len(clips))
	feed, stop := context.WithCancel(ctx)
	defer stop()
	next := make(chan int)
	var wg sync.WaitGroup
	var mu sync.Mutex // guards done and cacheErr
	var cacheErr error
	done := 0
	for range o.Workers {
		wg.Go(func() {
			w := worker{store: store, variant: o.Variant}
			for i := range next {
				var saveErr error
				out[i], saveErr, errs[i] = w.clip(clips[i])
				mu.Lock()
				if saveErr != nil && cacheErr == nil {
					cacheErr = saveErr // a full disk: say so now, not after the last clip
					stop()
				}
				done++
				if o.Progress != nil {
					o.Progress(done, len(clips))
				}
				mu.Unlock()
			}
		})
	}
	for i := 0; i < len(clips) && feed.Err() == nil; i++ {
		select {
		case next <- i:
		case <-feed.Done():
		}
	}
	close(next)
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	if cacheErr != nil {
		return nil, nil, cacheErr
	}
	var broken []dataset.Broken
	for i, err := range errs {
		if err != nil {
			broken = append(broken, dataset.Broken{Path: clips[i].Path, Err: err})
		}
	}
	if len(clips) > 0 && len(broken) == len(clips) {
		return nil, broken, fmt.Errorf("features: none of %d clips could be read; the first: %v", len(clips), broken[0])
	}
	return out, broken, nil
}

// worker computes clips with a front end of its own.
type worker struct {
	store    *store
	variant  *Variant
	frontEnd *FrontEnd // planned at the first clip that is not cached
}

// clip returns a clip's energies. saveErr says that the cache could not be
// written, err that the clip is of no use.
func (w *worker) clip(c dataset.Clip) (f *Clip, saveErr, err error) {
	key, err := w.store.key(c.Path)
	if err != nil {
		return nil, nil, err
	}
	if f = w.store.load(key); f != nil {
		return f, nil, tooShort(f)
	}
	x, notes, err := audio.ReadMonoNotes(c.Path, gammatone.Default().SampleRate)
	if err != nil {
		return nil, nil, err
	}
	if w.variant != nil {
		if x, err = w.variant.Apply(c, x); err != nil {
			return nil, nil, fmt.Errorf("variant %s: %w", w.variant.Name, err)
		}
	}
	if w.frontEnd == nil {
		w.frontEnd = NewFrontEnd()
	}
	f = w.frontEnd.Clip(x)
	if err := tooShort(f); err != nil {
		return nil, nil, err
	}
	if f.Notes = notes; len(notes) > 0 {
		return f, nil, nil // the cache holds no notes, and they are to be told every time
	}
	return f, w.store.save(key, f), nil
}

// FrontEnd computes the energies of waveforms. One goroutine may use it at a
// time.
type FrontEnd struct{ fe *gammatone.FrontEnd }

// NewFrontEnd plans the default front end.
func NewFrontEnd() *FrontEnd { return &FrontEnd{gammatone.NewFrontEnd(gammatone.Default())} }

// Clip computes the energies of x, mono at 44.1 kHz, without any cache.
func (f *FrontEnd) Clip(x []float32) *Clip {
	e := f.fe.BatchEnergies(x)
	return &Clip{Frames: len(e) / Bands, Samples: len(x), Energies: e, Silent: silentFrames(e)}
}

// errShort is the kind of error of a clip without a single whole frame.
var errShort = errors.New("shorter than one frame of 1024 samples (23 ms) at 44.1 kHz")

// tooShort refuses clips without a frame. A clip shorter than a window is fine:
// the trainer pads it with silence.
func tooShort(f *Clip) error {
	if f.Frames == 0 {
		return fmt.Errorf("%d samples: %w", f.Samples, errShort)
	}
	return nil
}
