// Package atomicfile writes files that are there whole or not at all.
package atomicfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"earshot/internal/readfile"

	"golang.org/x/sys/unix"
)

// Write makes the file at path of what fill writes: into a temporary file beside
// it, synchronised to the disk, then renamed. When anything fails, path is as it
// was before, the temporary file is gone, and the error names path.
func Write(path string, perm fs.FileMode, fill func(w io.Writer) error) (err error) {
	dir, name := filepath.Split(path)
	if dir == "" {
		dir = "."
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("write %q: %w", path, advise(err))
		}
	}()
	if st, err := os.Stat(path); err == nil && !st.Mode().IsRegular() {
		return errors.New("something that is no file is there; want a file's name")
	}
	f, err := os.CreateTemp(dir, "."+name+".*.tmp")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close() // a second Close only returns an error
			os.Remove(f.Name())
		}
	}()
	w := bufio.NewWriter(f)
	if err := fill(w); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := f.Chmod(perm); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	if d, err := os.Open(dir); err == nil { // so that the name survives a crash too
		d.Sync()
		d.Close()
	}
	return nil
}

// WriteBytes makes the file at path hold b, as [Write] does.
func WriteBytes(path string, perm fs.FileMode, b []byte) error {
	return Write(path, perm, func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
}

// Cache makes the file at path hold b, in a folder that is made when it is missing. It is renamed into its place but not
// synchronised, which would cost more than making b anew: whoever reads it must know a torn file by a checksum of its own.
func Cache(path string, b []byte) (err error) {
	dir := filepath.Dir(path)
	defer func() {
		if err != nil {
			err = fmt.Errorf("write %q: %w", path, advise(err))
		}
	}()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".tmp-*")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// Folder makes the folder dir anew when it is gone, and says why nothing could be written there: the error names it.
func Folder(dir string, perm fs.FileMode) error {
	err := os.MkdirAll(dir, perm)
	if err == nil {
		err = unix.Access(dir, unix.W_OK|unix.X_OK)
	}
	if err != nil {
		return fmt.Errorf("folder %q: %w", dir, advise(err))
	}
	return nil
}

// Keep has a file stand at a second path too, so that it stays when the first is removed: by a hard link, or where the disk is another by a
// copy of at most limit bytes. What stands there already stays as it is.
func Keep(from, to string, perm fs.FileMode, limit int64) error {
	err := os.Link(from, to)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return nil
	}
	in, err := readfile.Open(from, limit)
	if err != nil {
		return err
	}
	defer in.Close()
	return Write(to, perm, func(w io.Writer) error {
		_, err := io.Copy(w, in)
		return err
	})
}

// ClearHalf removes what a write of path left behind that a crash interrupted.
func ClearHalf(path string) {
	half, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")) // fails on a bad pattern only
	for _, name := range half {
		_ = os.Remove(name) // the next start tries again
	}
}

// advise drops the temporary file's name from an error, and says what would help.
func advise(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%w; want free space on the disk", err)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w; want a folder that exists", err)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%w; want a folder that may be written", err)
	}
	return err
}
