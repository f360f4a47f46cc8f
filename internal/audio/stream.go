package audio

import (
	"errors"
	"fmt"
	"io"
	"math"
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
// only finite samples, sticky errors with the file's name, no endless loop.
type stream struct {
	name   string
	d      decoder
	closer io.Closer
	frames int64 // read so far
	err    error // sticky
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
	for i, x := range dst[:n] {
		if !(x >= -maxSample && x <= maxSample) { // catches NaN too
			s.err = s.wrap(notFinite(x, s.frames+int64(i/c), i%c))
			n = i / c * c
			break
		}
	}
	s.frames += int64(n / c)
	if s.err == io.EOF && s.frames == 0 {
		s.err = s.wrap(fault(ErrEmpty, "at least one sample", "it holds no samples"))
	}
	if n > 0 {
		return n, nil // the error, if any, is returned by the next Read
	}
	return 0, s.err
}

func notFinite(x float32, frame int64, channel int) *Error {
	word := fmt.Sprint(x)
	if math.IsNaN(float64(x)) {
		word = "NaN"
	}
	return fault(ErrNotFinite, "finite samples, full scale ±1", "sample %d of channel %d is %s", frame, channel, word)
}

func (s *stream) Close() error {
	if s.closer == nil {
		return nil
	}
	c := s.closer
	s.closer = nil
	if s.err == nil {
		s.err = &Error{Path: s.name, Kind: errors.New("already closed")}
	}
	return c.Close()
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
