package capture

import (
	"bytes"
	"os"
	"regexp"
	"runtime/debug"
	"sync"

	"golang.org/x/sys/unix"
)

// noise is what ALSA, JACK and PortAudio write to standard error while they
// look for devices: about a hundred lines that mean nothing to a person.
var noise = regexp.MustCompile(`^(ALSA lib |Expression '|Cannot connect to server |connect\(2\) call |attempt to connect to server|jack server is not running|JackShm|Cannot lock down |JackServerGlobals|Failed to connect to session bus|Unable to connect to DBus|\s*$)`)

// muted guards the one standard error that the process has.
var muted sync.Mutex

// muteStderr sends what C libraries write to file descriptor 2 to memory, until
// the returned func puts it back. Lines that are not known noise, such as a log
// line of another goroutine, are written then: late, but not lost.
// Where the system gives no descriptor, nothing is muted.
func muteStderr() (restore func()) {
	muted.Lock()
	nothing := func() { muted.Unlock() }
	keep, err := unix.FcntlInt(2, unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nothing
	}
	mem, err := unix.MemfdCreate("stderr", unix.MFD_CLOEXEC)
	if err != nil {
		unix.Close(keep)
		return nothing
	}
	if err := unix.Dup3(mem, 2, 0); err != nil {
		unix.Close(keep)
		unix.Close(mem)
		return nothing
	}
	real := os.NewFile(uintptr(keep), "stderr")
	debug.SetCrashOutput(real, debug.CrashOptions{}) // a crash of Go must not be muted
	return func() {
		defer muted.Unlock()
		unix.Dup3(keep, 2, 0)
		debug.SetCrashOutput(nil, debug.CrashOptions{})
		real.Close()
		f := os.NewFile(uintptr(mem), "stderr in memory")
		defer f.Close()
		if rest := signal(readBack(f)); len(rest) > 0 {
			os.Stderr.Write(rest)
		}
	}
}

// readBack returns what was written, at most 1 MB of it.
func readBack(f *os.File) []byte {
	st, err := f.Stat()
	if err != nil || st.Size() == 0 {
		return nil
	}
	b := make([]byte, min(st.Size(), 1<<20))
	n, _ := f.ReadAt(b, 0)
	return b[:n]
}

// signal returns the lines of b that are not noise.
func signal(b []byte) []byte {
	var rest []byte
	for line := range bytes.Lines(b) {
		if !noise.Match(line) {
			rest = append(rest, line...)
		}
	}
	return rest
}
