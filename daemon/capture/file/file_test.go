package file

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"earshot/daemon/capture"
	"earshot/internal/audio"
	"earshot/internal/sampletime"
	"earshot/internal/test/sourcetest"
	"earshot/ringbuf"
)

// at is what the sources of these tests deliver.
var at = capture.Common{Rate: sourcetest.Rate}

// memory is a Mono of samples 0, 1, 2, … in pieces of odd size.
type memory struct{ next, n int }

func (m *memory) Read(dst []float32) (int, error) {
	if m.next == m.n {
		return 0, io.EOF
	}
	k := min(len(dst), 777, m.n-m.next)
	for i := range k {
		dst[i] = float32(m.next + i)
	}
	m.next += k
	return k, nil
}
func (*memory) Close() error { return nil }

func counting(n int) func(string, int, audio.Channel) (Mono, error) {
	return func(path string, _ int, _ audio.Channel) (Mono, error) {
		if path == "bad" {
			return nil, errors.New(`open "bad": not audio`)
		}
		return &memory{n: n}, nil
	}
}

func TestFileWaitsForRoom(t *testing.T) {
	const n = 100_000
	f, err := New(Config{Common: at, Paths: []string{"a", "b"}, Read: counting(n)})
	if err != nil {
		t.Fatal(err)
	}
	ring := ringbuf.New(8)
	done := make(chan error, 1)
	go func() { err := f.Run(context.Background(), ring); ring.Flush(); done <- err }()
	var got []float32
	for ended := false; ; {
		if b := ring.Peek(); b != nil {
			if b.Gap {
				t.Fatalf("gap at %d: the source did not wait", b.At)
			}
			got = append(got, b.X[:b.N]...)
			ring.Release()
			continue
		}
		if ended {
			break
		}
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			ended = true
		case <-time.After(100 * time.Microsecond):
		}
	}
	if len(got) != 2*n {
		t.Fatalf("%d samples, want %d", len(got), 2*n)
	}
	for i, v := range got {
		if v != float32(i%n) {
			t.Fatalf("sample %d is %v", i, v)
		}
	}
}

func TestFileErrors(t *testing.T) {
	if _, err := New(Config{Common: at}); err == nil {
		t.Error("no path: no error")
	}
	for name, cfg := range map[string]Config{
		"not audio":        {Paths: []string{"good", "bad"}, Read: counting(10)},
		"nothing to loop":  {Paths: []string{"a"}, Loop: true, Read: counting(0)},
		"really not there": {Paths: []string{filepath.Join(t.TempDir(), "none.wav")}},
	} {
		cfg.Common = at
		f, err := New(cfg)
		if err == nil {
			err = f.Run(context.Background(), sourcetest.Discard{})
		}
		if err == nil || !strings.Contains(err.Error(), cfg.Paths[len(cfg.Paths)-1]) {
			t.Errorf("%s: got %v, want an error that names the file", name, err)
		}
	}
}

// A file that cannot be read is told once, and the next one is played.
func TestOneBadFile(t *testing.T) {
	var told []string
	common := at
	common.OnState = func(s capture.State) { told = append(told, s.Why) }
	f, err := New(Config{Common: common, Paths: []string{"bad", "good"}, Read: counting(10)})
	if err != nil {
		t.Fatal(err)
	}
	var r sourcetest.Recorder
	if err := f.Run(context.Background(), &r); err == nil || !strings.Contains(err.Error(), "bad") || len(r.Samples()) != 10 {
		t.Errorf("%d samples, %v; want the 10 of the good one, then an error that names the bad one", len(r.Samples()), err)
	}
	if !strings.Contains(strings.Join(told, "\n"), `"bad": `) {
		t.Errorf("told %q, want the bad file", told)
	}
}

// In real time a file takes its time, and stops at once when told.
func TestFileInRealTime(t *testing.T) {
	f, err := New(Config{Common: at, Paths: []string{"a"}, Loop: true, Realtime: true, Read: counting(3000)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(context.Background(), sourcetest.HangGuard)
	defer stop()
	var r sourcetest.Recorder
	start := time.Now()
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx, &r) }()
	for len(r.Samples()) < sourcetest.Rate/2 && ctx.Err() == nil {
		time.Sleep(10 * time.Millisecond)
	}
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if n, most := len(r.Samples()), sampletime.Samples(time.Since(start), sourcetest.Rate); int64(n) > most || n < sourcetest.Rate/2 {
		t.Errorf("%d samples in a time of %d", n, most)
	}
}

func TestContract(t *testing.T) {
	for _, realtime := range []bool{true, false} {
		sourcetest.Hold(t, sourcetest.Rig{New: func(t *testing.T, common capture.Common) (capture.Source, error) {
			path := filepath.Join(t.TempDir(), "sound.wav")
			if err := audio.WriteWAV16(path, make([]float32, 5000), sourcetest.Rate); err != nil {
				t.Fatal(err)
			}
			return New(Config{Common: common, Paths: []string{path, path}, Loop: true, Realtime: realtime})
		}})
	}
}
