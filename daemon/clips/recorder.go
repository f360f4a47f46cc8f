package clips

import (
	"sync"
	"time"

	"earshot/internal/audio"
)

const (
	// lateness is how long after an onset its event may be told of with Before still
	// whole: window, smoothing and minimum duration come to a few seconds.
	lateness = 10 * time.Second
	// maxHole is the longest gap that a clip bridges with silence; a longer one ends it.
	maxHole = time.Second
	maxOpen = 16 // clips at once a source
)

// Recorder remembers the last sound of one source, and cuts clips out of it. Its methods
// may be called from any goroutine and never wait for the disk; the longest thing any of
// them does is to copy one clip. It keeps 16-bit samples: 7 MB for clips of a minute.
type Recorder struct {
	store                *Store
	source               string
	before, after, limit int64 // samples
	hole                 int64

	mu   sync.Mutex
	ring []int16 // sample n is ring[n mod len], for n in [start, end)
	// start and end bound what the ring holds; both 0 before the first sample.
	start, end int64
	open       []clip
	lastTime   time.Time // of the last name, and
	lastLabel  string
	repeat     int // how many names before had the same label and time
}

// clip is one that is being recorded: samples [from, to), to still open until finished.
type clip struct {
	name     string
	from, to int64
	onset    int64
	finished bool
}

// Recorder makes the recorder of a source, whose name becomes part of the files' names.
func (s *Store) Recorder(source string) *Recorder {
	return &Recorder{
		store:  s,
		source: source,
		before: s.c.samples(s.c.Before),
		after:  s.c.samples(s.c.After),
		limit:  s.c.samples(s.c.MaxLength),
		hole:   s.c.samples(maxHole),
		ring:   make([]int16, s.c.samples(s.c.MaxLength+lateness)),
	}
}

// Write takes mono samples, ±1 full scale, the first at absolute index at. Where at does
// not continue the last Write, up to a second of silence fills the hole; a longer hole, or
// a step back, ends the open clips there.
func (r *Recorder) Write(at int64, x []float32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch missing := at - r.end; {
	case missing == 0:
	case missing > 0 && missing <= r.hole && r.end > r.start:
		var silence [512]float32
		for ; missing > 0; missing -= min(missing, int64(len(silence))) {
			r.put(silence[:min(missing, int64(len(silence)))])
		}
	default:
		r.cutAll()
		r.start, r.end = at, at
	}
	for len(x) > 0 {
		n := min(len(x), len(r.ring)/16) // no clip's beginning is overwritten before its end is seen
		r.put(x[:n])
		x = x[n:]
		r.cutDue()
	}
}

// put appends samples to the ring, fewer than it holds.
func (r *Recorder) put(x []float32) {
	i := int(r.end % int64(len(r.ring)))
	for _, v := range x {
		r.ring[i] = audio.PCM16(v)
		if i++; i == len(r.ring) {
			i = 0
		}
	}
	r.end += int64(len(x))
	r.start = max(r.start, r.end-int64(len(r.ring)))
}

// Start begins a clip for a sound whose onset is at absolute index onset, at wall-clock
// time clock, and returns the name of the file to be: it appears in the folder after
// [Recorder.Finish]. It returns "" when too many clips are open, which counts as dropped.
func (r *Recorder) Start(label string, onset int64, clock time.Time) (name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.open) == maxOpen {
		r.store.count(func(s *Stats) { s.Dropped++ })
		return ""
	}
	clock = clock.Round(0).UTC().Truncate(time.Millisecond)
	if label == r.lastLabel && clock.Equal(r.lastTime) {
		r.repeat++
	} else {
		r.lastLabel, r.lastTime, r.repeat = label, clock, 0
	}
	name = makeName(r.source, label, clock, r.repeat)
	from := max(onset-r.before, r.start)
	r.open = append(r.open, clip{name: name, from: from, to: from + r.limit, onset: onset})
	return name
}

// Finish says that the sound of a clip ended at absolute index end. The clip is cut when
// the sound after it has come in. A name that is not open, because its clip was cut at its
// greatest length or at a gap, is ignored; so is "".
func (r *Recorder) Finish(name string, end int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.open {
		c := &r.open[i]
		if c.name != name || c.finished {
			continue
		}
		if to := max(end, c.onset) + r.after; to <= c.to {
			c.to, c.finished = to, true
		}
		break
	}
	r.cutDue()
}

// Close cuts all open clips where the sound ends. The recorder may be used further, for a
// source that comes back.
func (r *Recorder) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cutAll()
}

// cutDue queues the open clips whose sound is all there.
func (r *Recorder) cutDue() {
	kept := r.open[:0]
	for _, c := range r.open {
		if c.to <= r.end {
			r.cut(c, !c.finished)
		} else {
			kept = append(kept, c)
		}
	}
	r.open = kept
}

// cutAll queues all open clips as they are.
func (r *Recorder) cutAll() {
	for _, c := range r.open {
		r.cut(c, c.to > r.end || !c.finished)
	}
	r.open = r.open[:0]
}

// cut queues a clip, as far as its sound is there.
func (r *Recorder) cut(c clip, short bool) {
	from, to := max(c.from, r.start), min(c.to, r.end)
	if from >= to {
		r.store.count(func(s *Stats) { s.Dropped++ })
		return
	}
	x := make([]int16, to-from)
	n := copy(x, r.ring[from%int64(len(r.ring)):])
	copy(x[n:], r.ring)
	r.store.enqueue(job{name: c.name, x: x}, short)
}
