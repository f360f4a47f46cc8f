// Package sndfile decodes by the C library libsndfile (Debian: libsndfile1), which is loaded
// when it is first asked for, so that a program links and starts without it.
//
// It reads stretches of an open file as if they were a whole one. It trusts the library with
// the content, so only a process without rights (package sandbox) should call Open.
package sndfile

/*
#cgo LDFLAGS: -ldl
#include <stdlib.h>
#include "sndfile.h"
*/
import "C"

import (
	"errors"
	"runtime"
	"unsafe"
)

// Package is the Debian package that brings the library.
const Package = "libsndfile1"

// Extent is a stretch of a file, bytes.
type Extent struct{ At, Size int64 }

// Input is what is decoded: Head, then the extents of the file open at FD, one behind the other.
type Input struct {
	FD      int
	Head    []byte
	Extents []Extent
}

// File is an open sound.
type File struct {
	c              *C.struct_sound
	Rate, Channels int
	pinned         runtime.Pinner
}

// Load loads the library; that opens files.
func Load() error {
	if msg := C.sound_load(); msg != nil {
		return errors.New(C.GoString(msg))
	}
	return nil
}

// Open opens what in holds. Load came before.
func Open(in Input) (*File, error) {
	f := &File{}
	var head *C.char
	if len(in.Head) > 0 {
		f.pinned.Pin(&in.Head[0])
		head = (*C.char)(unsafe.Pointer(&in.Head[0]))
	}
	var extents *C.struct_extent
	if len(in.Extents) > 0 {
		f.pinned.Pin(&in.Extents[0])
		extents = (*C.struct_extent)(unsafe.Pointer(&in.Extents[0]))
	}
	var rate, channels C.int
	var why *C.char
	f.c = C.sound_open(C.int(in.FD), head, C.int64_t(len(in.Head)), extents, C.int64_t(len(in.Extents)), &rate, &channels, &why)
	if f.c == nil {
		f.pinned.Unpin()
		return nil, errors.New(C.GoString(why))
	}
	f.Rate, f.Channels = int(rate), int(channels)
	return f, nil
}

// Read fills dst with interleaved samples, full scale ±1, as many whole frames as fit, and
// returns how many frames there were: 0 at the end and at damage that the library does not get over.
func (f *File) Read(dst []float32) (frames int) {
	n := len(dst) / f.Channels
	if n == 0 {
		return 0
	}
	return max(0, int(C.sound_read(f.c, (*C.float)(unsafe.Pointer(&dst[0])), C.int64_t(n))))
}

// Close frees what f holds.
func (f *File) Close() {
	C.sound_close(f.c)
	f.pinned.Unpin()
}
