package audio

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"earshot/internal/audio/sandbox"
)

// Decoders that go wrong, in the process that the tests start: each gives a second of sound first.
// They are there before init looks at served.
var _ = func() bool {
	for kind, wrong := range map[string]func(){
		"test-panics":  func() { panic("a bug") },
		"test-crashes": func() { _ = unix.Tgkill(os.Getpid(), unix.Gettid(), unix.SIGSEGV) },
		"test-hangs":   func() { select {} },
		"test-spins": func() {
			for i := 1; i != 0; i = max(1, i+1) {
				runtime.KeepAlive(i)
			}
		},
		"test-devours":  func() { devoured = make([]byte, 1<<40) },
		"test-leaves":   func() { os.Exit(0) },
		"test-babbles":  func() { _, _ = os.Stdout.Write(bytes.Repeat([]byte{'s', 255, 255, 0, 0}, 100000)); os.Exit(0) },
		"test-complain": func() { _, _ = os.Stderr.Write(bytes.Repeat([]byte("\x1b[2J no\n"), 1000000)); os.Exit(3) },
	} {
		served[kind] = func(*os.File, int64, []string) (decoder, error) {
			return &wrongDecoder{left: 44100, wrong: wrong}, sandbox.Own(sandbox.Limits{Memory: 256 << 20, CPUSeconds: 2})
		}
	}
	return true
}()

var devoured []byte

type wrongDecoder struct {
	left  int
	wrong func()
}

func (d *wrongDecoder) Rate() int     { return 44100 }
func (d *wrongDecoder) Channels() int { return 1 }
func (d *wrongDecoder) Read(dst []float32) (int, error) {
	if d.left == 0 {
		d.wrong()
	}
	n := min(d.left, len(dst))
	d.left -= n
	return n, nil
}

// TestDecoderGoesWrong: what a decoder gave before it crashed, hung or lied is heard, and what
// happened is told.
func TestDecoderGoesWrong(t *testing.T) {
	defer func(was time.Duration) { processSilence = was }(processSilence)
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for kind, says := range map[string]string{
		"test-panics":   "its decoder ended badly (panic: a bug",
		"test-crashes":  "its decoder ended badly (SIGSEGV",
		"test-hangs":    "its decoder gave nothing for 5s",
		"test-spins":    "its decoder was killed",
		"test-devours":  "its decoder ended badly (",
		"test-leaves":   "ended in the middle",
		"test-babbles":  "sent what it should not",
		"test-complain": "its decoder ended badly (exit status 3)",
	} {
		t.Run(kind, func(t *testing.T) {
			if processSilence = time.Minute; kind == "test-hangs" {
				processSilence = 5 * time.Second
			}
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			d, err := (&source{r: f, size: 1}).remotely(kind)
			if err != nil {
				t.Fatal(err)
			}
			s := &stream{name: path, d: d}
			defer s.Close()
			n, buf := 0, make([]float32, 1000)
			for err == nil {
				var k int
				k, err = s.Read(buf)
				n += k
			}
			told := strings.Join(s.Notes(), "\n")
			if err != io.EOF || n != 44100 || !strings.Contains(told, "after 1.0 s the rest is lost") || !strings.Contains(told, says) || strings.Contains(told, "\x1b") {
				t.Errorf("%d samples, %v, %q; want all 44100 and %q", n, err, told, says)
			}
		})
	}
}

// TestNoProcessStays: a reader that is closed in the middle leaves no process and no descriptor.
func TestNoProcessStays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.ogg")
	if err := os.WriteFile(path, testdata(t, "long.ogg"), 0o600); err != nil {
		t.Fatal(err)
	}
	before := descriptors(t)
	var pids []int
	for range 5 {
		r, err := Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Read(make([]float32, 100)); err != nil {
			t.Fatal(err)
		}
		pids = append(pids, r.(*stream).d.(*remote).p.cmd.Process.Pid)
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for _, pid := range pids {
		if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
			t.Errorf("process %d is still there (%v)", pid, err)
		}
	}
	if after := descriptors(t); after > before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

// TestErrorCrosses: an error is the same on the other side.
func TestErrorCrosses(t *testing.T) {
	sent := foreign("ogg", "Ogg with [Speex]")
	var got *Error
	if err := parseError(formatError(sent)); !errors.As(err, &got) || *got != *sent {
		t.Errorf("%#v, want %#v", got, sent)
	}
	if err := parseError([]byte{99}); !errors.Is(err, ErrCorrupt) {
		t.Errorf("nonsense: %v", err)
	}
}

// FuzzRecords reads what a decoding process might send that was talked into anything.
func FuzzRecords(f *testing.F) {
	format := append([]byte{recordFormat, 8, 0, 0, 0}, 0x44, 0xac, 0, 0, 2, 0, 0, 0)
	f.Add(format)
	f.Add(append(bytes.Clone(format), recordSamples, 8, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, recordNote, 1, 0, 0, 0, 'x', recordEnd, 0, 0, 0, 0))
	f.Add([]byte{recordError, 4, 0, 0, 0, 2, 'a', 0, 'b'})
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := newRecords(bytes.NewReader(b))
		if err != nil {
			return
		}
		x := make([]float32, 64*d.Channels())
		for n := 0; err == nil; {
			var k int
			k, err = d.Read(x)
			if n += k; k%d.Channels() != 0 || 4*n > len(b) {
				t.Fatalf("%d samples of %d channels in %d bytes", n, d.Channels(), len(b))
			}
		}
		said := d.flaws()
		if notes := said.list(); len(notes) > maxNotes+1 {
			t.Fatalf("%d notes", len(notes))
		}
	})
}

// FuzzParts finds the parts of Ogg and MP3 files, which libsndfile is given: they lie in the file, in order.
func FuzzParts(f *testing.F) {
	for _, name := range []string{"mono.ogg", "opus.ogg", "stereo.mp3", "mpeg2-padded.mp3"} {
		f.Add(testdata(f, name))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		b = bytes.Clone(b)
		resumAll(b)
		for _, next := range []func() (*part, error){
			(&oggParts{s: newScanner(bytes.NewReader(b), 0, int64(len(b)))}).next,
			mp3Parts{newScanner(bytes.NewReader(b), 0, int64(len(b)))}.next,
		} {
			end := int64(0)
			for range len(b) + 1 {
				p, err := next()
				if p == nil && err == nil {
					break
				}
				if err != nil {
					continue
				}
				for _, e := range p.extents {
					if e.At < end || e.Size <= 0 || e.At+e.Size > int64(len(b)) {
						t.Fatalf("a piece at %d of %d bytes, behind %d, in %d", e.At, e.Size, end, len(b))
					}
					end = e.At + e.Size
				}
			}
		}
	})
}
