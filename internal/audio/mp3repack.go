package audio

import "math"

// mp3Repacker writes MPEG-2 frames anew, each at 160 kbit/s with its own sound in
// it, rather than partly in the frames before.
//
// hajimehoshi/go-mp3 v0.3.4 computes the size of a padded MPEG-2 frame as
// ⌊(⌊144b/f⌋ + 1)/2⌋ instead of ⌊72b/f⌋ + 1, and decodes noise where the two
// differ (measured: 22.05 kHz at 32 kbit/s comes out at −2 dB signal to noise).
// A frame without padding it reads rightly.
type mp3Repacker struct {
	pool    []byte // main data of the frames before, at most 255 bytes
	waiting []byte // the frame before, not handed out yet: it may have to take the start of the next one's sound
	used    int    // of its bytes
	bufs    [2][1024]byte
	turn    int
}

// mp3Reach is how far back a MPEG-2 frame's sound can start, bytes (8 bits).
const mp3Reach = 255

// push takes a frame, and returns the one before it, nil at first. ok says that the
// frame's sound was there; where it was not, the frame is silent.
func (m *mp3Repacker) push(h mp3Header, b []byte) (before []byte, ok bool) {
	out := m.bufs[m.turn][:72000*160/h.rate]
	m.turn = 1 - m.turn
	clear(out)
	copy(out, b[:4])
	out[1] |= 1                  // no checksum
	out[2] = b[2]&0x0d | 0xe<<4  // 160 kbit/s, no padding
	side := h.side() - 4         // bytes
	start := 4 + 2*int(1-b[1]&1) // a checksum stands before the side information
	sound, ok := m.sound(h, b[start:start+side], b[start+side:])
	if ok {
		copy(out[4:], b[start:start+side])
		out[4] = 0 // the sound starts in this frame
		room := len(out) - 4 - side
		early := max(0, len(sound)-room)
		if early > 0 && (early > mp3Reach || m.waiting == nil || early > len(m.waiting)-m.used) {
			clear(out[4 : 4+side])
			sound, early, ok = nil, 0, false
		}
		if early > 0 {
			out[4] = byte(early)
			copy(m.waiting[len(m.waiting)-early:], sound)
		}
		copy(out[4+side:], sound[early:])
		sound = sound[early:]
	}
	before, m.waiting, m.used = m.waiting, out, 4+side+len(sound)
	return before, ok
}

// sound is a frame's main data: from the pool, then from the frame itself.
func (m *mp3Repacker) sound(h mp3Header, side, body []byte) ([]byte, bool) {
	begin := int(side[0])
	have := len(m.pool)
	m.pool = append(m.pool, body...)
	all := m.pool
	m.pool = append([]byte(nil), all[max(0, len(all)-mp3Reach):]...)
	bits := 0
	for c := range h.channels { // 12 of the 63 bits of a channel are its length
		at := 9 + 63*c
		if h.channels == 2 {
			at = 10 + 63*c
		}
		for i := range 12 {
			bits += int(side[(at+i)/8]>>(7-(at+i)%8)&1) << (11 - i)
		}
	}
	n := int(math.Ceil(float64(bits) / 8))
	if begin > have || have-begin+n > len(all) {
		return nil, false
	}
	return all[have-begin:][:n], true
}
