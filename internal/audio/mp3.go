package audio

import (
	"os"

	"earshot/internal/audio/sndfile"
)

// mp3Search is how far into the file the first frame may lie, bytes.
const mp3Search = 8 << 10

// mp3Parts finds the MPEG audio files (layer III) that were joined into one, and the whole frames of
// each. libsndfile 1.2.0 ends at the first damage between frames and at the second file.
type mp3Parts struct{ s *scanner }

func serveMP3(f *os.File, size int64, args []string) (decoder, error) {
	start, err := startOf(args)
	if err != nil {
		return nil, err
	}
	if err := confine(size); err != nil {
		return nil, err
	}
	s := newScanner(f, start, size)
	if h, _, ok := findMP3(s); ok && h.layer != 3 {
		return openSound(sndfile.Input{FD: int(f.Fd()), Extents: []sndfile.Extent{{At: start, Size: size - start}}}, &part{clip: true})
	}
	m := mp3Parts{s}
	return parts(f, m.next)
}

// next finds the next file's frames; nil where there is none. A tag or some junk may lie before it.
func (m mp3Parts) next() (*part, error) {
	if h, _ := m.s.Peek(3); string(h) == "TAG" {
		if _, err := m.s.Discard(128); err != nil {
			return nil, nil // the end of the file
		}
	}
	if _, err := skipID3(m.s); err != nil {
		return nil, err
	}
	h, at, ok := findMP3(m.s)
	if !ok || h.layer != 3 {
		return nil, nil
	}
	if _, err := m.s.Discard(at); err != nil {
		return nil, err
	}
	p := &part{clip: true}
	frames := mp3Frames{s: m.s, first: h}
	first, _ := m.s.Peek(h.bytes)
	start := [4]byte(first)
	tag, tagged := parseMP3Tag(h, first)
	switch {
	case tagged && tag.frames > 0:
		frames.limit = int64(tag.frames) + 1
		p.want = max(0, int64(tag.frames)*int64(h.samples)-int64(tag.start)-int64(tag.end))
	case tagged:
		if _, err := m.s.Discard(h.bytes); err != nil {
			return nil, err
		}
	}
	frames.all(p)
	if p.want == 0 {
		p.head = mp3TagFrame(start, frames.count)
	}
	return p, nil
}

// findMP3 looks for a frame that others like it follow: two at the very start,
// three after anything else; or one that ends the file.
func findMP3(r peeker) (h mp3Header, at int, ok bool) {
	b, _ := r.Peek(mp3Search + 3*2048)
	for at := 0; at < min(len(b), mp3Search); at++ {
		h, ok := parseMP3Header(b[at:])
		if !ok {
			continue
		}
		if h.layer != 3 {
			if at == 0 {
				return h, 0, true
			}
			continue
		}
		need := 3
		if at == 0 {
			need = 2
		}
		next := at + h.bytes
		for need--; need > 0 && next < len(b); need-- {
			g, ok := parseMP3Header(b[next:])
			if !ok || !h.follows(g) {
				break
			}
			next += g.bytes
		}
		if need == 0 || next == len(b) {
			return h, at, true
		}
	}
	return h, 0, false
}
