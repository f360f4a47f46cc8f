package audio

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/hajimehoshi/go-mp3"
)

// mp3Search is how far into the file the first frame may lie, bytes.
const mp3Search = 8 << 10

// mp3Decoder reads MPEG-1 and MPEG-2 layer III. The samples that the encoder
// added at the start and the end are cut where the file says how many.
type mp3Decoder struct {
	d      *mp3.Decoder
	frames *mp3Frames
	h      mp3Header
	skip   int64 // frames (of samples) still to be dropped at the start
	left   int64 // frames still to be handed out; −1 = to the end
	want   int64 // frames in all by the file's tag, −1 = not said
	at     int64 // frames decoded
	buf    []byte
	frame  int // bytes of a decoded frame: the library makes two channels of all
}

// newMP3 reads the first frame, which starts within mp3Search bytes.
func newMP3(r *bufio.Reader) (*mp3Decoder, error) {
	h, at, ok := findMP3(r)
	if !ok {
		return nil, nil
	}
	if h.layer != 3 || h.version == 25 {
		return nil, fault(ErrUnsupported, "MPEG-1 or MPEG-2 layer III", "it is %s", h.name())
	}
	if _, err := r.Discard(at); err != nil {
		return nil, headerEnds(err)
	}
	m := &mp3Decoder{h: h, left: -1, want: -1, frame: 4, buf: make([]byte, 1<<13)}
	first, _ := r.Peek(h.bytes)
	if tag, ok := parseMP3Tag(h, first); ok {
		if _, err := r.Discard(len(first)); err != nil {
			return nil, headerEnds(err)
		}
		m.skip = int64(tag.start)
		if tag.frames > 0 {
			m.want = int64(tag.frames) * int64(h.samples)
			m.left = max(0, m.want-int64(tag.start)-int64(tag.end))
		}
	}
	m.frames = &mp3Frames{r: r, first: h}
	d, err := mp3.NewDecoder(m.frames) // which is no Seeker: one would be read whole
	if err != nil {
		return nil, m.cause(err)
	}
	m.d = d
	return m, nil
}

// findMP3 looks for a frame that others like it follow: two at the very start,
// three after anything else; or one that ends the file.
func findMP3(r *bufio.Reader) (h mp3Header, at int, ok bool) {
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

func (h mp3Header) name() string {
	version := map[int]string{1: "1", 2: "2", 25: "2.5"}[h.version]
	return fmt.Sprintf("MPEG-%s layer %s", version, [4]string{"", "I", "II", "III"}[h.layer])
}

// cause is what ended the frames, if something did, rather than what the
// decoder made of it.
func (m *mp3Decoder) cause(err error) error {
	if err != nil && m.frames.err != nil && m.frames.err != io.EOF {
		return m.frames.err
	}
	return err
}

func (m *mp3Decoder) Rate() int     { return m.h.rate }
func (m *mp3Decoder) Channels() int { return m.h.channels }

func (m *mp3Decoder) Read(dst []float32) (int, error) {
	if m.left == 0 {
		return 0, io.EOF
	}
	n, err := io.ReadFull(m.d, m.buf[:min(len(m.buf), len(dst)/m.h.channels*m.frame)])
	if err = m.cause(err); n > 0 {
		err = nil // the next call returns it again
	}
	if err == io.EOF && m.want > m.at {
		return 0, fault(ErrTruncated, "the complete file", "it ends after %d of %d samples", m.at, m.want)
	}
	if err != nil {
		return 0, err
	}
	b := m.buf[:n/m.frame*m.frame]
	m.at += int64(len(b) / m.frame)
	drop := min(m.skip, int64(len(b)/m.frame))
	m.skip -= drop
	b = b[int(drop)*m.frame:]
	if m.left >= 0 {
		b = b[:min(int64(len(b)), m.left*int64(m.frame))]
		m.left -= int64(len(b) / m.frame)
	}
	le := binary.LittleEndian
	if m.h.channels == 1 { // two equal ones
		for i := range len(b) / m.frame {
			dst[i] = float32(int16(le.Uint16(b[4*i:]))) / (1 << 15)
		}
		return len(b) / m.frame, nil
	}
	for i := range len(b) / 2 {
		dst[i] = float32(int16(le.Uint16(b[2*i:]))) / (1 << 15)
	}
	return len(b) / 2, nil
}
