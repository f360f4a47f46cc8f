package clips

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestBadConfig(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, g := range []struct {
		change func(*Config)
		want   string
	}{
		{func(c *Config) { c.Dir = "" }, "no folder given"},
		{func(c *Config) { c.SampleRate = 0 }, "sample rate is 0 Hz"},
		{func(c *Config) { c.Before = -1 }, "before the onset is -1ns"},
		{func(c *Config) { c.After = time.Hour }, "after the end is 1h0m0s"},
		{func(c *Config) { c.MaxLength = time.Second }, "want more than before and after together (1.5s)"},
		{func(c *Config) { c.MaxAge = 0 }, "greatest age is 0s"},
		{func(c *Config) { c.MaxBytes = 0 }, "greatest size of all clips is 0 bytes"},
		{func(c *Config) { c.MinFreeBytes = -1 }, "space to keep free is -1 bytes"},
		{func(c *Config) { c.Dir = file }, "make the folder"},
		{func(c *Config) { c.Dir = "/proc" }, "the folder must be writable"},
	} {
		c := config(t.TempDir())
		g.change(&c)
		if _, err := New(c); err == nil || !strings.Contains(err.Error(), g.want) {
			t.Errorf("got %v, want … %s …", err, g.want)
		}
	}
	if _, err := New(Config{}); err == nil || strings.Count(err.Error(), "\n") < 3 {
		t.Errorf("an empty Config gives %v, want every fault at once", err)
	}
}

// FuzzName: whatever source, label and clock, the name is one that Open takes, and stays in
// the folder.
func FuzzName(f *testing.F) {
	f.Add("mic", "dog", int64(1_800_000_000_000), 0)
	f.Add("../../etc", "pass\x00wd/ü€", int64(math.MaxInt64), 12)
	f.Add("", "", int64(math.MinInt64), 1)
	f.Add(strings.Repeat("x", 300), strings.Repeat("/", 300), int64(0), 99999)
	f.Fuzz(func(t *testing.T, source, label string, ms int64, repeat int) {
		name := makeName(source, label, time.UnixMilli(ms), min(repeat, 999_999))
		if !isClipName(name) || filepath.Base(name) != name || len(name) > 200 {
			t.Errorf("%q", name)
		}
	})
}

func TestOpen(t *testing.T) {
	dir := t.TempDir()
	s := newStore(t, config(dir))
	r := s.Recorder("mic")
	r.Write(0, sound(0, rate))
	name := r.Start("dog", 0, noon)
	r.Close()
	flush(t, s)
	f, err := s.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("%v %v, want mode 0640", info.Mode(), err)
	}
	for _, bad := range []string{"", ".", "..", "../" + name, "/etc/passwd", "x/" + name, name + "\n", "mic.flac",
		strings.ToUpper(name), "mic_dog_20261122T120001.250Z.flac", strings.Repeat("a", 5000)} {
		if f, err := s.Open(bad); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("Open(%.40q) gives %v, %v; want os.ErrNotExist", bad, f, err)
		}
	}
}
