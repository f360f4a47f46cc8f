package piczak

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"

	"earshot/internal/audio"
	"earshot/train/dataset"
)

// Clip is a recording as this network hears it.
type Clip struct {
	Name     string
	Label    int
	Segments []float32 // (segments, Frames, Bands) dB, those of its delayed copies after its own
}

// count is the number of segments.
func (c *Clip) count() int { return len(c.Segments) / SegmentLen }

// segment is the i-th (Frames, Bands).
func (c *Clip) segment(i int) []float32 { return c.Segments[i*SegmentLen : (i+1)*SegmentLen] }

// LoadOptions say how clips are read.
type LoadOptions struct {
	Copies   int    // delayed copies of each clip
	Seed     uint64 // of the delays
	Workers  int    // 0: one a processor
	Progress func(done, total int)
}

// longestDelay of a copy, in samples; see doc.go.
const longestDelay = SampleRate

// Load reads recordings. Those that cannot be used are left out, and listed with the reason; flaws that were mended are notes. The error
// says that none could be used, or is ctx's.
func Load(ctx context.Context, clips []dataset.Clip, o LoadOptions) (loaded []Clip, broken []dataset.Broken, notes []string, err error) {
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	all, flaws, errs := make([]Clip, len(clips)), make([][]string, len(clips)), make([]error, len(clips))
	next := make(chan int)
	var wg sync.WaitGroup
	var mu sync.Mutex // guards done and what Progress does
	done := 0
	for range min(o.Workers, len(clips)) {
		wg.Go(func() {
			c := newCutter(o)
			for i := range next {
				all[i], flaws[i], errs[i] = c.read(clips[i], uint64(i))
				mu.Lock()
				done++
				if o.Progress != nil {
					o.Progress(done, len(clips))
				}
				mu.Unlock()
			}
		})
	}
	for i := 0; i < len(clips) && ctx.Err() == nil; i++ {
		next <- i
	}
	close(next)
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, nil, nil, err
	}
	for i := range all {
		if errs[i] != nil {
			broken = append(broken, dataset.Broken{Path: clips[i].Path, Err: errs[i]})
			continue
		}
		loaded = append(loaded, all[i])
		for _, n := range flaws[i] {
			notes = append(notes, fmt.Sprintf("%q: %s", clips[i].Path, n))
		}
	}
	if len(clips) > 0 && len(loaded) == 0 {
		return nil, broken, nil, fmt.Errorf("none of %d clips can be used; the first: %v", len(clips), broken[0])
	}
	return loaded, broken, notes, nil
}

// cutter cuts clips into segments.
type cutter struct {
	LoadOptions
	front *FrontEnd
	db    []float32 // (Frames, Bands) scratch
}

func newCutter(o LoadOptions) *cutter {
	return &cutter{o, NewFrontEnd(), make([]float32, SegmentLen)}
}

// read makes a recording's segments, and those of its copies. The delays follow from the seed and the clip's number.
func (c *cutter) read(clip dataset.Clip, number uint64) (Clip, []string, error) {
	x, notes, err := audio.ReadMonoNotes(clip.Path, SampleRate)
	if err != nil {
		return Clip{}, nil, err
	}
	if len(x) < FFTSamples {
		return Clip{}, nil, fmt.Errorf("%d samples: shorter than one frame of %d samples (46 ms) at 22.05 kHz", len(x), FFTSamples)
	}
	peak := float32(0)
	for _, v := range x {
		peak = max(peak, max(v, -v))
	}
	if !(peak > 0 && !math.IsInf(float64(peak), 0)) {
		return Clip{}, nil, fmt.Errorf("digital silence alone: there is nothing to learn of it, or to name")
	}
	for i := range x {
		x[i] /= peak
	}
	out := Clip{Name: clip.Name, Label: clip.Label, Segments: c.cut(nil, x)}
	rng := rand.New(rand.NewPCG(c.Seed, number))
	for range c.Copies {
		out.Segments = c.cut(out.Segments, append(make([]float32, rng.IntN(longestDelay)), x...))
	}
	out.Segments = slices.Clone(out.Segments) // they stay for hours: without the room that they grew into
	return out, notes, nil
}

// cut appends to segments those of x that are not silent, or the loudest where all are.
func (c *cutter) cut(segments, x []float32) []float32 {
	if len(x) < SegmentSamples {
		x = append(x, make([]float32, SegmentSamples-len(x))...)
	}
	before := len(segments)
	loudest, mean := []float32(nil), math.Inf(-1)
	for from := 0; from+SegmentSamples <= len(x); from += SegmentHop {
		m := c.front.Segment(c.db, x[from:from+SegmentSamples])
		if m > silentDB {
			segments = append(segments, c.db...)
		}
		if m > mean {
			mean, loudest = m, append(loudest[:0], c.db...)
		}
	}
	if len(segments) == before {
		segments = append(segments, loudest...)
	}
	return segments
}

// ShuffleLabels permutes the labels among clips: a check that nothing leaks.
func ShuffleLabels(clips []Clip, seed uint64) {
	rand.New(rand.NewPCG(seed, 0x5f)).Shuffle(len(clips), func(i, j int) { clips[i].Label, clips[j].Label = clips[j].Label, clips[i].Label })
}
