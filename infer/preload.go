package infer

/*
#cgo LDFLAGS: -ldl
#include <dlfcn.h>
#include <stdlib.h>

static const char *preload(const char *path) {
	return dlopen(path, RTLD_NOW | RTLD_GLOBAL) ? NULL : dlerror();
}
*/
import "C"

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"unsafe"

	"earshot/internal/readfile"
)

// PreloadFile lies beside the runtime's library and names, one a line, libraries of the same folder that are loaded before
// it: the CUDA build's provider wants CUDA's and has no search path of its own.
const PreloadFile = "preload.txt"

// maxPreload bounds that file, in bytes and in lines.
const maxPreload = 4096

// preloadFor loads what the runtime at path wants to find. It is done once; what is loaded stays.
func preloadFor(path string) error {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	dir := filepath.Dir(path)
	text, err := readfile.Bytes(filepath.Join(dir, PreloadFile), maxPreload)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, name := range strings.Fields(string(text)) {
		if name != filepath.Base(name) {
			return fmt.Errorf("%s: %q: want the name of a library in the same folder", PreloadFile, name)
		}
		name = filepath.Join(dir, name)
		file, err := readfile.Open(name, readfile.AnySize) // the loader would wait for whoever writes into a pipe
		if err != nil {
			return err
		}
		file.Close()
		c := C.CString(name)
		why := C.preload(c)
		C.free(unsafe.Pointer(c))
		if why != nil {
			return fmt.Errorf("%s names %q, which does not load: %s", PreloadFile, name, oneLine(errors.New(C.GoString(why))))
		}
	}
	return nil
}
