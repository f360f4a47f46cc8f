package runtimes

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"earshot/infer"
	"earshot/internal/atomicfile"
)

// Limits of what is taken out of wheels.
const (
	maxFiles    = 200
	maxUnpacked = 8 << 30 // bytes, all together
)

// Install fetches a build and puts its libraries into dir/NAME, which is as it was when anything fails; a build that was
// there before is replaced. It returns the runtime's library.
func Install(ctx context.Context, b Build, dir string, from Source) (library string, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("runtime folder: %w", err)
	}
	making, err := os.MkdirTemp(dir, "."+b.Name+"-")
	if err != nil {
		return "", fmt.Errorf("runtime folder: %w", err)
	}
	defer os.RemoveAll(making)
	if err := os.Chmod(making, 0o755); err != nil { // the service runs as another user
		return "", fmt.Errorf("runtime folder: %w", err)
	}
	u := unpacked{dir: making, same: map[identity]string{}}
	for _, w := range b.Wheels {
		if err := u.wheel(ctx, w, from); err != nil {
			return "", err
		}
	}
	name, err := u.finish(b)
	if err != nil {
		return "", err
	}
	folder := filepath.Join(dir, b.Name)
	old := making + ".old"
	defer os.RemoveAll(old)
	if err := os.Rename(folder, old); err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("runtime folder: %w", err)
	}
	if err := os.Rename(making, folder); err != nil {
		return "", errors.Join(fmt.Errorf("runtime folder: %w", err), os.Rename(old, folder))
	}
	return filepath.Join(folder, name), nil
}

// identity is what makes two entries of archives the same file: a ZIP archive knows no links, so a library stands there
// under each of its names.
type identity struct {
	crc  uint32
	size uint64
}

// unpacked is the folder that is being filled.
type unpacked struct {
	dir   string
	names []string
	bytes uint64
	same  map[identity]string
}

// wheel fetches one wheel and takes its libraries.
func (u *unpacked) wheel(ctx context.Context, w Wheel, from Source) error {
	file, err := os.CreateTemp(u.dir, ".wheel-")
	if err != nil {
		return fmt.Errorf("runtime folder: %w", err)
	}
	defer os.Remove(file.Name())
	defer file.Close()
	if err := from.get(ctx, w, file); err != nil {
		return err
	}
	archive, err := zip.NewReader(file, w.Size)
	if err != nil {
		return fmt.Errorf("%s: %w", w.File, err)
	}
	for _, entry := range archive.File {
		if !wanted(entry.Name) {
			continue
		}
		if err := u.take(entry); err != nil {
			return fmt.Errorf("%s: %.200q: %w", w.File, entry.Name, err)
		}
	}
	return nil
}

// wanted tells whether an entry is a shared library that is no part of Python.
func wanted(entry string) bool {
	name := path.Base(entry)
	return strings.HasPrefix(name, "lib") && (strings.HasSuffix(name, ".so") || strings.Contains(name, ".so.")) &&
		!strings.ContainsAny(name, "/\\\x00") && len(name) < 128
}

// take writes one library into the folder, or a link where it is there already under another name.
func (u *unpacked) take(entry *zip.File) error {
	name := path.Base(entry.Name)
	if slices.Contains(u.names, name) {
		return errors.New("a library of that name was there before")
	}
	if u.bytes += entry.UncompressedSize64; len(u.names) >= maxFiles || u.bytes > maxUnpacked {
		return fmt.Errorf("more than %d libraries or %d bytes", maxFiles, int64(maxUnpacked))
	}
	u.names = append(u.names, name)
	target := filepath.Join(u.dir, name)
	id := identity{entry.CRC32, entry.UncompressedSize64}
	if first, twice := u.same[id]; twice {
		return os.Symlink(first, target)
	}
	u.same[id] = name
	in, err := entry.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	return atomicfile.Write(target, 0o755, func(w io.Writer) error {
		_, err := io.Copy(w, io.LimitReader(in, int64(entry.UncompressedSize64)))
		return err
	})
}

// finish gives the runtime its plain name, and writes down what is loaded before it.
func (u *unpacked) finish(b Build) (library string, err error) {
	i := slices.IndexFunc(u.names, func(n string) bool { return strings.HasPrefix(n, "libonnxruntime.so") })
	if i < 0 {
		return "", errors.New("no libonnxruntime.so is in it")
	}
	if library = "libonnxruntime.so"; u.names[i] != library {
		if err := os.Symlink(u.names[i], filepath.Join(u.dir, library)); err != nil {
			return "", fmt.Errorf("runtime folder: %w", err)
		}
	}
	if len(b.Preload) == 0 {
		return library, nil
	}
	var list strings.Builder
	for _, part := range b.Preload {
		i := slices.IndexFunc(u.names, func(n string) bool { return strings.HasPrefix(n, part) })
		if i < 0 {
			return "", fmt.Errorf("no %s is in it, which %s wants", part, b.Provider)
		}
		list.WriteString(u.names[i] + "\n")
	}
	if err := atomicfile.WriteBytes(filepath.Join(u.dir, infer.PreloadFile), 0o644, []byte(list.String())); err != nil {
		return "", fmt.Errorf("runtime folder: %w", err)
	}
	return library, nil
}
