package pcm

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// header looks at the first bytes of a stream that is configured as raw samples. A WAV header says what follows
// better than a configuration does, so the stream is read as it says; any other kind of file is refused, since its
// bytes would be noise.
type header struct {
	decided bool
	held    []byte // what came while it was undecided
}

// maxHeader bounds what is held of a WAV header: cover art and the like stand before the samples in some.
const maxHeader = 64 << 10

// files have these bytes, the first of them at byte at.
var files = []struct {
	at        int
	magic, is string
}{
	{0, "fLaC", "a FLAC file"}, {0, "OggS", "an Ogg file"}, {0, "ID3\x02", "an MP3 file"}, {0, "ID3\x03", "an MP3 file"},
	{0, "ID3\x04", "an MP3 file"}, {0, "FORM", "an AIFF file"}, {0, ".snd", "an AU file"}, {0, "caff", "a CAF file"},
	{0, "RIFX", "a WAV file in the wrong byte order"}, {0, "\x1aE\xdf\xa3", "a Matroska or WebM file"},
	{0, "riff\x2e\x91\xcf\x11", "a Wave64 file"}, {0, "#!AMR", "an AMR file"}, {0, "wvpk", "a WavPack file"},
	{0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11", "a Windows Media file"}, {4, "ftyp", "an MP4, M4A or QuickTime file"},
}

// wavs are the kinds of WAV: of any size, and of more than 4 GiB.
var wavs = []string{"RIFF", "RF64", "BW64"}

// wantRaw is what to write instead.
const wantRaw = "want raw samples, as ffmpeg -f s16le or arecord -t raw writes them"

// take returns the samples' bytes of b, and the layout that a header gives, beginning with as configured.
// Until it can tell, it returns nothing.
func (h *header) take(b []byte, configured Layout) (samples []byte, layout Layout, err error) {
	if h.decided {
		return b, configured, nil
	}
	h.held = append(h.held, b...)
	short := false
	for _, f := range files {
		switch begun := h.held[min(f.at, len(h.held)):]; {
		case bytes.HasPrefix(begun, []byte(f.magic)):
			return nil, configured, fmt.Errorf("it gives %s; %s", f.is, wantRaw)
		case bytes.HasPrefix([]byte(f.magic), begun):
			short = true
		}
	}
	for _, magic := range wavs {
		switch {
		case bytes.HasPrefix(h.held, []byte(magic)):
			return h.wav(configured)
		case bytes.HasPrefix([]byte(magic), h.held):
			short = true
		}
	}
	if short {
		return nil, configured, nil
	}
	return h.rest(0), configured, nil
}

// rest decides that the samples begin at byte at.
func (h *header) rest(at int) []byte {
	b := h.held[at:]
	h.decided, h.held = true, nil
	return b
}

// wav reads the chunks before the samples. How long the samples are said to be is ignored: whoever writes to a
// pipe does not know.
func (h *header) wav(configured Layout) ([]byte, Layout, error) {
	const riff, chunk = 12, 8 // bytes: RIFF, size, WAVE; name, size
	if len(h.held) < riff {
		return nil, configured, nil
	}
	if string(h.held[8:riff]) != "WAVE" {
		return nil, configured, fmt.Errorf("it gives a RIFF file of kind %q; %s", h.held[8:riff], wantRaw)
	}
	layout, known := configured, false
	for at := int64(riff); at+chunk <= int64(len(h.held)); {
		name, size := string(h.held[at:at+4]), int64(binary.LittleEndian.Uint32(h.held[at+4:]))
		at += chunk
		if name == "data" {
			if !known {
				return nil, configured, errors.New("it gives a WAV file that does not say its format; " + wantRaw)
			}
			return h.rest(int(at)), layout, nil
		}
		if at+size > maxHeader {
			return nil, configured, fmt.Errorf("it gives a WAV file with a header of more than %d KiB; %s", maxHeader>>10, wantRaw)
		}
		if at+size > int64(len(h.held)) {
			break
		}
		if name == "fmt " {
			if err := layout.header(h.held[at : at+size]); err != nil {
				return nil, configured, err
			}
			known = true
		}
		at += size + size%2
	}
	if len(h.held) > maxHeader {
		return nil, configured, fmt.Errorf("it gives a WAV file without samples in its first %d KiB; %s", maxHeader>>10, wantRaw)
	}
	return nil, configured, nil
}

// header takes over what a format chunk says.
func (p *Layout) header(b []byte) error {
	const least, extended = 16, 26 // bytes
	if len(b) < least {
		return fmt.Errorf("it gives a WAV file whose format takes %d bytes; %s", len(b), wantRaw)
	}
	kind, bits := binary.LittleEndian.Uint16(b), binary.LittleEndian.Uint16(b[14:])
	if kind == 0xfffe && len(b) >= extended {
		kind = binary.LittleEndian.Uint16(b[24:])
	}
	const integers, floats = 1, 3
	switch {
	case kind == integers && bits == 16:
		p.Format = S16LE
	case kind == floats && bits == 32:
		p.Format = F32LE
	default:
		return fmt.Errorf("it gives a WAV file of kind %d with %d bits; want 16-bit integers or 32-bit floats: %s", kind, bits, wantRaw)
	}
	p.Channels, p.Rate = int(binary.LittleEndian.Uint16(b[2:])), int(min(binary.LittleEndian.Uint32(b[4:]), 1<<30))
	if err := p.Check(); err != nil {
		return fmt.Errorf("it gives a WAV file: %w", err)
	}
	return nil
}
