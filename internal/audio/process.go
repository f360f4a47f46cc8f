package audio

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Bounds of a decoding process.
const (
	processMemory = 256 << 20 // bytes, beyond what Go has at the start
	processCPU    = 60        // seconds of processor time for any file,
	bytesACPU     = 64 << 10  // and one more for so many bytes of it
	maxLastWords  = 4 << 10   // of what it writes to standard error
)

// processSilence is how long a decoding process may give nothing.
var processSilence = time.Minute

// process is this program started anew, confined, to decode what is on its standard input to
// its standard output.
type process struct {
	what string // that runs in it, as an error says it
	cmd  *exec.Cmd
	out  *os.File
	tail *tail
	err  error // why reading ended
}

// startProcess starts the decoder of a kind (see serve) on f.
func startProcess(f *os.File, kind string, args ...string) (*process, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p := &process{what: "its decoder", out: r, tail: &tail{}}
	p.cmd = &exec.Cmd{
		Path: "/proc/self/exe", Args: append([]string{processName, kind}, args...),
		// One arena: each thread of the C library would reserve another 64 MiB of address space.
		Env:   []string{"MALLOC_ARENA_MAX=1", "GOMAXPROCS=1", "LC_ALL=C", "LD_LIBRARY_PATH=" + os.Getenv("LD_LIBRARY_PATH")},
		Stdin: f, Stdout: w, Stderr: p.tail,
		WaitDelay: time.Second,
	}
	err = p.cmd.Start()
	w.Close()
	if err != nil {
		r.Close()
		return nil, err
	}
	return p, nil
}

// Read gives what the process writes; at its end io.EOF where it ended well.
func (p *process) Read(b []byte) (n int, err error) {
	if p.err != nil {
		return 0, p.err
	}
	_ = p.out.SetReadDeadline(time.Now().Add(processSilence))
	n, err = p.out.Read(b)
	if err != nil {
		p.err = p.end(errors.Is(err, os.ErrDeadlineExceeded))
	}
	if n > 0 {
		return n, nil
	}
	return 0, p.err
}

// end waits for the process, and says how it ended: io.EOF is well.
func (p *process) end(silent bool) error {
	if silent {
		_ = p.cmd.Process.Kill()
	}
	p.out.Close()
	err := p.cmd.Wait()
	var exit *exec.ExitError
	switch {
	case silent:
		return fault(ErrCorrupt, "an undamaged file", "%s gave nothing for %v", p.what, processSilence)
	case err == nil:
		return io.EOF
	case !errors.As(err, &exit):
		return err
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signal() == syscall.SIGKILL {
		return fault(ErrCorrupt, "an undamaged file", "%s was killed: it took more processor time than it may, or more memory than there is", p.what)
	}
	return fault(ErrCorrupt, "an undamaged file", "%s ended badly (%s)", p.what, p.tail.reason(exit.String()))
}

// Close ends the process, whatever it is at.
func (p *process) Close() error {
	if p.err == nil {
		_ = p.cmd.Process.Kill()
		p.out.Close()
		_ = p.cmd.Wait()
		p.err = os.ErrClosed
	}
	return nil
}

// tail keeps the start of what a process says, and its end.
type tail struct {
	mu   sync.Mutex
	head []byte
	last []byte
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := len(b)
	if room := maxLastWords/2 - len(t.head); room > 0 {
		t.head = append(t.head, b[:min(room, len(b))]...)
		b = b[min(room, len(b)):]
	}
	t.last = append(t.last, b...)
	if over := len(t.last) - maxLastWords/2; over > 0 {
		t.last = append(t.last[:0], t.last[over:]...)
	}
	return n, nil
}

// lines are the lines it said, fit to be printed.
func (t *tail) lines() (all []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, line := range bytes.Split(append(t.head[:len(t.head):len(t.head)], t.last...), []byte("\n")) {
		if s := strings.TrimSpace(printable(line)); s != "" {
			all = append(all, s)
		}
	}
	return all
}

// reason is the line that tells why Go's runtime or the sandbox ended it, or else the given one.
func (t *tail) reason(otherwise string) string {
	for _, line := range t.lines() {
		for _, start := range []string{"SIG", "panic: ", "fatal error: ", "runtime: "} {
			if strings.HasPrefix(line, start) {
				return line
			}
		}
	}
	return otherwise
}

// printable is a stranger's line without what acts on a terminal, and not long.
func printable(line []byte) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(string(line[:min(len(line), 200)]), "?"))
}
