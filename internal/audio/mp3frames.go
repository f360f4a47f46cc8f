package audio

import (
	"bufio"
	"io"
)

// maxJunk bounds what may lie between the frames of an MP3 file, bytes.
const maxJunk = 1 << 20

// mp3Frames passes the frames of an MP3 file on and nothing else: tags and
// damage between them are left out, an incomplete last frame is an error, and where
// another file was joined on, this one ends.
//
// hajimehoshi/go-mp3 v0.3.4 ends such a file like a whole one. It also reads sound
// that starts in a frame that is not there; that frame is made silent.
type mp3Frames struct {
	r      *bufio.Reader
	first  mp3Header
	limit  int64 // frames that the file's tag announces; 0 = not said
	count  int64 // frames read
	pool   int   // bytes of the frames before that this one's sound may lie in
	pack   *mp3Repacker
	lost   int64  // bytes that are no frame, and frames came after them
	silent int64  // frames whose sound is not there
	frame  []byte // what is left of the current one
	buf    [2048]byte
	err    error // sticky
}

func newMP3Frames(r *bufio.Reader, first mp3Header, limit int64) *mp3Frames {
	m := &mp3Frames{r: r, first: first, limit: limit}
	if first.version == 2 {
		m.pack = &mp3Repacker{}
	}
	return m
}

func (m *mp3Frames) Read(p []byte) (int, error) {
	for len(m.frame) == 0 && m.err == nil {
		m.err = m.next()
		if m.err != nil && m.pack != nil {
			m.frame, m.pack.waiting = m.pack.waiting, nil
		}
	}
	if len(m.frame) == 0 {
		return 0, m.err
	}
	n := copy(p, m.frame)
	m.frame = m.frame[n:]
	return n, nil
}

// next reads the next frame.
func (m *mp3Frames) next() error {
	if m.limit > 0 && m.count == m.limit {
		return io.EOF
	}
	h, err := m.sync()
	if err != nil {
		return err
	}
	if b, _ := m.r.Peek(h.bytes); m.count > 0 {
		if _, ok := parseMP3Tag(h, b); ok {
			return io.EOF // the first frame of another file
		}
	}
	n, err := io.ReadFull(m.r, m.buf[:h.bytes])
	if err == io.ErrUnexpectedEOF {
		return fault(ErrTruncated, "the complete file", "its last frame has %d of %d bytes", n, h.bytes)
	}
	if err != nil {
		return err
	}
	m.count++
	ok := true
	if m.pack != nil {
		m.frame, ok = m.pack.push(h, m.buf[:n])
	} else {
		m.frame, ok = m.buf[:n], m.reachable(h, m.buf[:n])
	}
	if !ok {
		m.silent++
	}
	return nil
}

// reachable says whether the sound of a MPEG-1 frame is there, and makes the frame
// silent where it is not.
func (m *mp3Frames) reachable(h mp3Header, b []byte) bool {
	start := 4 + 2*int(1-b[1]&1)
	end := start + h.side() - 4
	begin := int(b[start])<<1 | int(b[start+1])>>7 // 9 bits
	ok := begin <= m.pool
	if !ok {
		clear(b[start:end])
		begin = 0
	}
	m.pool = begin + len(b) - end
	return ok
}

// forget says that the decoder starts anew with the next frame.
func (m *mp3Frames) forget() { m.frame, m.pool = nil, 0 }

// drain goes to the end of this file's frames.
func (m *mp3Frames) drain() {
	for m.err == nil {
		m.err = m.next()
	}
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
		if h, ok := parseMP3Header(b); ok && h.layer == 3 {
			same := m.first.follows(h)
			if same && (junk == 0 || m.leads(h, 1)) {
				if m.count > 0 {
					m.lost += int64(junk)
				}
				return h, nil
			}
			if !same && m.leads(h, 2) {
				return mp3Header{}, io.EOF // another file, at another rate
			}
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
				junk--
				continue
			}
		}
		if _, err := m.r.Discard(1); err != nil {
			return mp3Header{}, err
		}
	}
	return mp3Header{}, fault(ErrCorrupt, "frame after frame", "more than %d bytes between two frames are none", maxJunk)
}

// leads says whether n more frames like it, or the end of the file, follow the one
// with header h.
func (m *mp3Frames) leads(h mp3Header, n int) bool {
	at := h.bytes
	for ; n > 0; n-- {
		b, _ := m.r.Peek(at + 4)
		if len(b) == at {
			return true
		}
		if len(b) < at+4 {
			return false
		}
		g, ok := parseMP3Header(b[at:])
		if !ok || !h.follows(g) {
			return false
		}
		at += g.bytes
	}
	return true
}
