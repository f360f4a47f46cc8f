package clips

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"earshot/internal/test/skip"
)

// put makes a file of n bytes, so many minutes before noon.
func put(t testing.TB, dir, name string, n int, minutesOld int) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, make([]byte, n), 0o600); err != nil {
		t.Fatal(err)
	}
	made := noon.Add(-time.Duration(minutesOld) * time.Minute)
	if err := os.Chtimes(path, made, made); err != nil {
		t.Fatal(err)
	}
}

func clipOf(minute int) string { return fmt.Sprintf("mic_dog_20261122T1100%02d.000Z.flac", minute) }

func files(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestPrune(t *testing.T) {
	const kB = 1000
	for _, g := range []struct {
		name          string
		maxAge        time.Duration
		maxBytes, min int64
		disk          int64 // bytes free beside the clips
		need          int64
		fits          bool
		kept          []int // of clips 1 … 5, 10 kB each, i·10 minutes old
	}{
		{name: "all fit", maxAge: time.Hour, maxBytes: 100 * kB, disk: 100 * kB, need: 10 * kB, fits: true, kept: []int{1, 2, 3, 4, 5}},
		{name: "by age", maxAge: 35 * time.Minute, maxBytes: 100 * kB, disk: 100 * kB, fits: true, kept: []int{1, 2, 3}},
		{name: "by size", maxAge: time.Hour, maxBytes: 45 * kB, disk: 100 * kB, need: 10 * kB, fits: true, kept: []int{1, 2, 3}},
		{name: "exactly full", maxAge: time.Hour, maxBytes: 60 * kB, disk: 100 * kB, need: 10 * kB, fits: true, kept: []int{1, 2, 3, 4, 5}},
		{name: "by free space", maxAge: time.Hour, maxBytes: 100 * kB, min: 30 * kB, disk: 15 * kB, need: 10 * kB, fits: true, kept: []int{1, 2}},
		{name: "no room at all", maxAge: time.Hour, maxBytes: 100 * kB, min: 80 * kB, disk: 15 * kB, need: 10 * kB, fits: false, kept: nil},
		{name: "larger than the limit", maxAge: time.Hour, maxBytes: 8 * kB, disk: 100 * kB, need: 10 * kB, fits: false, kept: nil},
	} {
		t.Run(g.name, func(t *testing.T) {
			dir := t.TempDir()
			c := config(dir)
			c.MaxAge, c.MaxBytes, c.MinFreeBytes = g.maxAge, g.maxBytes, g.min
			s := newStore(t, c)
			s.now = func() time.Time { return noon }
			foreign := []string{"holiday.flac", "mic_dog_20261122T120000.250Z.wav", "notes.txt"}
			for _, name := range foreign {
				put(t, dir, name, 10*kB, 100_000)
			}
			for i := 1; i <= 5; i++ {
				put(t, dir, clipOf(i), 10*kB, i*10)
			}
			s.free = func(string) (int64, error) {
				free := g.disk
				for i := 1; i <= 5; i++ {
					if _, err := os.Stat(filepath.Join(dir, clipOf(i))); err != nil {
						free += 10 * kB
					}
				}
				return free, nil
			}
			if fits := s.prune(g.need) == nil; fits != g.fits {
				t.Errorf("prune says %v, want %v", fits, g.fits)
			}
			want := slices.Clone(foreign)
			for _, i := range g.kept {
				want = append(want, clipOf(i))
			}
			slices.Sort(want)
			if got := files(t, dir); !slices.Equal(got, want) {
				t.Errorf("left are %v, want %v", got, want)
			}
			if st := s.Stats(); st.Removed != int64(5-len(g.kept)) || st.Kept != int64(len(g.kept)) || st.KeptBytes != int64(len(g.kept)*10*kB) {
				t.Errorf("%+v", st)
			}
		})
	}
}

// TestRefusal: what does not fit is counted and told, and nothing is written.
func TestRefusal(t *testing.T) {
	c := config(t.TempDir())
	c.MinFreeBytes = 1 << 50
	var told []error
	c.OnError = func(err error) { told = append(told, err) }
	s := newStore(t, c)
	r := s.Recorder("mic")
	r.Write(0, sound(0, rate))
	r.Start("dog", 0, noon)
	r.Close()
	flush(t, s)
	st := s.Stats()
	if st.Refused != 1 || st.Written != 0 || len(files(t, c.Dir)) != 0 {
		t.Errorf("%+v, files %v", st, files(t, c.Dir))
	}
	if len(told) != 1 || st.LastError != told[0].Error() || !strings.Contains(st.LastError, "1125899906842624 bytes left free") {
		t.Errorf("told %v, last error %q", told, st.LastError)
	}
}

// TestLeftovers: what a kill in the middle of a write leaves is cleared at the next start,
// and nothing else is.
func TestLeftovers(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, ".mic_dog_20261122T120000.250Z.flac.123456.tmp", 10, 0)
	put(t, dir, ".mic_dog_20261122T120000.250Z-3.flac.1.tmp", 10, 0)
	put(t, dir, ".probe.99.tmp", 10, 0)
	put(t, dir, ".hidden", 10, 0)
	put(t, dir, "other.tmp", 10, 0)
	put(t, dir, clipOf(1), 10, 0)
	newStore(t, config(dir))
	if got, want := files(t, dir), []string{".hidden", clipOf(1), "other.tmp"}; !slices.Equal(got, want) {
		t.Errorf("left are %v, want %v", got, want)
	}
}

