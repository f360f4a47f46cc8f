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
	d       *mp3.Decoder
	frames  *mp3Frames
	h       mp3Header
	skip    int64 // frames (of samples) still to be dropped at the start
	left    int64 // frames still to be handed out; −1 = to the end
	want    int64 // frames in all by the file's tag, −1 = not said
	at      int64 // frames decoded
	short   int64 // frames missing at the end of all
	damaged int64 // MP3 frames that could not be decoded
	buf     []byte
	frame   int // bytes of a decoded frame: the library makes two channels of all
}

// newMP3 reads the first frame, which starts within mp3Search bytes.
func newMP3(r *bufio.Reader) (*mp3Decoder, error) {
	h, at, ok := findMP3(r)
	if !ok {
		return nil, nil
	}
	if h.layer != 3 || h.version == 25 {
		return nil, foreign("mp3", h.name())
	}
	if _, err := r.Discard(at); err != nil {
		return nil, headerEnds(err)
	}
	m := &mp3Decoder{h: h, left: -1, want: -1, frame: 4, buf: make([]byte, 1<<13)}
	first, _ := r.Peek(h.bytes)
	limit := int64(0)
	if tag, ok := parseMP3Tag(h, first); ok {
		if _, err := r.Discard(len(first)); err != nil {
			return nil, headerEnds(err)
		}
		m.skip = int64(tag.start)
		if tag.frames > 0 {
			limit = int64(tag.frames)
			m.want = limit * int64(h.samples)
			m.left = max(0, m.want-int64(tag.start)-int64(tag.end))
		}
	}
	m.frames = newMP3Frames(r, h, limit)
	return m, nil
}

// nextMP3 finds the file that was joined on to the one that m read, nil where there
// is none. A second tag, an ID3v1 one, or some junk may lie between.
func nextMP3(r *bufio.Reader, m *mp3Decoder) (*mp3Decoder, error) {
	m.frames.drain()
	if h, _ := r.Peek(3); string(h) == "TAG" {
		if _, err := r.Discard(128); err != nil {
			return nil, nil // the end of the file
		}
	}
	if _, err := skipID3(r); err != nil {
		return nil, err
	}
	return newMP3(r)
}

// mp3Chain plays joined MP3 files behind one another.
func mp3Chain(r *bufio.Reader, m *mp3Decoder) *chain {
	return newChain(m, func() (decoder, error) {
		n, err := nextMP3(r, m)
		if n == nil || err != nil {
			return nil, err
		}
		m = n
		return n, nil
	})
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

// fill decodes into b. A frame that the library cannot decode is left out: it starts
// anew with the next one.
func (m *mp3Decoder) fill(b []byte) (n int, err error) {
	defer func() {
		if p := recover(); p != nil {
			n, err = 0, m.restart()
		}
	}()
	if m.d == nil {
		d, err := mp3.NewDecoder(m.frames) // which is no Seeker: one would be read whole
		if err != nil {
			return 0, m.restart()
		}
		m.d = d
	}
	n, err = io.ReadFull(m.d, b)
	if err != nil {
		err = m.restart()
	}
	return n, err
}

// restart is what the end of the frames gives; before that it drops the decoder.
func (m *mp3Decoder) restart() error {
	if len(m.frames.frame) == 0 && m.frames.err != nil {
		return m.frames.err
	}
	m.d, m.damaged = nil, m.damaged+1
	m.frames.forget()
	return nil
}

func (m *mp3Decoder) flaws() (n notes) {
	if m.frames.lost > 0 {
		n.add("%s between its frames: they were left out", plural(m.frames.lost, "damaged byte lies", "damaged bytes lie"))
	}
	if m.damaged > 0 {
		n.add("%s not be decoded and %s left out", plural(m.damaged, "frame could", "frames could"), map[bool]string{true: "was", false: "were"}[m.damaged == 1])
	}
	if silent := m.frames.silent; silent > 1 || silent == 1 && m.frames.lost > 0 {
		n.add("the sound of %s lay in damaged ones before: silence stands there", plural(silent, "frame", "frames"))
	}
	if m.short > 0 {
		n.add("its header says %d samples, %d of them (%.1f s) are missing", m.want, m.short, float64(m.short)/float64(m.h.rate))
	}
	return n
}

func (m *mp3Decoder) Rate() int     { return m.h.rate }
func (m *mp3Decoder) Channels() int { return m.h.channels }

func (m *mp3Decoder) Read(dst []float32) (int, error) {
	if m.left == 0 {
		return 0, io.EOF
	}
	n, err := m.fill(m.buf[:min(len(m.buf), len(dst)/m.h.channels*m.frame)])
	if n == 0 && err != nil {
		switch {
		case m.at == 0 && m.damaged > 0:
			err = fault(ErrCorrupt, "MPEG-1 or MPEG-2 layer III", "none of its %d frames can be decoded", m.damaged)
		case err == io.EOF && m.want > m.at:
			m.short = m.want - m.at
		}
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
