package audio

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
)

// WAVE format tags (Microsoft, mmreg.h).
const (
	wavPCM        = 1
	wavFloat      = 3
	wavExtensible = 0xfffe
)

const wantWAV = "integer PCM of 8, 16, 24 or 32 bits or float of 32 or 64 bits"

// guidTail ends every sub-format GUID that is a plain format tag
// (KSDATAFORMAT_SUBTYPE_*: xxxxxxxx-0000-0010-8000-00aa00389b71).
var guidTail = [14]byte{0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71}

// wavDecoder reads RIFF/WAVE.
//
// It is our own because go-audio/wav, though well kept, has no 64-bit float,
// reads floats only as integers, trusts chunk sizes, and ends a truncated file
// like a whole one.
type wavDecoder struct {
	r        *bufio.Reader
	rate     int
	channels int
	bytes    int // of one sample
	block    int // bytes of one frame, or of a block of coded ones
	float    bool
	coded    bool   // neither integers nor floats: not read here
	format   []byte // the fmt chunk, where it is coded
	at       int64  // where the sample data start
	left     int64  // bytes of sample data left; -1 = to the end of the file
	notes    notes
	buf      []byte
}

func (d *wavDecoder) flaws() notes { return d.notes }

// newWAV reads the headers up to the sample data. start is where the RIFF header is in the file of size bytes.
func newWAV(r *bufio.Reader, start, size int64) (*wavDecoder, error) {
	var riff [12]byte
	if _, err := io.ReadFull(r, riff[:]); err != nil {
		return nil, headerEnds(err)
	}
	if string(riff[8:]) != "WAVE" {
		return nil, fault(ErrNotAudio, wantFormats, "it is RIFF %q", riff[8:])
	}
	d := &wavDecoder{r: r}
	ds64 := int64(-1) // size of the data chunk by RF64's 64-bit table
	for at := start + 12; ; {
		var h [8]byte
		if _, err := io.ReadFull(r, h[:]); err != nil {
			if d.rate > 0 {
				return nil, fault(ErrTruncated, "a complete file", "it ends before its data chunk")
			}
			return nil, headerEnds(err)
		}
		at += 8
		id, n := string(h[:4]), int64(binary.LittleEndian.Uint32(h[4:]))
		if id == "data" {
			if d.rate == 0 {
				return nil, fault(ErrCorrupt, "a fmt chunk before the data chunk", "its data chunk comes first")
			}
			if n == math.MaxUint32 && ds64 >= 0 {
				n = ds64
			}
			d.at = at
			return d, d.setLength(n, size-at, binary.LittleEndian.Uint32(riff[4:]))
		}
		if at+n > size {
			return nil, fault(ErrTruncated, "a complete file", "its chunk %q claims %d bytes and %d are left", id, n, max(size-at, 0))
		}
		body := make([]byte, min(n, 64))
		if _, err := io.ReadFull(r, body); err != nil {
			return nil, headerEnds(err)
		}
		if _, err := r.Discard(int(n - int64(len(body)) + n&1)); err != nil {
			return nil, headerEnds(err)
		}
		at += n + n&1
		switch {
		case id == "fmt ":
			if err := d.setFormat(body); err != nil {
				return nil, err
			}
		case id == "ds64" && len(body) >= 16:
			ds64 = int64(binary.LittleEndian.Uint64(body[8:]) & math.MaxInt64)
		}
	}
}

// setFormat takes the fmt chunk.
func (d *wavDecoder) setFormat(b []byte) error {
	if len(b) < 16 {
		return fault(ErrCorrupt, "at least 16", "its fmt chunk has %d bytes", len(b))
	}
	le := binary.LittleEndian
	tag, bits := le.Uint16(b), int(le.Uint16(b[14:]))
	d.channels = int(le.Uint16(b[2:]))
	d.rate = int(le.Uint32(b[4:]))
	block := int(le.Uint16(b[12:]))
	if tag == wavExtensible {
		if len(b) < 40 {
			return fault(ErrCorrupt, "at least 40", "its extensible fmt chunk has %d bytes", len(b))
		}
		if tag = le.Uint16(b[24:]); [14]byte(b[26:40]) != guidTail {
			tag = wavExtensible // one that has no number
		}
	}
	d.float = tag == wavFloat
	d.bytes = (bits + 7) / 8 // 12 or 20 valid bits stand left-aligned in 2 or 3 bytes
	switch {
	case tag == wavPCM && bits >= 1 && bits <= 32, tag == wavFloat && (bits == 32 || bits == 64):
		d.block = d.channels * d.bytes
	case tag == wavPCM || tag == wavFloat:
		return fault(ErrUnsupported, wantWAV, "it is %s of %d bits", tagName(tag), bits)
	default:
		d.coded, d.format = true, b
		d.block = max(1, block)
	}
	if d.channels < 1 || d.channels > MaxChannels {
		return fault(ErrUnsupported, "1 to 64 channels", "it has %d channels", d.channels)
	}
	if d.rate < MinRate || d.rate > MaxRate {
		return fault(ErrUnsupported, "a sample rate of 1 kHz to 768 kHz", "its sample rate is %d Hz", d.rate)
	}
	if block != d.block && !d.coded {
		return fault(ErrCorrupt, fmt.Sprint(d.block), "its frames have %d bytes", block)
	}
	return nil
}