// TestSizeBound: the estimate that keeps the disk from filling holds for the worst sound.
func TestSizeBound(t *testing.T) {
	s := newStore(t, config(t.TempDir()))
	rng := rand.New(rand.NewPCG(2, 2))
	for _, n := range []int{1, 15, 4096, 4097, 100_000} {
		x := make([]int16, n)
		for i := range x {
			x[i] = int16(rng.Uint32())
		}
		path := filepath.Join(s.c.Dir, "x")
		if err := s.encode(path, x, rate); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if most := bytesAtMost(n); info.Size() > most {
			t.Errorf("%d samples of noise take %d bytes, more than the bound %d", n, info.Size(), most)
		}
	}
}

// smallDisk mounts a file system of the given size.
func smallDisk(t *testing.T, bytes int) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", bytes)); err != nil {
		if errors.Is(err, syscall.EPERM) {
			skip.Now(t, "only root can mount a small disk to fill; run the tests as root: ", err)
		}
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// record makes one clip of four seconds of noise, some 60 kB.
func record(s *Store, r *Recorder, rng *rand.Rand, i int) string {
	at := int64(i) * 10 * rate
	x := make([]float32, 4*rate)
	for k := range x {
		x[k] = 2*rng.Float32() - 1
	}
	r.Write(at, x)
	name := r.Start("dog", at+rate, noon.Add(time.Duration(i)*time.Second))
	r.Close()
	return name
}

// TestNeverFillsTheDisk: on a real disk of 1 MB, with 300 kB to keep free, fifty clips
// go by, and the newest of them stay.
func TestNeverFillsTheDisk(t *testing.T) {
	c := config(smallDisk(t, 1<<20))
	c.MinFreeBytes = 300_000
	s := newStore(t, c)
	r := s.Recorder("mic")
	rng := rand.New(rand.NewPCG(3, 3))
	for i := range 50 {
		name := record(s, r, rng, i)
		flush(t, s)
		free, err := freeBytes(c.Dir)
		if err != nil || free < c.MinFreeBytes {
			t.Fatalf("after clip %d %d bytes are free, %v; want at least %d", i, free, err, c.MinFreeBytes)
		}
		if _, err := os.Stat(filepath.Join(c.Dir, name)); err != nil {
			t.Fatalf("clip %d is not there: %v", i, err)
		}
	}
	st := s.Stats()
	t.Logf("%+v", st)
	if st.Written != 50 || st.Removed == 0 || st.Kept < 5 || st.Failed+st.Refused != 0 {
		t.Errorf("%+v", st)
	}
}

