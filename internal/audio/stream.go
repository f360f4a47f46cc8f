package audio

import (
	"errors"
	"io"
)

// decoder is what a format has to give; stream makes a Reader of it.
// Read may return fewer samples than asked, n with an error, and even 0, nil.
// Its errors are *Error without a path, or errors of the library or system.
type decoder interface {
	Rate() int
	Channels() int
	Read(dst []float32) (n int, err error)
}

// stream keeps the contract of Reader for any decoder: whole frames, no panic,
// only finite samples, sticky errors with the file's name, no endless loop. Once
// there is sound, damage ends it with a note: what was read is not lost.
type stream struct {
	name   string
	d      decoder
	closer io.Closer
	frames int64 // read so far
	err    error // sticky
	notes  notes
	bad    int64 // samples that were no number and became 0
}

func (s *stream) Rate() int     { return s.d.Rate() }
func (s *stream) Channels() int { return s.d.Channels() }

func (s *stream) Read(dst []float32) (int, error) {
	c := s.d.Channels()
	if len(dst) < c {
		panic("audio: Read into a buffer shorter than one frame")
	}
	dst = dst[:len(dst)/c*c]
	if s.err != nil {
		return 0, s.err
	}
	n := 0
	s.err = s.guard(func() error {
		for idle := 0; n == 0; idle++ {
			var err error
			if n, err = s.d.Read(dst); err != nil {
				return err
			}
			if idle > 10000 {
				return fault(ErrCorrupt, "frames with samples in them", "it goes on without any sample")
			}
		}
		return nil
	})
	n = n / c * c
	s.bad += Finite(dst[:n])
	s.frames += int64(n / c)
	switch {
	case s.err == io.EOF && s.frames == 0:
		s.err = s.wrap(fault(ErrEmpty, "at least one sample", "it holds no samples"))
	case s.err == io.EOF && s.bad == s.frames*int64(c):
		s.err = s.wrap(fault(ErrCorrupt, "finite samples, full scale ±1", "not one of its samples is a number"))
	case s.err != nil && s.err != io.EOF && s.frames > 0 && damaged(s.err):
		s.notes.add("after %.1f s the rest is lost: %s", s.seconds(), flaw(s.err))
		s.err = io.EOF
	}
	if n > 0 {
		return n, nil // the error, if any, is returned by the next Read
	}
	return 0, s.err
}

func (s *stream) seconds() float64 { return float64(s.frames) / float64(s.d.Rate()) }

// Notes is what was wrong with the file and what was done about it.
func (s *stream) Notes() []string {
	all := s.notes
	if d, ok := s.d.(noter); ok {
		all = join(d.flaws(), all)
	}
	if s.bad > 0 {
		all.add("%s no number (NaN, infinite or absurdly large) and became 0", plural(s.bad, "sample is", "samples are"))
	}
	return all.list()
}

func (s *stream) Close() error {
	if s.err == nil {
		s.err = &Error{Path: s.name, Kind: errors.New("already closed")}
	}
	err := closeDecoder(s.d)
	if s.closer != nil {
		err = errors.Join(err, s.closer.Close())
		s.closer = nil
	}
	return err
}

// guard runs f, and turns its panic or its error into one with the file's name.
func (s *stream) guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = s.wrap(fault(ErrCorrupt, "an undamaged file", "the decoder gave up (%v)", p))
		}
	}()
	return s.wrap(f())
}

// wrap puts the file's name to an error of a decoder.
func (s *stream) wrap(err error) error {
	var e *Error
	switch {
	case err == nil || err == io.EOF:
		return err
	case errors.As(err, &e):
		e.Path = s.name
		return e
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &Error{Path: s.name, Kind: ErrTruncated, What: "it ends in the middle", Want: "the complete file"}
	}
	return &Error{Path: s.name, Kind: ErrCorrupt, What: err.Error(), Want: "an undamaged file"}
}
