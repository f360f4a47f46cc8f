package clips

import (
	"context"
	"errors"
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
	lookEvery   = 10 * time.Second // and whether the folder is there and can be written to
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
	look := time.NewTicker(s.lookEvery)
	defer look.Stop()
	s.tell(s.prune(0))
	for {
		select {
		case <-ctx.Done():
			s.drain()
			return nil
		case <-tick.C:
			s.tell(s.prune(0))
		case <-look.C:
			s.look()
		case j := <-s.queue:
			s.write(j)
		}
	}
}

func (s *Store) drain() {
	deadline := time.Now().Add(s.drainWithin)
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
	path, need := filepath.Join(s.c.Dir, j.name), bytesAtMost(len(j.x))
	err := atomicfile.Folder(s.c.Dir, folderMode)
	if err == nil {
		err = s.prune(need)
	}
	if err == nil {
		err = s.encode(path, j.x, s.c.SampleRate)
	}
	if err != nil {
		if errors.Is(err, errNoRoom) {
			s.count(func(st *Stats) { st.Refused++ })
		} else {
			s.count(func(st *Stats) { st.Failed++ })
		}
		s.missing = need
		s.trouble(err)
		s.fail(fmt.Errorf("clips: %s not written: %w", j.name, err))
		return
	}
	s.well()
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

// look finds out whether clips could be written now: that the folder is gone, or read-only, is known before a clip is
// lost to it, and that it is back before the next one is due.
func (s *Store) look() {
	err := atomicfile.Folder(s.c.Dir, folderMode)
	if err == nil && s.missing > 0 {
		err = s.prune(s.missing)
	}
	switch before := s.Stats().Trouble; {
	case err == nil:
		s.well()
	case before == "":
		s.trouble(err)
		s.tell(err)
	default:
		s.trouble(err) // for another reason, perhaps
	}
}

// trouble notes why clips are not written, until well.
func (s *Store) trouble(err error) { s.count(func(st *Stats) { st.Trouble = err.Error() }) }

func (s *Store) well() {
	s.missing = 0
	if s.Stats().Trouble == "" {
		return
	}
	s.count(func(st *Stats) { st.Trouble = "" })
	if s.c.OnWell != nil {
		s.c.OnWell()
	}
}

// tell is fail, if there is an error that is one before a clip is due.
func (s *Store) tell(err error) {
	if err != nil && !errors.Is(err, errNoRoom) {
		s.fail(fmt.Errorf("clips: %w", err))
	}
}

// bytesAtMost is an upper bound for the FLAC file of n 16-bit samples: stored verbatim,
// with the headers of blocks of 64 samples or more.
func bytesAtMost(n int) int64 { return 2*int64(n) + int64(n)/4 + 8192 }

// writeFLAC writes a clip whole or not at all, for the owner's and the group's eyes only.
func writeFLAC(path string, x []int16, rateHz int) error {
	return atomicfile.Write(path, 0o640, func(w io.Writer) error { return audio.EncodeFLAC(w, x, rateHz) })
}
