package audio

import (
	"bufio"
	"errors"
	"io"
	"os"
	"strings"

	"earshot/internal/audio/sndfile"
)

// maxExtents bounds the pieces that one part of a file has: 4 MiB of them.
const maxExtents = 1 << 18

// maxParts bounds how many parts in a row may be unreadable.
const maxParts = 1000

// part is one sound of a file that may hold several, cleared of what is damaged: the
// stretches of the file that a decoder can take as a whole one.
type part struct {
	head    []byte // made up, before the extents
	extents []sndfile.Extent
	clip    bool  // the codec has no full scale of its own; every sound card that plays it does
	want    int64 // frames that a header promises; 0 = none does
	notes   notes
}

// add appends a stretch; false: there are too many.
func (p *part) add(at, size int64) bool {
	if n := len(p.extents); n > 0 && p.extents[n-1].At+p.extents[n-1].Size == at {
		p.extents[n-1].Size += size
		return true
	}
	if len(p.extents) == maxExtents {
		return false
	}
	p.extents = append(p.extents, sndfile.Extent{At: at, Size: size})
	return true
}

// decode opens the part by libsndfile.
func (p *part) decode(f *os.File) (decoder, error) {
	d, err := openSound(sndfile.Input{FD: int(f.Fd()), Head: p.head, Extents: p.extents}, p)
	var e *Error
	if errors.As(err, &e) && len(p.notes.said) > 0 {
		e.What += "; " + strings.Join(p.notes.said, "; ")
	}
	return d, err
}

func openSound(in sndfile.Input, p *part) (decoder, error) {
	s, err := sndfile.Open(in)
	if err != nil {
		return nil, fault(ErrCorrupt, "an undamaged file", "libsndfile says: %s", printable([]byte(err.Error())))
	}
	return &sound{File: s, part: p}, nil
}

// sound is what libsndfile decodes.
type sound struct {
	*sndfile.File
	part *part
	read int64 // frames
	over bool
}

func (s *sound) Rate() int     { return s.File.Rate }
func (s *sound) Channels() int { return s.File.Channels }

func (s *sound) flaws() notes {
	all := s.part.notes
	if missing := s.part.want - s.read; s.over && missing > 0 {
		all.add("its header says %d samples, %d of them (%.1f s) are missing", s.part.want, missing, float64(missing)/float64(s.Rate()))
	}
	return all
}

func (s *sound) Read(dst []float32) (int, error) {
	if s.over {
		return 0, io.EOF
	}
	n := s.File.Read(dst)
	if n == 0 {
		s.over = true
		s.File.Close()
		return 0, io.EOF
	}
	s.read += int64(n)
	x := dst[:n*s.Channels()]
	if s.part.clip {
		for i, v := range x {
			x[i] = min(max(v, -1), 1)
		}
	}
	return len(x), nil
}

// parts plays what next finds in f, one behind the other; nil is the end.
func parts(f *os.File, next func() (*part, error)) (decoder, error) {
	open := func() (decoder, error) {
		var failed error
		for range maxParts {
			p, err := next()
			if p == nil && err == nil {
				break
			}
			if err == nil {
				var d decoder
				if d, err = p.decode(f); err == nil {
					if failed != nil {
						p.notes.add("a part of it is not read: %s", flaw(failed))
					}
					return d, nil
				}
			}
			if failed == nil {
				failed = err
			}
		}
		return nil, failed
	}
	first, err := open()
	if first == nil && err == nil {
		err = fault(ErrCorrupt, "an undamaged file", "no whole sound is in it")
	}
	if err != nil {
		return nil, err
	}
	return newChain(first, open), nil
}

// scanner reads a file from front to back, and knows where it is.
type scanner struct {
	r  *bufio.Reader
	at int64
}

// newScanner begins at byte at of f, which has size.
func newScanner(f io.ReaderAt, at, size int64) *scanner {
	return &scanner{r: bufio.NewReaderSize(io.NewSectionReader(f, at, size-at), 1<<17), at: at}
}

func (s *scanner) Peek(n int) ([]byte, error) { return s.r.Peek(n) }

func (s *scanner) Discard(n int) (int, error) {
	n, err := s.r.Discard(n)
	s.at += int64(n)
	return n, err
}
