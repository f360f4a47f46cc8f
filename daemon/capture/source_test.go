package capture

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"earshot/ringbuf"
)

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

func counting(n int) func(string, int, int) (Mono, error) {
	return func(path string, rate, channel int) (Mono, error) {
		if path == "bad" {
			return nil, errors.New(`open "bad": not audio`)
		}
		return &memory{n: n}, nil
	}
}

func TestFileWaitsForRoom(t *testing.T) {
	const n = 100_000
	f, err := NewFile(FileConfig{Paths: []string{"a", "b"}, Open: counting(n)})
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
	if _, err := NewFile(FileConfig{}); err == nil {
		t.Error("no path: no error")
	}
	for name, cfg := range map[string]FileConfig{
		"not audio":        {Paths: []string{"good", "bad"}, Open: counting(10)},
		"nothing to loop":  {Paths: []string{"a"}, Loop: true, Open: counting(0)},
		"really not there": {Paths: []string{filepath.Join(t.TempDir(), "none.wav")}},
	} {
		f, err := NewFile(cfg)
		if err == nil {
			err = f.Run(context.Background(), discard{})
		}
		if err == nil || !strings.Contains(err.Error(), cfg.Paths[len(cfg.Paths)-1]) {
			t.Errorf("%s: got %v, want an error that names the file", name, err)
		}
	}
}

// In real time a file takes its time, and stops at once when told.
func TestFileInRealTime(t *testing.T) {
	f, err := NewFile(FileConfig{Paths: []string{"a"}, Loop: true, Realtime: true, Open: counting(3000)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(context.Background(), hangGuard)
	defer stop()
	var r recorder
	start := time.Now()
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx, &r) }()
	for len(r.samples()) < DefaultRate/2 && ctx.Err() == nil {
		time.Sleep(10 * time.Millisecond)
	}
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if n, most := len(r.x), samplesIn(time.Since(start), DefaultRate); int64(n) > most || n < DefaultRate/2 {
		t.Errorf("%d samples in a time of %d", n, most)
	}
}

// pipe runs a stdin source on a pipe and returns the pipe's writing end.
func pipe(t *testing.T, cfg StdinConfig) (*os.File, *running) {
	t.Helper()
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); out.Close() })
	r := &running{t: t, states: make(chan State, 100), done: make(chan error, 1)}
	cfg.Input, cfg.OnState = in, func(s State) { t.Logf("%v: %s", s.Phase, s.Why); r.states <- s }
	s, err := NewStdin(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	r.stop = stop
	go func() { r.done <- s.Run(ctx, &r.sink) }()
	t.Cleanup(func() { r.end() })
	return out, r
}

func TestStdin(t *testing.T) {
	out, r := pipe(t, StdinConfig{PCM: PCM{Format: S16LE, Rate: 44100, Channels: 1}, Stall: 200 * time.Millisecond})
	out.Write(s16(1, 2, 3))
	r.wait(Online)
	r.wait(Lost) // nothing more comes
	out.Write(s16(4, 5))
	r.wait(Online)
	out.Close()
	select {
	case err := <-r.done:
		r.done <- err
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(hangGuard):
		t.Fatal("the end of the input is not seen")
	}
	if got := r.sink.samples(); !slices.Equal(got, []float32{1. / 32768, 2. / 32768, 3. / 32768, 4. / 32768, 5. / 32768}) {
		t.Errorf("got %v", got)
	}
	if g := r.sink.holes(); len(g) != 1 || g[0].kept != 3 || g[0].n < samplesIn(100*time.Millisecond, 44100) {
		t.Errorf("gaps %+v, want one after 3 samples", g)
	}
}

func TestStdinStopsWhileWaiting(t *testing.T) {
	_, r := pipe(t, StdinConfig{PCM: PCM{Format: F32LE, Rate: 48000, Channels: 2}})
	if err := r.end(); err != nil {
		t.Error(err)
	}
}
