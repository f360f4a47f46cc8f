package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"golang.org/x/sys/unix"

	"earshot/internal/audio"
)

// stdio is what a file is called that is standard input or output.
const stdio = "-"

// maxStdin bounds what is taken in from standard input, in bytes: an hour and a half of 16-bit stereo.
const maxStdin = 1 << 30

// stdinFile is standard input as a file of memory, since sound files are read back and forth; nil where it is not wanted.
type stdinFile struct {
	f    *os.File
	proc string // its path
}

// takeStdin reads standard input to its end if it is among paths.
func takeStdin(in io.Reader, paths []string) (*stdinFile, error) {
	if !slices.Contains(paths, stdio) {
		return nil, nil
	}
	fd, err := unix.MemfdCreate("stdin", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("standard input: %w", err)
	}
	s := &stdinFile{os.NewFile(uintptr(fd), stdio), fmt.Sprintf("/proc/self/fd/%d", fd)}
	n, err := io.Copy(s.f, io.LimitReader(in, maxStdin+1))
	if err == nil && n > maxStdin {
		err = fmt.Errorf("more than %d MB; give it as a file", maxStdin>>20)
	}
	if err != nil {
		s.close()
		return nil, fmt.Errorf("standard input: %w", err)
	}
	return s, nil
}

// path is where to open what the user calls name.
func (s *stdinFile) path(name string) string {
	if s == nil || name != stdio {
		return name
	}
	return s.proc
}

// named makes an error about the file of memory one about standard input.
func (s *stdinFile) named(err error) error {
	var a *audio.Error
	if s != nil && errors.As(err, &a) && a.Path == s.path(stdio) {
		a.Path = "standard input"
	}
	return err
}

func (s *stdinFile) close() {
	if s != nil {
		_ = s.f.Close()
	}
}
