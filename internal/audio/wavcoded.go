package audio

import (
	"encoding/binary"
	"fmt"
	"math"
)

// openWAV reads integers and floats here; what is coded otherwise goes to libsndfile, under a header that is
// right whatever the file's own says.
func openWAV(s *source) (decoder, error) {
	d, err := newWAV(s.s.r, s.s.at, s.size)
	if err != nil || !d.coded {
		return d, err
	}
	sound, err := s.stretch(d.at, d.left, d.header())
	if err != nil {
		return nil, elsewhere(fault(ErrUnsupported, wantWAV, "it is %s, and %s", d.tagName(), flaw(err)), "wav")
	}
	r := sound.(*remote)
	r.said = join(d.notes, r.said)
	return r, nil
}

// header is a WAV header for the coded data alone.
func (d *wavDecoder) header() []byte {
	le := binary.LittleEndian
	size := min(d.left, math.MaxInt32)
	b := append(le.AppendUint32([]byte("RIFF"), uint32(20+len(d.format))+uint32(size)), "WAVEfmt "...)
	b = append(le.AppendUint32(b, uint32(len(d.format))), d.format...)
	return le.AppendUint32(append(b, "data"...), uint32(size))
}

func (d *wavDecoder) tagName() string { return tagName(binary.LittleEndian.Uint16(d.format)) }

func tagName(tag uint16) string {
	switch tag {
	case wavPCM:
		return "integer PCM"
	case wavFloat:
		return "float"
	case 2, 0x11:
		return "ADPCM"
	case 6:
		return "A-law"
	case 7:
		return "µ-law"
	case 0x55:
		return "MP3 in WAV"
	}
	return fmt.Sprintf("format %#x", tag)
}
