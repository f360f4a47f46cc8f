package audio

import (
	"errors"
	"fmt"
	"strings"
)

// The kinds of error a file can give, for errors.Is.
var (
	// ErrNotAudio: the content is none of the formats that Open reads.
	ErrNotAudio = errors.New("not audio")
	// ErrUnsupported: a known format in a variant that is not read.
	ErrUnsupported = errors.New("unsupported audio")
	// ErrEmpty: no sample in it.
	ErrEmpty = errors.New("no audio")
	// ErrTruncated: it ends before the end that it announces.
	ErrTruncated = errors.New("truncated audio")
	// ErrCorrupt: its structure contradicts its format.
	ErrCorrupt = errors.New("corrupt audio")
)

// Error says which file could not be read, why, and what would be right.
type Error struct {
	Path string // the file
	Kind error  // one of the Err… of this package, or an error of the system
	What string // what was found; may be empty
	Want string // what would be right; may be empty

	demuxer string // ffmpeg's name of the container; "" = nothing for ffmpeg
}

// Error returns one line: path, kind, what was found, what would be right.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "read %q: %v", e.Path, e.Kind)
	if e.What != "" {
		b.WriteString(": " + e.What)
	}
	if e.Want != "" {
		b.WriteString("; want " + e.Want)
	}
	return b.String()
}

// Unwrap returns the kind.
func (e *Error) Unwrap() error { return e.Kind }

// fault is an Error whose path is not known yet: decoders return it, open
// fills the path in.
func fault(kind error, want, format string, args ...any) *Error {
	return &Error{Kind: kind, What: fmt.Sprintf(format, args...), Want: want}
}

// foreign is the error for a format that is not decoded here, but by ffmpeg, whose
// name for the container is demuxer.
func foreign(demuxer, what string) *Error {
	e := fault(ErrUnsupported, wantFormats, "it is %s", what)
	e.demuxer = demuxer
	return e
}
