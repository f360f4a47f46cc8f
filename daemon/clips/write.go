package clips

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"earshot/internal/atomicfile"
	"earshot/internal/audio"
)

const (
	pruneEvery  = 10 * time.Minute // age is looked at this often even when nothing is written
	drainWithin = time.Second      // to write what is queued once the context has ended
)

// enqueue hands a clip to Run; when the queue is full its oldest clip gives way.
func (s *Store) enqueue(j job, short bool) {
	if short {
		s.count(func(st *Stats) { st.Truncated++ })
	}
	for {
		select {
		case s.queue <- j:
			return
		default:
		}
		select {
		case <-s.queue:
			s.count(func(st *Stats) { st.Dropped++ })
		default:
		}
	}
}

// Run writes clips and removes old ones until ctx ends, then writes what is queued for a
// second at most; what is left counts as dropped. A full or failing disk does not end it:
// clips are lost, counted and told to OnError. It always returns nil.
func (s *Store) Run(ctx context.Context) error {
	tick := time.NewTicker(pruneEvery)
	defer tick.Stop()
	s.prune(0)
	for {
		select {
		case <-ctx.Done():
			s.drain()
			return nil
		case <-tick.C:
			s.prune(0)
		case j := <-s.queue:
			s.write(j)
		}
	}
}

func (s *Store) drain() {
	deadline := time.Now().Add(drainWithin)
	for {
		select {
		case j := <-s.queue:
			if time.Now().After(deadline) {
				s.count(func(st *Stats) { st.Dropped++ })
				continue
			}
			s.write(j)
		default:
			return
		}
	}
}

// write makes room for a clip and writes it.
func (s *Store) write(j job) {
	if !s.prune(bytesAtMost(len(j.x))) {
		s.count(func(st *Stats) { st.Refused++ })
		s.fail(fmt.Errorf("clips: %s not written: the limits of %d bytes for all clips and %d bytes left free on the disk leave no room",
			j.name, s.c.MaxBytes, s.c.MinFreeBytes))
		return
	}
	path := filepath.Join(s.c.Dir, j.name)
	if err := s.encode(path, j.x, s.c.SampleRate); err != nil {
		s.count(func(st *Stats) { st.Failed++ })
		s.fail(fmt.Errorf("clips: %w", err))
		return
	}
	s.born[j.name] = s.elapsed()
	s.count(func(st *Stats) {
		st.Written++
		if info, err := os.Stat(path); err == nil {
			st.Bytes += info.Size()
			st.Kept++
			st.KeptBytes += info.Size()
		}
	})
}

// bytesAtMost is an upper bound for the FLAC file of n 16-bit samples: stored verbatim,
// with the headers of blocks of 64 samples or more.
func bytesAtMost(n int) int64 { return 2*int64(n) + int64(n)/4 + 8192 }

// writeFLAC writes a clip whole or not at all, for the owner's and the group's eyes only.
func writeFLAC(path string, x []int16, rateHz int) error {
	return atomicfile.Write(path, 0o640, func(w io.Writer) error { return audio.EncodeFLAC(w, x, rateHz) })
}
