package audio

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
)

// What a decoding process sends is records: a kind, the size of what follows as a
// little-endian uint32, and that. The reader trusts none of it: the process may have been
// talked into anything.
const (
	recordFormat  = 'f' // rate, channels: two uint32
	recordSamples = 's' // float32, interleaved, whole frames
	recordNote    = 'n' // a sentence for Notes
	recordError   = 'e' // the error's kind (an index of errorKinds), what, want, ffmpeg's demuxer: separated by zeros
	recordEnd     = 'z' // all was said
)

// maxRecord bounds a record, bytes.
const maxRecord = 1 << 16

// errorKinds are the kinds that an error of another process can have.
var errorKinds = []error{ErrCorrupt, ErrNotAudio, ErrUnsupported, ErrEmpty, ErrTruncated}

// records is a decoder that runs elsewhere.
type records struct {
	r              *bufio.Reader
	rate, channels int
	left           int // bytes of samples left in the present record
	said           notes
	err            error // sticky
	buf            []byte
}

// newRecords reads up to the sound's format.
func newRecords(r io.Reader) (*records, error) {
	d := &records{r: bufio.NewReaderSize(r, maxRecord), buf: make([]byte, maxRecord)}
	for d.rate == 0 {
		if err := d.next(); err != nil {
			if err == io.EOF {
				err = fault(ErrEmpty, "at least one sample", "it holds no samples")
			}
			return nil, err
		}
	}
	return d, nil
}

func (d *records) Rate() int     { return d.rate }
func (d *records) Channels() int { return d.channels }
func (d *records) flaws() notes  { return d.said }

func (d *records) Read(dst []float32) (int, error) {
	for d.left == 0 {
		if d.err == nil {
			d.err = d.next()
		}
		if d.err != nil {
			return 0, d.err
		}
	}
	n := min(len(dst)*4, d.left, len(d.buf)) / (4 * d.channels) * (4 * d.channels)
	if _, err := io.ReadFull(d.r, d.buf[:n]); err != nil {
		d.left, d.err = 0, cutShort(err)
		return 0, d.err
	}
	d.left -= n
	for i := range n / 4 {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(d.buf[4*i:]))
	}
	return n / 4, nil
}

// next reads the head of a record of samples, or the whole of another.
func (d *records) next() error {
	var head [5]byte
	if _, err := io.ReadFull(d.r, head[:]); err != nil {
		return cutShort(err)
	}
	size, begun := int(binary.LittleEndian.Uint32(head[1:])), d.rate > 0
	if size > maxRecord {
		return errNonsense()
	}
	if head[0] == recordSamples {
		if !begun || size%(4*d.channels) != 0 {
			return errNonsense()
		}
		d.left = size
		return nil
	}
	b := d.buf[:size]
	if _, err := io.ReadFull(d.r, b); err != nil {
		return cutShort(err)
	}
	switch head[0] {
	case recordEnd:
		return io.EOF
	case recordNote:
		d.said.add("%s", printable(b))
	case recordFormat:
		if size != 8 || begun {
			return errNonsense()
		}
		rate, channels := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
		if rate < MinRate || rate > MaxRate || channels < 1 || channels > MaxChannels {
			return errNonsense()
		}
		d.rate, d.channels = int(rate), int(channels)
	case recordError:
		return parseError(b)
	default:
		return errNonsense()
	}
	return nil
}

// cutShort is the error where records end before their end.
func cutShort(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errNonsense()
	}
	return err
}

func errNonsense() error {
	return fault(ErrCorrupt, "an undamaged file", "its decoder ended in the middle or sent what it should not")
}

// formatError is the content of a record that parseError makes an error of again.
func formatError(err error) []byte {
	e := fault(ErrCorrupt, "an undamaged file", "%v", err)
	var known *Error
	if errors.As(err, &known) {
		e = known
	}
	b := []byte{0}
	for i, kind := range errorKinds {
		if errors.Is(e, kind) {
			b[0] = byte(i)
		}
	}
	for _, s := range []string{e.What, e.Want, e.demuxer} {
		b = append(append(b, s[:min(len(s), 1000)]...), 0)
	}
	return b
}

func parseError(b []byte) error {
	if len(b) == 0 || int(b[0]) >= len(errorKinds) {
		return errNonsense()
	}
	kind, parts := b[0], [3]string{}
	for i, part := range bytes.SplitN(b[1:], []byte{0}, len(parts)+1) {
		if i < len(parts) {
			parts[i] = printable(part)
		}
	}
	return &Error{Kind: errorKinds[kind], What: parts[0], Want: parts[1], demuxer: parts[2]}
}

// recordWriter sends records.
type recordWriter struct {
	w   *os.File
	buf []byte
}

func (w *recordWriter) send(kind byte, b []byte) error {
	w.buf = append(w.buf[:0], kind)
	w.buf = binary.LittleEndian.AppendUint32(w.buf, uint32(len(b)))
	_, err := w.w.Write(append(w.buf, b...))
	return err
}
