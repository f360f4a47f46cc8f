// Package readfile is the one way to open what somebody else may have put on the disk. Whatever name is given, it is a
// regular file that is opened: a pipe would be waited for, a device may never end, or do something when it is opened. How
// much is read is bounded. A test of the whole program holds every other package to it.
package readfile

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// AnySize is the limit of a file that is read piece by piece.
const AnySize = 0

// Open opens the regular file at path, of at most limit bytes, or AnySize. It never waits for a writer. The error is a
// *fs.PathError, which says what is there instead.
func Open(path string, limit int64) (*os.File, error) {
	st, err := os.Stat(path) // before it is opened, which is not for nothing with a device
	if err == nil {
		err = check(st, limit)
	}
	if err != nil {
		return nil, failed(path, err)
	}
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, failed(path, err)
	}
	if st, err = f.Stat(); err == nil { // another may stand there by now
		err = check(st, limit)
	}
	if err != nil {
		f.Close()
		return nil, failed(path, err)
	}
	return f, nil
}

// Bytes reads the regular file at path whole; more than limit bytes, which is not AnySize, are an error.
func Bytes(path string, limit int64) ([]byte, error) {
	if limit <= AnySize {
		panic("readfile: Bytes without a limit")
	}
	f, err := Open(path, limit)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(b)) > limit { // it grew, or its folder knows no sizes
		err = tooLong(int64(len(b)), limit)
	}
	if err != nil {
		return nil, failed(path, err)
	}
	return b, nil
}

// check says what is wrong with what stands there.
func check(st fs.FileInfo, limit int64) error {
	if !st.Mode().IsRegular() {
		return fmt.Errorf("it is %s; want a file", kind(st.Mode()))
	}
	if limit > AnySize && st.Size() > limit {
		return tooLong(st.Size(), limit)
	}
	return nil
}

func tooLong(size, limit int64) error {
	return fmt.Errorf("it has %d bytes or more; want at most %d: is it the right file?", size, limit)
}

// kind says in words what is no regular file.
func kind(m fs.FileMode) string {
	for _, k := range []struct {
		bit fs.FileMode
		is  string
	}{{fs.ModeDir, "a folder"}, {fs.ModeNamedPipe, "a named pipe"}, {fs.ModeSocket, "a socket"}, {fs.ModeDevice, "a device"}} {
		if m&k.bit != 0 {
			return k.is
		}
	}
	return "no regular file"
}

// failed is err with path, which is quoted where a terminal might take it for more than a name.
func failed(path string, err error) error {
	if pe, ok := err.(*fs.PathError); ok {
		err = pe.Err
	}
	if quoted := strconv.Quote(path); quoted != `"`+path+`"` {
		path = quoted
	}
	return &fs.PathError{Op: "open", Path: path, Err: err}
}