// TestFolderGone: the folder is taken away while clips are due, then stands on a disk that is read-only. Each is told as
// what it is; clips are written again as soon as they can be, into a folder that is made anew.
func TestFolderGone(t *testing.T) {
	c := config(filepath.Join(t.TempDir(), "state", "clips"))
	var well atomic.Int32
	c.OnWell = func() { well.Add(1) }
	s := newStore(t, c)
	s.lookEvery = time.Millisecond
	s.free = func(string) (int64, error) { return 1 << 40, nil }
	r := s.Recorder("mic")
	rng := rand.New(rand.NewPCG(5, 5))
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { _ = s.Run(ctx); close(done) }()
	defer func() { stop(); <-done }()
	until := func(what string, ok func(Stats) bool) {
		t.Helper()
		for end := time.Now().Add(time.Minute); !ok(s.Stats()); time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("never: %s; %+v", what, s.Stats())
			}
		}
	}
	state := filepath.Dir(c.Dir)
	if err := os.Rename(state, state+".old"); err != nil {
		t.Fatal(err)
	}
	name := record(s, r, rng, 0)
	until("a clip in a folder made anew", func(st Stats) bool { return st.Written == 1 })
	if got := files(t, c.Dir); !slices.Equal(got, []string{name}) {
		t.Errorf("the folder has %v, want %s", got, name)
	}

	until("a file in the folder's place", func(Stats) bool { // against Run, which makes it anew
		_ = os.RemoveAll(state)
		return os.WriteFile(state, nil, 0o600) == nil
	})
	until("what stands in the way is told before a clip is due", func(st Stats) bool { return strings.Contains(st.Trouble, "not a directory") })
	record(s, r, rng, 1)
	until("a clip lost", func(st Stats) bool { return st.Failed == 1 })
	if st := s.Stats(); st.Refused != 0 || !strings.Contains(st.LastError, "not a directory") {
		t.Errorf("%+v, want the true reason", st)
	}
	if err := os.Remove(state); err != nil {
		t.Fatal(err)
	}
	until("well again", func(st Stats) bool { return st.Trouble == "" })
	record(s, r, rng, 2)
	until("the next clip", func(st Stats) bool { return st.Written == 2 })
	if well.Load() != 1 {
		t.Errorf("told %d times that it is well again", well.Load())
	}
}

// TestReadOnlyDisk: a disk that goes read-only under the folder is told as that.
func TestReadOnlyDisk(t *testing.T) {
	c := config(smallDisk(t, 1<<20))
	s := newStore(t, c)
	s.free = func(string) (int64, error) { return 1 << 40, nil }
	r := s.Recorder("mic")
	rng := rand.New(rand.NewPCG(6, 6))
	remount := func(flags uintptr) {
		t.Helper()
		if err := syscall.Mount("", c.Dir, "", syscall.MS_REMOUNT|flags, ""); err != nil {
			t.Fatal(err)
		}
	}
	remount(syscall.MS_RDONLY)
	record(s, r, rng, 0)
	flush(t, s)
	if st := s.Stats(); st.Failed != 1 || st.Refused != 0 || !strings.Contains(st.Trouble, "read-only file system; want a folder that may be written") {
		t.Errorf("%+v, want one failed on a read-only disk", st)
	}
	remount(0)
	s.look()
	if st := s.Stats(); st.Trouble != "" {
		t.Errorf("still in trouble: %s", st.Trouble)
	}
	name := record(s, r, rng, 1)
	flush(t, s)
	if got := files(t, c.Dir); !slices.Equal(got, []string{name}) {
		t.Errorf("the folder has %v, want %s", got, name)
	}
}

// TestFullDisk: others have filled the disk. The clip is lost and told of, nothing of it
// is left, and when there is room again the next one is written.
func TestFullDisk(t *testing.T) {
	c := config(smallDisk(t, 256<<10))
	s := newStore(t, c)
	s.free = func(string) (int64, error) { return 1 << 40, nil } // as if space vanished after the look
	r := s.Recorder("mic")
	rng := rand.New(rand.NewPCG(4, 4))
	ballast := filepath.Join(c.Dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 230<<10), 0o600); err != nil {
		t.Fatal(err)
	}
	record(s, r, rng, 0)
	flush(t, s)
	if st := s.Stats(); st.Failed != 1 || !strings.Contains(st.LastError, "no space left on device") {
		t.Errorf("%+v, want one failed for want of space", st)
	}
	if got := files(t, c.Dir); !slices.Equal(got, []string{"ballast"}) {
		t.Errorf("left are %v", got)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	name := record(s, r, rng, 1)
	flush(t, s)
	if got := files(t, c.Dir); !slices.Equal(got, []string{name}) {
		t.Errorf("after room was made: %v, want %s", got, name)
	}
}
