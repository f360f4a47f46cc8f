package audio

import "io"

// mp3Frames finds the frames of one MP3 file: tags and damage between them are left out, an
// incomplete last frame too, and where another file was joined on, this one ends.
type mp3Frames struct {
	s     *scanner
	first mp3Header
	limit int64 // frames, the tag's among them, that the file's tag announces; 0 = not said
	count int64 // frames found
	lost  int64 // bytes that are no frame, and frames came after them
}

// all adds all frames to p, and what is wrong with them.
func (m *mp3Frames) all(p *part) {
	err := m.next(p)
	for err == nil {
		err = m.next(p)
	}
	if m.lost > 0 {
		p.notes.add("%s between its frames: they were left out", plural(m.lost, "damaged byte lies", "damaged bytes lie"))
	}
	if err != io.EOF {
		p.notes.add("%s", flaw(err))
	}
}

// next adds the next frame.
func (m *mp3Frames) next(p *part) error {
	if m.limit > 0 && m.count == m.limit {
		return io.EOF
	}
	h, err := m.sync()
	if err != nil {
		return err
	}
	b, _ := m.s.Peek(h.bytes)
	if _, ok := parseMP3Tag(h, b); ok && m.count > 0 {
		return io.EOF // the first frame of another file
	}
	if len(b) < h.bytes {
		return fault(ErrTruncated, "the complete file", "its last frame has %d of %d bytes", len(b), h.bytes)
	}
	if !p.add(m.s.at, int64(h.bytes)) {
		return fault(ErrCorrupt, "frame after frame", "the rest of it lies in too many pieces")
	}
	m.count++
	_, err = m.s.Discard(h.bytes)
	return err
}

// sync moves to the next frame like the first one.
func (m *mp3Frames) sync() (mp3Header, error) {
	for junk := 0; junk < maxJunk; junk++ {
		b, err := m.s.Peek(4)
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
			n, err := skipID3(m.s)
			if err != nil {
				return mp3Header{}, err
			}
			if n > 0 {
				junk--
				continue
			}
		}
		if _, err := m.s.Discard(1); err != nil {
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
		b, _ := m.s.Peek(at + 4)
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
