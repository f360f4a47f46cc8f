package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"earshot/internal/audio"

	"golang.org/x/sys/unix"
)

// diskFull fills the disk on which clips are kept, to the last byte, while they come.
func diskFull(s *scene) (out outcome, err error) {
	dir := s.path("clips")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return out, err
	}
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=8m"); err != nil {
		return out, fmt.Errorf("mount a small disk: %w", err)
	}
	defer unix.Unmount(dir, unix.MNT_DETACH)
	config, err := s.barks(2*time.Second, 5*time.Second, false)
	if err != nil {
		return out, err
	}
	config += fmt.Sprintf("clips: {enabled: true, dir: %q, before: 1s, after: 1s, keep_free: 1MB}\n", dir)
	begin := time.Now()
	if err := s.start(config, ""); err != nil {
		return out, err
	}
	count := func(what string, enough func(status) bool) (now status, err error) {
		for limit := time.Now().Add(patience); time.Now().Before(limit); time.Sleep(20 * time.Millisecond) {
			if now, err = s.daemon.status(); err != nil || enough(now) {
				return now, err
			}
		}
		return now, fmt.Errorf("%w: %s", errNever, what)
	}
	if _, err := count("a clip", func(now status) bool { return now.Clips.Written > 0 }); err != nil {
		return out, err
	}
	filler := filepath.Join(dir, "filler")
	_ = os.WriteFile(filler, make([]byte, 16<<20), 0o600) // fails where the disk ends
	full, err := count("three clips lost", func(now status) bool { return now.Clips.Lost >= 3 })
	if err != nil {
		return out, err
	}
	if err := os.Remove(filler); err != nil {
		return out, err
	}
	there := time.Now()
	if _, err := count("a clip again", func(now status) bool { return now.Clips.Written > full.Clips.Written }); err != nil {
		return out, err
	}
	back := time.Since(there)
	out, err = s.delivered(begin, back)
	out.lost = fmt.Sprintf("%d clips; %s", full.Clips.Lost, out.lost)
	out.back = span(back) + ", with the next clip that was due"
	s.wholeClips(dir)
	return out, err
}

// wholeClips looks for files that are not what they should be.
func (s *scene) wholeClips(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		s.fail("%v", err)
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if strings.HasSuffix(e.Name(), ".tmp") {
			s.fail("%s was left behind", e.Name())
		} else if x, err := audio.ReadMono(path, rate); err != nil || len(x) == 0 {
			s.fail("%s is not whole: %v", e.Name(), err)
		}
	}
}
