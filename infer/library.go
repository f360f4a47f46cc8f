package infer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// LibraryEnv is the environment variable that names ONNX Runtime's shared library.
const LibraryEnv = "EARSHOT_ONNXRUNTIME"

// ErrNoLibrary is wrapped by the errors of [FindLibrary] and [Init] when no
// usable ONNX Runtime was found.
var ErrNoLibrary = errors.New("no usable ONNX Runtime library")

// howToGet ends every error about a missing library.
const howToGet = "to get it: run `make setup` in earshot's source tree, or unpack the official release of ONNX Runtime " +
	"(https://github.com/microsoft/onnxruntime/releases) and set inference.library in the configuration or " + LibraryEnv +
	" to its libonnxruntime.so"

// FindLibrary returns the path of ONNX Runtime's shared library. The first of
// these that is given or exists wins:
//
//  1. configured, when it is not empty;
//  2. the environment variable EARSHOT_ONNXRUNTIME, when it is not empty;
//  3. beside the binary: its folder, lib/ in it, ../lib/earshot, ../lib;
//  4. the system's library folders.
//
// Either of the first two may name a folder that holds the library. When one
// of them does not fit there is no falling back: the error says what is wrong
// with it. In the later places a library that does not fit (other processor,
// older than 1.24) is passed over, and listed in the error if none fits.
// Every error wraps [ErrNoLibrary].
func FindLibrary(configured string) (path string, err error) {
	exe, err := os.Executable()
	if err == nil {
		if real, err := filepath.EvalSymlinks(exe); err == nil {
			exe = real
		}
	}
	return findLibrary(configured, os.Getenv(LibraryEnv), searchFolders(exe))
}

// findLibrary is FindLibrary with its surroundings given.
func findLibrary(configured, env string, folders []string) (string, error) {
	if configured != "" {
		return namedLibrary(configured, "the configuration")
	}
	if env != "" {
		return namedLibrary(env, "$"+LibraryEnv)
	}
	var misfits, empty []string
	for _, dir := range folders {
		names := librariesIn(dir)
		for _, name := range names {
			err := checkLibrary(name)
			if err == nil {
				return name, nil
			}
			misfits = append(misfits, fmt.Sprintf("%s: %v; ", name, err))
		}
		if len(names) == 0 {
			empty = append(empty, dir)
		}
	}
	return "", fmt.Errorf("%w: looked for libonnxruntime.so (%d.%d or newer, for linux/%s): %snone in %s; %s",
		ErrNoLibrary, minMajor, minMinor, runtime.GOARCH, strings.Join(misfits, ""), strings.Join(empty, ", "), howToGet)
}

// namedLibrary checks the library that a person named, a file or its folder.
func namedLibrary(path, by string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("%w: %s (named by %s): %v; %s", ErrNoLibrary, path, by, pathCause(err), howToGet)
	}
	if info.IsDir() {
		names := librariesIn(path)
		if len(names) == 0 {
			return "", fmt.Errorf("%w: folder %s (named by %s) holds no libonnxruntime.so; %s", ErrNoLibrary, path, by, howToGet)
		}
		path = names[0]
	}
	if err := checkLibrary(path); err != nil {
		return "", fmt.Errorf("%w: %s (named by %s): %v; %s", ErrNoLibrary, path, by, err, howToGet)
	}
	return path, nil
}

// pathCause strips the path from a file error: the caller names it already.
func pathCause(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// librariesIn lists the runtime's libraries in one folder, the plain name first.
func librariesIn(dir string) []string {
	var names []string
	plain := filepath.Join(dir, "libonnxruntime.so")
	if info, err := os.Stat(plain); err == nil && info.Mode().IsRegular() {
		names = append(names, plain)
	}
	versioned, _ := filepath.Glob(filepath.Join(dir, "libonnxruntime.so.*"))
	slices.Sort(versioned)
	slices.Reverse(versioned) // the newest first, by name
	for _, v := range versioned {
		if info, err := os.Stat(v); err == nil && info.Mode().IsRegular() {
			names = append(names, v)
		}
	}
	return names
}

// searchFolders lists the folders of places 3 and 4 of [FindLibrary].
func searchFolders(exe string) []string {
	var dirs []string
	if exe != "" {
		bin := filepath.Dir(exe)
		dirs = append(dirs, bin, filepath.Join(bin, "lib"),
			filepath.Join(bin, "..", "lib", "earshot"), filepath.Join(bin, "..", "lib"))
	}
	dirs = append(dirs, "/usr/local/lib/earshot", "/usr/lib/earshot", "/usr/local/lib", "/usr/lib")
	switch runtime.GOARCH {
	case "amd64":
		dirs = append(dirs, "/usr/lib/x86_64-linux-gnu", "/usr/lib64")
	case "arm64":
		dirs = append(dirs, "/usr/lib/aarch64-linux-gnu", "/usr/lib64")
	}
	dirs = append(dirs, "/opt/onnxruntime/lib")
	seen := map[string]bool{}
	return slices.DeleteFunc(dirs, func(d string) bool {
		was := seen[d]
		seen[d] = true
		return was
	})
}
