package features

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"earshot/gammatone"
	"earshot/train/dataset"
)

// writeWAV writes a float32 WAV at 44.1 kHz.
func writeWAV(t *testing.T, path string, x []float32) dataset.Clip {
	t.Helper()
	b := []byte("RIFF\x00\x00\x00\x00WAVEfmt ")
	u32 := func(v int) { b = binary.LittleEndian.AppendUint32(b, uint32(v)) }
	u16 := func(v int) { b = binary.LittleEndian.AppendUint16(b, uint16(v)) }
	u32(16)
	u16(3)
	u16(1)
	u32(44100)
	u32(4 * 44100)
	u16(4)
	u16(32)
	b = append(b, "data"...)
	u32(4 * len(x))
	for _, v := range x {
		u32(int(math.Float32bits(v)))
	}
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-8))
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return dataset.Clip{Path: path, Name: filepath.Base(path)}
}

func tone(n int, hertz float64) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(0.1 * math.Sin(2*math.Pi*hertz*float64(i)/44100))
	}
	return x
}

func TestLoadComputesAndCaches(t *testing.T) {
	dir, cache := t.TempDir(), filepath.Join(t.TempDir(), "new", "cache")
	var clips []dataset.Clip
	for i, name := range []string{"a.wav", "b.wav", "ドア bell.wav"} {
		clips = append(clips, writeWAV(t, filepath.Join(dir, name), tone(30000+5000*i, 440)))
	}
	calls, last := 0, 0
	first, broken, err := Load(clips, cache, 2, func(done, total int) {
		if total != 3 || done <= last {
			t.Errorf("progress %d of %d after %d", done, total, last)
		}
		calls, last = calls+1, done
	})
	if err != nil || len(broken) != 0 || calls != 3 {
		t.Fatalf("%v, broken %v, %d calls of progress", err, broken, calls)
	}
	for i, f := range first {
		want := gammatone.NewFrontEnd(gammatone.Default()).BatchEnergies(tone(30000+5000*i, 440))
		if !slices.Equal(f.Energies, want) || f.Frames != len(want)/Bands || f.Samples != 30000+5000*i {
			t.Errorf("clip %d is not what the front end gives", i)
		}
	}
	files, err := filepath.Glob(filepath.Join(cache, "*", "*.energies"))
	if err != nil || len(files) != 3 {
		t.Fatalf("cache holds %v", files)
	}
	second, _, err := Load(clips, cache, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range first {
		if !slices.Equal(first[i].Energies, second[i].Energies) || second[i].Frames != first[i].Frames || second[i].Samples != first[i].Samples || !slices.Equal(first[i].Silent, second[i].Silent) {
			t.Errorf("clip %d came back different", i)
		}
	}
	// It did come from the cache: a forged entry is believed.
	key, err := mustStore(t, cache).key(clips[0].Path)
	if err != nil {
		t.Fatal(err)
	}
	forged := &Clip{Frames: 2, Samples: 1536, Energies: make([]float32, 2*Bands)}
	if err := mustStore(t, cache).save(key, forged); err != nil {
		t.Fatal(err)
	}
	if got, _, err := Load(clips, cache, 1, nil); err != nil || got[0].Frames != 2 || got[0].Samples != 1536 {
		t.Errorf("the cache was not read: %v", err)
	}
	// Copies and renames hit the cache, changed content misses it.
	moved := filepath.Join(t.TempDir(), "moved.wav")
	b, _ := os.ReadFile(clips[0].Path)
	if err := os.WriteFile(moved, b, 0o644); err != nil {
		t.Fatal(err)
	}
	count := func() int { f, _ := filepath.Glob(filepath.Join(cache, "*", "*")); return len(f) }
	if _, _, err := Load([]dataset.Clip{{Path: moved}}, cache, 1, nil); err != nil || count() != 3 {
		t.Errorf("a copy made %d cache files, want 3 (%v)", count(), err)
	}
	writeWAV(t, moved, tone(30000, 880))
	if _, _, err := Load([]dataset.Clip{{Path: moved}}, cache, 1, nil); err != nil || count() != 4 {
		t.Errorf("new content made %d cache files, want 4 (%v)", count(), err)
	}
}

// TestDamagedCache: torn, foreign and bit-flipped files are computed again.
func TestDamagedCache(t *testing.T) {
	cache := t.TempDir()
	clips := []dataset.Clip{writeWAV(t, filepath.Join(t.TempDir(), "a.wav"), tone(30000, 440))}
	good, _, err := Load(clips, cache, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(cache, "*", "*.energies"))
	whole, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	flipped := slices.Clone(whole)
	flipped[len(flipped)-5] ^= 1
	for name, b := range map[string][]byte{"empty": nil, "torn": whole[:len(whole)/2], "header": whole[:headerLen-1], "flipped": flipped, "foreign": []byte(strings.Repeat("x", len(whole)))} {
		if err := os.WriteFile(files[0], b, 0o644); err != nil {
			t.Fatal(err)
		}
		got, broken, err := Load(clips, cache, 1, nil)
		if err != nil || len(broken) != 0 || !slices.Equal(got[0].Energies, good[0].Energies) {
			t.Errorf("%s cache file: %v, broken %v, or other energies", name, err, broken)
		}
		if again, _ := os.ReadFile(files[0]); !slices.Equal(again, whole) {
			t.Errorf("%s cache file was not mended", name)
		}
	}
}

// A clip with a flaw is used, and its flaw told each time, cached or not.
func TestFlawedClip(t *testing.T) {
	nan := tone(30000, 440)
	nan[777] = float32(math.NaN())
	clips := []dataset.Clip{writeWAV(t, filepath.Join(t.TempDir(), "nan.wav"), nan)}
	cache := t.TempDir()
	for range 2 {
		got, broken, err := Load(clips, cache, 1, nil)
		if err != nil || len(broken) != 0 || len(got[0].Notes) != 1 || !strings.Contains(got[0].Notes[0], "no number") {
			t.Fatalf("%v, broken %v, want one note of a NaN", err, broken)
		}
	}
}

func TestBrokenClips(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text.wav")
	if err := os.WriteFile(text, []byte("no sound at all"), 0o644); err != nil {
		t.Fatal(err)
	}
	clips := []dataset.Clip{
		writeWAV(t, filepath.Join(dir, "good.wav"), tone(30000, 440)),
		{Path: text},
		writeWAV(t, filepath.Join(dir, "short.wav"), tone(1023, 440)),
		{Path: filepath.Join(dir, "gone.wav")},
	}
	for _, cache := range []string{"", t.TempDir()} {
		got, broken, err := Load(clips, cache, 2, nil)
		if err != nil || len(broken) != 3 || got[0] == nil {
			t.Fatalf("%v, broken %v", err, broken)
		}
		for i, want := range []string{"not audio", "1023 samples: shorter than one frame", "no such file"} {
			if got[i+1] != nil || !strings.Contains(broken[i].Err.Error(), want) || broken[i].Path != clips[i+1].Path {
				t.Errorf("broken clip %d: %v, want …%s…", i, broken[i], want)
			}
		}
		_, broken, err = Load(clips[1:], cache, 1, nil)
		if err == nil || !strings.Contains(err.Error(), "none of 3 clips could be read") || len(broken) != 3 {
			t.Errorf("all broken: %v", err)
		}
	}
}

func TestCacheDirectoryErrors(t *testing.T) {
	clips := []dataset.Clip{writeWAV(t, filepath.Join(t.TempDir(), "a.wav"), tone(3000, 440))}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Load(clips, filepath.Join(file, "cache"), 1, nil); err == nil || !strings.HasPrefix(err.Error(), "feature cache: ") {
		t.Errorf("cache below a file: %v", err)
	}
	// A full disk, as far as a test can make one: the place of the cache
	// file's folder is taken.
	cache := t.TempDir()
	key, err := mustStore(t, cache).key(clips[0].Path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(cache, key[:2]), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Load(clips, cache, 1, nil); err == nil || !strings.HasPrefix(err.Error(), "feature cache: ") {
		t.Errorf("unwritable cache: %v", err)
	}
}

func mustStore(t *testing.T, dir string) *store {
	s, err := newStore(Options{CacheDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestVariant(t *testing.T) {
	cache := t.TempDir()
	clips := []dataset.Clip{writeWAV(t, filepath.Join(t.TempDir(), "a.wav"), tone(30000, 440))}
	louder := &Variant{Name: "louder", Apply: func(_ dataset.Clip, x []float32) ([]float32, error) {
		for i := range x {
			x[i] *= 2
		}
		return x, nil
	}}
	plain, _, err := Load(clips, cache, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // computed, then cached, and never mistaken for the plain clip
		loud, _, err := LoadContext(context.Background(), clips, Options{CacheDir: cache, Variant: louder})
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range loud[0].Energies {
			if want := 4 * plain[0].Energies[i]; math.Abs(float64(v-want)) > 1e-5*float64(want) {
				t.Fatalf("energy %d is %g, want %g", i, v, want)
			}
		}
	}
	bad := &Variant{Name: "bad", Apply: func(dataset.Clip, []float32) ([]float32, error) { return nil, errors.New("no") }}
	if _, _, err := LoadContext(context.Background(), clips, Options{Variant: bad}); err == nil || !strings.Contains(err.Error(), "variant bad: no") {
		t.Errorf("failing variant: %v", err)
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	clips := []dataset.Clip{writeWAV(t, filepath.Join(t.TempDir(), "a.wav"), tone(3000, 440))}
	if _, _, err := LoadContext(ctx, clips, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}

func TestSilence(t *testing.T) {
	x := tone(44100, 440)
	clear(x[22050:]) // zero padded
	x[30000] = 1.0 / 32768
	f := NewFrontEnd().Clip(x)
	for i, s := range f.Silent {
		start := i * 512
		want := start >= 22050 // one step of 16 bits alone does not count
		if s != want {
			t.Errorf("frame %d (from sample %d): silent %v", i, start, s)
		}
	}
	quiet := tone(44100, 440)
	for i := range quiet {
		quiet[i] *= 1e-3 // −80 dBFS
	}
	if g := NewFrontEnd().Clip(quiet).SilentShare(0, 50); g != 0 {
		t.Errorf("a tone at −83 dBFS is %g silent", g)
	}
	if g := f.SilentShare(f.Frames-10, 20); g != 1 {
		t.Errorf("ten silent frames and ten beyond the end are %g silent, want 1", g)
	}
	if g := f.SilentShare(0, 2*43); g < 0.4 || g > 0.6 {
		t.Errorf("half a padded clip is %g silent", g)
	}
	if g := f.SilentShare(0, 0); g != 0 {
		t.Errorf("no frames are %g silent", g)
	}
}

// BenchmarkLoad is clips a second of ESC-50, uncached; EARSHOT_ESC50 names its folder.
func BenchmarkLoad(b *testing.B) {
	s, err := dataset.Load(dataset.Options{Dirs: []string{os.Getenv("EARSHOT_ESC50")}})
	if err != nil {
		b.Skip(err)
	}
	for b.Loop() {
		if _, _, err := Load(s.Clips[:64], "", 2, nil); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(64*float64(b.N)/b.Elapsed().Seconds(), "clips/s")
}

// Load is LoadContext where nothing ends it.
func Load(clips []dataset.Clip, cacheDir string, workers int, progress func(done, total int)) ([]*Clip, []dataset.Broken, error) {
	return LoadContext(context.Background(), clips, Options{CacheDir: cacheDir, Workers: workers, Progress: progress})
}
