package audio

import (
	"bufio"
	"io"
)

// maxJunk bounds what may lie between the frames of an MP3 file, bytes.
const maxJunk = 1 << 20

// mp3Frames passes the frames of an MP3 file on and nothing else: tags and
// damage between them are left out, an incomplete last frame is an error.
//
// hajimehoshi/go-mp3 v0.3.4 ends such a file like a whole one. It also computes
// the size of a padded MPEG-2 frame as ⌊(⌊144b/f⌋ + 1)/2⌋ instead of ⌊72b/f⌋ + 1,
// and decodes noise where the two differ (measured: 22.05 kHz at 32 kbit/s comes
// out at −2 dB signal to noise). Such a frame is refused.
type mp3Frames struct {
	r     *bufio.Reader
	first mp3Header
	frame []byte // what is left of the current one
	buf   [2048]byte
	err   error // sticky
}

func (m *mp3Frames) Read(p []byte) (int, error) {
	if len(m.frame) == 0 && m.err == nil {
		m.err = m.next()
	}
	if m.err != nil {
		return 0, m.err
	}
	n := copy(p, m.frame)
	m.frame = m.frame[n:]
	return n, nil
}

// next reads the next frame.
func (m *mp3Frames) next() error {
	h, err := m.sync()
	if err != nil {
		return err
	}
	if h.version != 1 && (h.unpadded+h.padding)/2 != h.bytes {
		return fault(ErrUnsupported, "MPEG-1 layer III, or WAV or FLAC", "it is MPEG-2 layer III with padded frames, which the decoder does not read rightly")
	}
	n, err := io.ReadFull(m.r, m.buf[:h.bytes])
	if err == io.ErrUnexpectedEOF {
		return fault(ErrTruncated, "the complete file", "its last frame has %d of %d bytes", n, h.bytes)
	}
	m.frame = m.buf[:n]
	return err
}

// sync moves to the next frame like the first one.
func (m *mp3Frames) sync() (mp3Header, error) {
	for junk := 0; junk < maxJunk; junk++ {
		b, err := m.r.Peek(4)
		if len(b) < 4 {
			if err == nil || err == io.EOF {
				err = io.EOF
			}
			return mp3Header{}, err
		}
		if h, ok := parseMP3Header(b); ok && m.first.follows(h) {
			return h, nil
		}
		switch string(b[:3]) {
		case "TAG": // ID3v1 is the last thing in a file
			return mp3Header{}, io.EOF
		case "ID3":
			n, err := skipID3(m.r)
			if err != nil {
				return mp3Header{}, err
			}
			if n > 0 {
				continue
			}
		}
		if _, err := m.r.Discard(1); err != nil {
			return mp3Header{}, err
		}
	}
	return mp3Header{}, fault(ErrCorrupt, "frame after frame", "more than %d bytes between two frames are none", maxJunk)
}
