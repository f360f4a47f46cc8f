package audio

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"unicode/utf8"
)

// searched is how far into a file its mark is looked for, where something else comes first, bytes.
const searched = 64 << 10

// source is a file that is about to be decoded.
type source struct {
	r    io.ReadSeeker
	s    *scanner // from the front, behind tags and junk
	size int64    // of the whole file, bytes
	junk int64    // bytes of neither tag nor sound before it
}

// decode chooses a decoder by how the file begins.
func (s *source) decode() (decoder, error) {
	s.s = newScanner(readerAt{s.r}, 0, s.size)
	if _, err := skipID3(s.s); err != nil {
		return nil, err
	}
	c, head, err := s.identify()
	if err != nil {
		return nil, err
	}
	if c == nil {
		if len(head) == 0 {
			return nil, fault(ErrEmpty, wantFormats, "it holds a tag and nothing else")
		}
		return nil, fault(ErrNotAudio, wantFormats, "it starts with %s", describe(head))
	}
	d, err := c.decode(s)
	if err == nil && s.junk > 0 {
		d = junkBefore{d, s.junk}
	}
	return d, err
}

// identify finds the container, and moves to where it begins.
func (s *source) identify() (c *container, head []byte, err error) {
	head, err = s.s.Peek(64)
	if err != nil && err != io.EOF {
		return nil, nil, err
	}
	if c := identify(head); c != nil {
		return c, head, nil
	}
	head = bytes.Clone(head)
	if _, _, ok := findMP3(s.s); ok {
		return &containers[len(containers)-1], head, nil
	}
	b, _ := s.s.Peek(searched)
	for i := range b {
		if begunLate(b[i:]) {
			s.junk = int64(i)
			c = identify(b[i:]) // before b moves
			_, err := s.s.Discard(i)
			return c, head, err
		}
	}
	return nil, head, nil
}

// decode opens s by the container's own decoder, and by ffmpeg where there is none or where that
// leaves it to ffmpeg.
func (c *container) decode(s *source) (decoder, error) {
	if c.open == nil {
		return s.ffmpeg(c.demuxer, c.name)
	}
	d, err := c.open(s)
	var e *Error
	if err == nil || !errors.As(err, &e) || e.demuxer == "" {
		return d, err
	}
	byFFmpeg, second := s.ffmpeg(e.demuxer, "")
	if second != nil {
		if errors.Is(second, errNoFFmpeg) {
			e.Want += " or, for ffmpeg to decode it, the Debian package ffmpeg"
		}
		return nil, e
	}
	return byFFmpeg, nil
}

// file is the source as an open file, for another process: itself, or a copy that has no name. The
// caller closes it by done.
func (s *source) file() (f *os.File, done func(), err error) {
	if f, ok := s.r.(*os.File); ok {
		return f, func() {}, nil
	}
	f, err = os.CreateTemp("", "earshot-decode-*")
	if err != nil {
		return nil, nil, err
	}
	_ = os.Remove(f.Name())
	if _, err = s.r.Seek(0, io.SeekStart); err == nil {
		_, err = io.Copy(f, s.r)
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, func() { f.Close() }, nil
}

// readerAt reads a seeker from the front; nothing else moves it meanwhile.
type readerAt struct{ r io.ReadSeeker }

func (a readerAt) ReadAt(b []byte, off int64) (int, error) {
	if r, ok := a.r.(io.ReaderAt); ok {
		return r.ReadAt(b, off)
	}
	if _, err := a.r.Seek(off, io.SeekStart); err != nil {
		return 0, err
	}
	return io.ReadFull(a.r, b)
}

// junkBefore is a decoder of a file that does not begin with the sound.
type junkBefore struct {
	decoder
	bytes int64
}

func (j junkBefore) flaws() (n notes) {
	n.add("%s before it: left out", plural(j.bytes, "byte that is no sound lies", "bytes that are no sound lie"))
	if d, ok := j.decoder.(noter); ok {
		n = join(n, d.flaws())
	}
	return n
}

func (j junkBefore) Close() error { return closeDecoder(j.decoder) }

// closeDecoder ends what a decoder holds beside memory.
func closeDecoder(d decoder) error {
	if c, ok := d.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// peeker is a buffered reader or a scanner.
type peeker interface {
	Peek(n int) ([]byte, error)
	Discard(n int) (int, error)
}

// skipID3 skips the ID3v2 tags that any format may have before it, and returns
// their size.
func skipID3(r peeker) (int64, error) {
	var skipped int64
	for range 8 {
		h, _ := r.Peek(10)
		if len(h) < 10 || string(h[:3]) != "ID3" || (h[6]|h[7]|h[8]|h[9]) > 127 {
			break
		}
		n := 10 + int(h[6])<<21 + int(h[7])<<14 + int(h[8])<<7 + int(h[9])
		if h[5]&0x10 != 0 {
			n += 10 // footer
		}
		if got, err := r.Discard(n); err != nil {
			return skipped, fault(ErrTruncated, "the complete file", "its ID3 tag claims %d bytes and %d are left", n, got)
		}
		skipped += int64(n)
	}
	return skipped, nil
}

// describe shows what a file starts with.
func describe(head []byte) string {
	head = head[:min(len(head), 16)]
	for _, b := range head {
		if b < 32 && b != '\n' && b != '\r' && b != '\t' {
			return fmt.Sprintf("the bytes % x", head)
		}
	}
	if utf8.Valid(head[:min(len(head), 12)]) {
		return fmt.Sprintf("the text %q", head)
	}
	return fmt.Sprintf("the bytes % x", head)
}
