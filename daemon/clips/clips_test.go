package clips

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"earshot/internal/audio"
)

const rate = 8000 // Hz; keeps the files small

var noon = time.Date(2026, 11, 22, 12, 0, 0, 250e6, time.UTC)

func config(dir string) Config {
	return Config{Dir: dir, SampleRate: rate, Before: time.Second, After: 500 * time.Millisecond,
		MaxLength: 4 * time.Second, MaxAge: time.Hour, MaxBytes: 10 << 20}
}

func newStore(t testing.TB, c Config) *Store {
	t.Helper()
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	s.drainWithin = time.Minute // a busy machine may take longer than a stop may
	return s
}

// sound is what every test records: sample n has a value that tells n.
func sound(at int64, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = value(at + int64(i))
	}
	return x
}

func value(n int64) float32 { return float32(n*7919%65536-32768) / 32768 }

// flush writes all that is queued, as Run does when its context has ended.
func flush(t testing.TB, s *Store) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.Run(ctx); err != nil {
		t.Fatal(err)
	}
}

// wantClip fails unless the named file holds the sound of [from, to).
func wantClip(t testing.TB, s *Store, name string, from, to int64) []float32 {
	t.Helper()
	x, err := audio.ReadMono(filepath.Join(s.c.Dir, name), rate)
	if err != nil {
		t.Fatal(err)
	}
	if int64(len(x)) != to-from {
		t.Fatalf("%s has %d samples, want %d", name, len(x), to-from)
	}
	for i, v := range x {
		if v != value(from+int64(i)) {
			t.Fatalf("%s: sample %d is %v, want %v", name, i, v, value(from+int64(i)))
		}
	}
	return x
}

// TestClipIsExact: whatever the pieces the sound comes in, the file holds the very samples
// from a second before the onset to half a second after the end.
func TestClipIsExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	s := newStore(t, config(t.TempDir()))
	r := s.Recorder("mic")
	const first = 123_456_789_012
	at := int64(first)
	upTo := func(end int64) {
		for at < end {
			n := min(1+rng.IntN(3000), int(end-at))
			r.Write(at, sound(at, n))
			at += int64(n)
		}
	}
	upTo(first + 40*rate) // far beyond the ring
	onset := at - 2*rate
	name := r.Start("dog", onset, noon)
	if name != "mic_dog_20261122T120000.250Z.flac" {
		t.Fatalf("name is %q", name)
	}
	upTo(onset + 2*rate + 77)
	end := at - 500
	r.Finish(name, end)
	if s.Stats().Queued != 0 {
		t.Fatal("the clip was cut before the sound after it had come")
	}
	upTo(end + rate/2)
	if s.Stats().Queued != 1 {
		t.Fatal("the clip was not cut when its sound was there")
	}
	flush(t, s)
	wantClip(t, s, name, onset-rate, end+rate/2)
	st := s.Stats()
	if st.Written != 1 || st.Truncated != 0 || st.Kept != 1 || st.Bytes == 0 || st.KeptBytes != st.Bytes || st.LastError != "" {
		t.Errorf("%+v", st)
	}
}

// TestShortGapIsSilence: a hole of up to a second is bridged, so that times in the file hold.
func TestShortGapIsSilence(t *testing.T) {
	s := newStore(t, config(t.TempDir()))
	r := s.Recorder("mic")
	r.Write(0, sound(0, 2*rate))
	name := r.Start("a", rate, noon)
	r.Write(3*rate, sound(3*rate, rate-1)) // a sample short of the greatest length
	r.Finish(name, 3*rate)
	flush(t, s)
	x, err := audio.ReadMono(filepath.Join(s.c.Dir, name), rate)
	if err != nil || len(x) != 3*rate+rate/2 {
		t.Fatalf("%d samples, %v", len(x), err)
	}
	for i, v := range x {
		want := value(int64(i))
		if i >= 2*rate && i < 3*rate {
			want = 0
		}
		if v != want {
			t.Fatalf("sample %d is %v, want %v", i, v, want)
		}
	}
}

func TestSeveralAtOnce(t *testing.T) {
	s := newStore(t, config(t.TempDir()))
	mic, cam := s.Recorder("mic"), s.Recorder("Cam 2")
	for _, r := range []*Recorder{mic, cam} {
		r.Write(0, sound(0, 3*rate))
	}
	names := []string{
		mic.Start("dog", rate, noon),
		mic.Start("cat", 2*rate, noon),
		mic.Start("cat", 2*rate, noon.Add(300)), // the same millisecond
		cam.Start("crying_baby", rate, noon),
	}
	want := []string{"mic_dog_20261122T120000.250Z.flac", "mic_cat_20261122T120000.250Z.flac",
		"mic_cat_20261122T120000.250Z-1.flac", "cam_2_crying_baby_20261122T120000.250Z.flac"}
	if !slices.Equal(names, want) {
		t.Fatalf("names %q, want %q", names, want)
	}
	for i, r := range []*Recorder{mic, mic, mic, cam} {
		r.Finish(names[i], 2*rate)
	}
	flush(t, s)
	wantClip(t, s, names[0], 0, 2*rate+rate/2)
	wantClip(t, s, names[1], rate, 2*rate+rate/2)
	wantClip(t, s, names[2], rate, 2*rate+rate/2)
	wantClip(t, s, names[3], 0, 2*rate+rate/2)
}

func TestTooManyOpen(t *testing.T) {
	s := newStore(t, config(t.TempDir()))
	r := s.Recorder("mic")
	r.Write(0, sound(0, rate))
	for i := range maxOpen + 3 {
		if name := r.Start("a", rate, noon.Add(time.Duration(i)*time.Second)); (name == "") != (i >= maxOpen) {
			t.Errorf("clip %d is called %q", i, name)
		}
	}
	if st := s.Stats(); st.Dropped != 3 {
		t.Errorf("%+v, want 3 dropped", st)
	}
}

func TestWriteAllocatesNothing(t *testing.T) {
	r := newStore(t, config(t.TempDir())).Recorder("mic")
	x := sound(0, 512)
	at := int64(0)
	if n := testing.AllocsPerRun(200, func() { r.Write(at, x); at += 512 + at%2 }); n != 0 {
		t.Errorf("%v allocations a block, want 0", n)
	}
}
