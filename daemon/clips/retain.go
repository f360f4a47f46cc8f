package clips

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// kept is a clip in the folder.
type kept struct {
	name  string
	bytes int64
	made  time.Time     // by the file's date
	born  time.Duration // the same on the store's monotonic clock, by which it ages
}

// prune removes clips that are too old, then the oldest ones until need more bytes fit
// into both limits; errNoRoom says that they do not. It touches only files that are named like
// clips.
func (s *Store) prune(need int64) error {
	all, err := s.list()
	if err != nil {
		return fmt.Errorf("look into the folder: %w", err)
	}
	free, err := s.free(s.c.Dir)
	if err != nil {
		return fmt.Errorf("ask for the free space: %w", err)
	}
	var total int64
	for _, k := range all {
		total += k.bytes
	}
	oldest := s.elapsed() - s.c.MaxAge
	left := all[:0]
	for _, k := range all {
		tooFull := total+need > s.c.MaxBytes || free-need < s.c.MinFreeBytes
		if !tooFull && k.born >= oldest {
			left = append(left, k)
			continue
		}
		if err := os.Remove(filepath.Join(s.c.Dir, k.name)); err != nil && !os.IsNotExist(err) {
			s.fail(fmt.Errorf("clips: remove an old clip: %w", err))
			left = append(left, k)
			continue
		}
		s.count(func(st *Stats) { st.Removed++ })
		total -= k.bytes
		free += k.bytes
	}
	s.count(func(st *Stats) { st.Kept, st.KeptBytes = int64(len(left)), total })
	// What removal really gave back, the disk alone knows.
	if now, err := s.free(s.c.Dir); err == nil {
		free = now
	}
	if total+need > s.c.MaxBytes || free-need < s.c.MinFreeBytes {
		return fmt.Errorf("%w: %d bytes for all clips, %d bytes left free on the disk", errNoRoom, s.c.MaxBytes, s.c.MinFreeBytes)
	}
	return nil
}

// errNoRoom is why a clip is refused.
var errNoRoom = errors.New("the limits leave no room")

// list returns the clips in the folder, oldest first. A file's date is believed once, when the clip
// is first seen; from then on it ages by the monotonic clock, so that a wall clock that is set makes
// no clip older or younger, nor turns their order round.
func (s *Store) list() ([]kept, error) {
	entries, err := os.ReadDir(s.c.Dir)
	if err != nil {
		return nil, err
	}
	wall, now := s.now(), s.elapsed()
	born := make(map[string]time.Duration, len(s.born))
	var all []kept
	for _, e := range entries {
		if !isClipName(e.Name()) || !e.Type().IsRegular() {
			continue
		}
		info, err := e.Info()
		if err != nil {
			continue // removed by another hand since
		}
		at, known := s.born[e.Name()]
		if !known {
			at = now - max(wall.Sub(info.ModTime()), 0)
		}
		born[e.Name()] = at
		all = append(all, kept{e.Name(), info.Size(), info.ModTime(), at})
	}
	s.born = born
	slices.SortFunc(all, func(a, b kept) int {
		return cmp.Or(cmp.Compare(a.born, b.born), a.made.Compare(b.made), cmp.Compare(a.name, b.name))
	})
	return all, nil
}

// clearTemporary removes what a write that was interrupted left behind.
func (s *Store) clearTemporary() {
	entries, err := os.ReadDir(s.c.Dir)
	if err != nil {
		return // New has just written there; Run will say if it stays so
	}
	for _, e := range entries {
		if tempName.MatchString(e.Name()) && e.Type().IsRegular() {
			_ = os.Remove(filepath.Join(s.c.Dir, e.Name())) // the next start tries again
		}
	}
}

// freeBytes is the space on dir's disk that a user other than root may fill.
func freeBytes(dir string) (int64, error) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return 0, fmt.Errorf("statfs %s: %w", dir, err)
	}
	return int64(fs.Bavail) * int64(fs.Bsize), nil
}
