// Package clips keeps the sound around an event: FLAC files in one folder, with some
// seconds before the onset and after the end.
//
// A [Store] owns the folder: it writes the files and removes old ones, so that they keep
// within an age and a size and never fill the disk. Each source has a [Recorder], which
// remembers its last minute of sound and cuts the clips out of it. Whoever wants no sound
// written makes no Store: nothing else in the program writes audio.
//
// How the parts meet:
//
//	store, err := clips.New(clips.Config{…})  // the folder must be writable
//	rec := store.Recorder("mic")              // one a source
//	go store.Run(ctx)                         // encodes and writes; ends with ctx, after what is queued
//
//	rec.Write(block.At, block.X[:block.N])    // every block, gaps included: At tells
//	name := rec.Start("dog", onset, clock)    // at ON; the event carries the name
//	rec.Finish(name, end)                     // at OFF
//	rec.Close()                               // the source has ended: cut what is open
//
// No method of a Recorder waits for the disk. Between it and the disk stands a bounded
// queue, from which the oldest clip is dropped, and counted, when the disk is too slow.
package clips

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"earshot/internal/readfile"
	"earshot/internal/sampletime"
)

// Config is what a [Store] is made from.
type Config struct {
	Dir          string        // made if it is not there
	SampleRate   int           // Hz, of all sources
	Before       time.Duration // of sound before the onset
	After        time.Duration // of sound after the end
	MaxLength    time.Duration // of one clip with Before and After; 0 means a minute
	MaxAge       time.Duration // older clips are removed
	MaxBytes     int64         // of all clips together; the oldest go first
	MinFreeBytes int64         // that the clips leave free on the disk; the oldest go first, then none is written
	OnError      func(error)   // if set, told by Run of each clip lost and each file not removed
	OnWell       func()        // if set, told by Run when clips can be written again
}

const (
	defaultMaxLength = time.Minute
	maxQueued        = 8 // clips cut and not yet written
)

// Validate tells all that is wrong with c.
func (c Config) Validate() error {
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf("clips: "+format, args...))
		}
	}
	check(c.Dir != "", "no folder given")
	check(c.SampleRate >= 1000 && c.SampleRate <= 384000, "sample rate is %d Hz, want 1000 to 384000", c.SampleRate)
	check(c.Before >= 0 && c.Before <= 10*time.Minute, "sound before the onset is %v, want 0 to 10m", c.Before)
	check(c.After >= 0 && c.After <= 10*time.Minute, "sound after the end is %v, want 0 to 10m", c.After)
	length := c.maxLength()
	check(length > c.Before+c.After && length <= time.Hour,
		"longest clip is %v, want more than before and after together (%v), and at most 1h", length, c.Before+c.After)
	check(c.MaxAge > 0, "greatest age is %v, want more than 0", c.MaxAge)
	check(c.MaxBytes > 0, "greatest size of all clips is %d bytes, want more than 0", c.MaxBytes)
	check(c.MinFreeBytes >= 0, "space to keep free is %d bytes, want 0 or more", c.MinFreeBytes)
	return errors.Join(errs...)
}

func (c Config) maxLength() time.Duration {
	if c.MaxLength == 0 {
		return defaultMaxLength
	}
	return c.MaxLength
}

func (c Config) samples(d time.Duration) int64 { return sampletime.Samples(d, c.SampleRate) }

// Store is the folder of clips.
type Store struct {
	c     Config
	queue chan job // clips to write, oldest first

	now     func() time.Time     // the wall clock; tests replace these four
	elapsed func() time.Duration // the monotonic clock
	free    func(dir string) (int64, error)
	encode  func(path string, x []int16, rateHz int) error

	born                   map[string]time.Duration // clips in the folder → when they were made, by elapsed; Run's
	missing                int64                    // bytes that there was no way to write; 0 = none; Run's
	lookEvery, drainWithin time.Duration

	mu    sync.Mutex
	stats Stats // guarded by mu
}

// job is a clip that is cut and waits to be written.
type job struct {
	name string
	x    []int16
}

// Stats counts since the store was made.
type Stats struct {
	Written   int64  // clips
	Bytes     int64  // of the clips written
	Truncated int64  // clips cut short: at the greatest length, by a gap, or at the end
	Dropped   int64  // clips lost because the queue was full or too many were open
	Refused   int64  // clips lost because the disk would have been too full
	Failed    int64  // clips lost because they could not be written
	Removed   int64  // old clips removed for age or space
	Kept      int64  // clips in the folder at the last look
	KeptBytes int64  // and their size
	Queued    int    // clips waiting to be written
	LastError string // of the last clip lost or file not removed; empty if none was
	Trouble   string // why no clip can be written now; empty when one can
}

const folderMode = 0o750

// New makes a store. It creates the folder, clears away what an interrupted write left
// there, and fails when c is not valid or the folder cannot be written.
func New(c Config) (*Store, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	c.MaxLength = c.maxLength()
	if err := os.MkdirAll(c.Dir, folderMode); err != nil {
		return nil, fmt.Errorf("clips: make the folder: %w", err)
	}
	probe, err := os.CreateTemp(c.Dir, ".probe.*.tmp")
	if err != nil {
		return nil, fmt.Errorf("clips: the folder must be writable: %w", err)
	}
	if err := errors.Join(probe.Close(), os.Remove(probe.Name())); err != nil {
		return nil, fmt.Errorf("clips: the folder must be writable: %w", err)
	}
	start := time.Now()
	s := &Store{
		c:       c,
		queue:   make(chan job, maxQueued),
		now:     time.Now,
		elapsed: func() time.Duration { return time.Since(start) },
		free:    freeBytes,
		encode:  writeFLAC,
		born:    map[string]time.Duration{},

		lookEvery: lookEvery, drainWithin: drainWithin,
	}
	s.clearTemporary()
	return s, nil
}

// Open opens a clip for reading. It takes names as [Recorder.Start] gives them and no
// others, so that no path leads out of the folder; anything else is os.ErrNotExist.
func (s *Store) Open(name string) (*os.File, error) {
	if !isClipName(name) {
		return nil, fmt.Errorf("clips: open %.80q: %w", name, os.ErrNotExist)
	}
	return readfile.Open(filepath.Join(s.c.Dir, name), readfile.AnySize)
}

// Stats returns the counters; any goroutine may ask.
func (s *Store) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.stats
	st.Queued = len(s.queue)
	return st
}

// count changes the counters under their lock.
func (s *Store) count(change func(*Stats)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.stats)
}

// fail keeps an error for Stats and tells the owner of it. It is Run's.
func (s *Store) fail(err error) {
	s.count(func(st *Stats) { st.LastError = err.Error() })
	if s.c.OnError != nil {
		s.c.OnError(err)
	}
}