// setLength takes the data chunk's size; have bytes are left in the file.
// Programs that stream leave the size 0 or at its greatest: then it is to the end.
// A recorder that was killed left what it had planned, or 0 in a file that has a
// RIFF size; then it is to the end too, and told.
func (d *wavDecoder) setLength(n, have int64, riff uint32) error {
	frame := int64(d.block)
	streamed := n >= math.MaxInt32-4096 || n == 0 && (riff == 0 || riff == math.MaxUint32)
	switch {
	case n == 0 && have < frame, n == 0 && !streamed && d.chunkFollows(have):
		return fault(ErrEmpty, "at least one sample", "its data chunk is empty")
	case have < frame:
		return fault(ErrTruncated, "the complete file", "its data chunk claims %d bytes and %d are left", n, max(have, 0))
	case n > 0 && n < frame:
		return fault(ErrTruncated, "the complete file", "its data chunk of %d bytes is shorter than one frame of %d", n, frame)
	case n > 0 && n <= have:
		d.left = n
		return nil
	}
	d.left = -1
	if d.coded {
		d.left = have
	}
	switch {
	case streamed:
	case d.coded: // what its header says of bytes a second is often wrong
		d.notes.add("its header says %d blocks, %d are there: its recorder did not end it properly", n/frame, have/frame)
	default:
		d.notes.add("its header says %d samples (%s), %d are there (%s): its recorder did not end it properly",
			n/frame, d.span(n), have/frame, d.span(have))
	}
	return nil
}

// span is the time that so many bytes last.
func (d *wavDecoder) span(bytes int64) string {
	return fmt.Sprintf("%.1f s", float64(bytes)/float64(d.block*d.rate))
}

// chunkFollows says whether what comes next is a chunk that fits into the have
// bytes left, rather than sound.
func (d *wavDecoder) chunkFollows(have int64) bool {
	h, _ := d.r.Peek(8)
	if len(h) < 8 {
		return false
	}
	for _, c := range h[:4] {
		if c < ' ' || c > 'z' {
			return false
		}
	}
	return 8+int64(binary.LittleEndian.Uint32(h[4:])) <= have
}

func (d *wavDecoder) Rate() int     { return d.rate }
func (d *wavDecoder) Channels() int { return d.channels }

func (d *wavDecoder) Read(dst []float32) (int, error) {
	frame := d.channels * d.bytes
	n := min(len(dst)*d.bytes, 1<<15) / frame * frame
	if d.left >= 0 {
		n = int(min(int64(n), d.left) / int64(frame) * int64(frame))
	}
	if n == 0 {
		return 0, io.EOF
	}
	if d.buf == nil {
		d.buf = make([]byte, 1<<15)
	}
	got, err := io.ReadFull(d.r, d.buf[:n])
	if err == io.ErrUnexpectedEOF && d.left < 0 {
		err = nil
	}
	if err == io.EOF && d.left >= 0 {
		err = io.ErrUnexpectedEOF
	}
	got = got / frame * frame
	if d.left >= 0 {
		d.left -= int64(got)
	}
	d.convert(dst, d.buf[:got])
	return got / d.bytes, err
}

// convert writes the samples in b to dst.
func (d *wavDecoder) convert(dst []float32, b []byte) {
	le := binary.LittleEndian
	n := len(b) / d.bytes
	dst = dst[:n]
	switch {
	case d.float && d.bytes == 4:
		for i := range dst {
			dst[i] = math.Float32frombits(le.Uint32(b[4*i:]))
		}
	case d.float:
		for i := range dst {
			dst[i] = float32(math.Float64frombits(le.Uint64(b[8*i:])))
		}
	case d.bytes == 1: // 8-bit WAV is unsigned
		for i := range dst {
			dst[i] = (float32(b[i]) - 128) / 128
		}
	case d.bytes == 2:
		for i := range dst {
			dst[i] = float32(int16(le.Uint16(b[2*i:]))) / (1 << 15)
		}
	case d.bytes == 3:
		for i := range dst {
			s := int32(uint32(b[3*i])<<8|uint32(b[3*i+1])<<16|uint32(b[3*i+2])<<24) >> 8
			dst[i] = float32(s) / (1 << 23)
		}
	default:
		for i := range dst {
			dst[i] = float32(float64(int32(le.Uint32(b[4*i:]))) / (1 << 31))
		}
	}
}

func headerEnds(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fault(ErrTruncated, "a complete file", "it ends within its header")
	}
	return err
}
