package audio

import (
	"encoding/binary"
	"math"
)

// mp3Header is what the four bytes at the start of an MPEG audio frame say
// (ISO/IEC 11172-3, section 2.4.1.3; 13818-3 for the lower rates).
type mp3Header struct {
	version  int // 1, 2, or 25 for 2.5
	layer    int // 1, 2, 3
	rate     int // Hz
	channels int
	bytes    int // of the whole frame
	samples  int // per channel, layer 3
}

// mp3Bitrates in kbit/s: layer 3 of version 1, then of versions 2 and 2.5.
var mp3Bitrates = [2][15]int{
	{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320},
	{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
}

// parseMP3Header reads the header at the start of b. ok is false when there is
// none, or one of a free bit rate. bytes and samples are for layer 3 only.
func parseMP3Header(b []byte) (h mp3Header, ok bool) {
	if len(b) < 4 {
		return h, false
	}
	x := binary.BigEndian.Uint32(b)
	if x>>21 != 0x7ff {
		return h, false
	}
	version, layer, bitrate, rate := x>>19&3, x>>17&3, x>>12&15, x>>10&3
	if version == 1 || layer == 0 || bitrate == 0 || bitrate == 15 || rate == 3 || x&3 == 2 {
		return h, false
	}
	h.version = [4]int{25, 0, 2, 1}[version]
	h.layer = int(4 - layer)
	h.rate = [3]int{44100, 48000, 32000}[rate] / [4]int{4, 1, 2, 1}[version]
	h.channels = 2
	if x>>6&3 == 3 {
		h.channels = 1
	}
	kbits := mp3Bitrates[min(h.version-1, 1)][bitrate]
	h.samples, h.bytes = 1152, 144000*kbits/h.rate
	if h.version != 1 {
		h.samples, h.bytes = 576, 72000*kbits/h.rate
	}
	h.bytes += int(x >> 9 & 1) // padding
	return h, true
}

// follows says whether g can be the next frame's header after h's.
func (h mp3Header) follows(g mp3Header) bool {
	return h.version == g.version && h.layer == g.layer && h.rate == g.rate
}

// side is where the side information ends and an encoder's tag may start, bytes
// from the frame's start. (The tag ignores a checksum.)
func (h mp3Header) side() int {
	switch {
	case h.version == 1 && h.channels == 2:
		return 4 + 32
	case h.version == 1 || h.channels == 2:
		return 4 + 17
	}
	return 4 + 9
}

// mp3Tag is what an encoder says about the stream in its first frame, which
// holds no sound (the Xing/Info tag and LAME's extension of it).
type mp3Tag struct {
	frames     int // without the tag's own; 0 = not said
	start, end int // samples that the encoder added at each side
}

// parseMP3Tag reads the tag in the frame b; ok is false when it has none.
func parseMP3Tag(h mp3Header, b []byte) (t mp3Tag, ok bool) {
	at := h.side()
	if len(b) < at+8 || string(b[at:at+4]) != "Xing" && string(b[at:at+4]) != "Info" {
		return t, false
	}
	flags := binary.BigEndian.Uint32(b[at+4:])
	at += 8
	for bit, size := range [4]int{4, 4, 100, 4} { // frames, bytes, seek table, quality
		if flags>>bit&1 == 0 {
			continue
		}
		if bit == 0 && len(b) >= at+4 {
			t.frames = int(binary.BigEndian.Uint32(b[at:]) & 0x7fffffff)
		}
		at += size
	}
	if len(b) >= at+24 && b[at] != 0 { // the encoder's name, 9 bytes, then 12 of settings
		delay := int(b[at+21])<<16 | int(b[at+22])<<8 | int(b[at+23])
		const decoder = 528 + 1 // samples by which every decoder lags
		t.start = delay>>12 + decoder
		t.end = max(0, delay&0xfff-decoder)
	}
	return t, true
}

// mp3TagFrame is a frame with a tag that says how many frames follow, like the one with the header
// first. Without one libsndfile 1.2.0 ends where it guesses that a file of the first frame's bit rate
// would. With it, it also drops the 529 samples by which every decoder lags.
func mp3TagFrame(first [4]byte, frames int64) []byte {
	bitrate := byte(9) // 128 kbit/s
	if first[1]>>3&3 != 3 {
		bitrate = 8 // 64, in versions 2 and 2.5
	}
	header := []byte{first[0], first[1] | 1, bitrate<<4 | first[2]&0x0c, first[3]}
	h, _ := parseMP3Header(header)
	b := make([]byte, h.bytes)
	copy(b, header)
	tag := append(b[:h.side()], "Xing\x00\x00\x00\x01"...)
	binary.BigEndian.AppendUint32(tag, uint32(min(frames, math.MaxInt32)))
	return b
}
