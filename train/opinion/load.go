package opinion

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"sync"

	"earshot/infer"
	"earshot/train/dataset"
	"earshot/verify"
)

// Options say how recordings are heard.
type Options struct {
	Embedder *infer.EmbedderModel
	CacheDir string                // "" keeps no cache
	Workers  int                   // 0: one a processor
	Limit    int                   // samples that are heard of each; 0: all
	Progress func(done, total int) // called from one goroutine at a time; may be nil
}

// Item is a recording to be heard: a sound file, a change of one, or sound that is made.
type Item struct {
	Path   string
	Name   string                               // of sound that is made or changed: all that decides it beside the file
	Make   func() []float32                     // mono at 44.1 kHz; nil: Path
	Change func(x []float32) ([]float32, error) // of the file's first [MostChanged] samples; nil: none
}

// MostChanged is how many samples of a file are changed, a minute's.
const MostChanged = 60 * verify.SampleRate

// Files are items of sound files.
func Files(paths []string) []Item {
	items := make([]Item, len(paths))
	for i, p := range paths {
		items[i].Path = p
	}
	return items
}

// Each hears recordings, or reads from the cache what was heard before, and gives each to use, one at a time
// but in no order. Files that cannot be heard are listed. The error is use's, the cache's, the network's, says that
// not one file could be heard, or is ctx's.
func Each(ctx context.Context, items []Item, o Options, use func(i int, r *Recording) error) ([]dataset.Broken, error) {
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var mu sync.Mutex // guards what follows, and use
	done := 0
	errs := make([]error, len(items))
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(o.Workers, len(items)) {
		wg.Go(func() {
			w := worker{o: o, store: store{o.CacheDir, o.Embedder.SHA256}}
			defer w.close()
			for i := range next {
				r, fatal, err := w.recording(ctx, items[i])
				mu.Lock()
				if r != nil && fatal == nil && ctx.Err() == nil {
					fatal = use(i, r)
				}
				if fatal != nil {
					stop(fatal)
				}
				errs[i] = err
				if done++; o.Progress != nil {
					o.Progress(done, len(items))
				}
				mu.Unlock()
			}
		})
	}
	for i := 0; i < len(items) && ctx.Err() == nil; i++ {
		select {
		case next <- i:
		case <-ctx.Done():
		}
	}
	close(next)
	wg.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	var broken []dataset.Broken
	for i, err := range errs {
		if err != nil {
			broken = append(broken, dataset.Broken{Path: items[i].Path, Err: err})
		}
	}
	if len(items) > 0 && len(broken) == len(items) {
		return broken, fmt.Errorf("second opinion: none of %d recordings could be heard; the first: %v", len(items), broken[0])
	}
	return broken, nil
}

// Load is Each that keeps them all: parallel to items, nil for those that cannot be heard.
func Load(ctx context.Context, items []Item, o Options) ([]*Recording, []dataset.Broken, error) {
	out := make([]*Recording, len(items))
	broken, err := Each(ctx, items, o, func(i int, r *Recording) error { out[i] = r; return nil })
	return out, broken, err
}

// worker hears recordings with an ear of its own.
type worker struct {
	o     Options
	store store
	ear   *Ear // made for the first recording that is not cached
}

func (w *worker) close() {
	if w.ear != nil {
		w.ear.Close()
	}
}

// recording hears one. fatal ends the whole, err says that this recording is of no use.
func (w *worker) recording(ctx context.Context, it Item) (r *Recording, fatal, err error) {
	key, err := w.store.key(it)
	if err != nil {
		return nil, nil, err
	}
	if r := w.store.load(key, w.o.Limit); r != nil {
		return r, nil, nil
	}
	if w.ear == nil {
		if w.ear, err = NewEar(w.o.Embedder); err != nil {
			return nil, err, nil
		}
	}
	switch {
	case it.Make != nil:
		r, err = w.ear.Sound(ctx, it.Make())
	case it.Change != nil:
		r, err = w.changed(ctx, it)
	default:
		r, err = w.ear.File(ctx, it.Path, w.o.Limit)
	}
	if err != nil {
		return nil, nil, err
	}
	return r, w.store.save(key, r), nil
}

// changed hears a change of a sound file.
func (w *worker) changed(ctx context.Context, it Item) (*Recording, error) {
	most := MostChanged
	if w.o.Limit > 0 {
		most = min(most, w.o.Limit)
	}
	x, err := Samples(it.Path, 0, most)
	if err == nil {
		x, err = it.Change(x)
	}
	if err != nil {
		return nil, err
	}
	return w.ear.Sound(ctx, x)
}

// Samples are at most so many samples of a sound file, mono at 44.1 kHz, from one on.
func Samples(path string, from, most int) ([]float32, error) {
	read, done, err := open(path)
	if err != nil {
		return nil, err
	}
	defer done()
	x := make([]float32, from+most)
	n, err := fill(x, read)
	if err != nil && err != io.EOF {
		return nil, err
	}
	return x[min(from, n):n], nil
}
