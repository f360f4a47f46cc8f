package audio

import (
	"bufio"
	"encoding/binary"
	"io"

	"github.com/jfreymuth/vorbis"
)

// vorbisDecoder decodes Vorbis in Ogg, clipped to ±1: the format has no full
// scale of its own, but every sound card that plays it does.
type vorbisDecoder struct {
	o        oggPackets
	d        vorbis.Decoder
	buf      []float32 // one packet's samples
	ready    []float32 // decoded and not yet read; in buf, or the whole first page
	position int64     // frames decoded, counted from granule 0
	ended    bool      // the last page's end has come
	bad      int64     // packets that could not be decoded
}

// newVorbis reads the three headers and the first page of sound.
func newVorbis(r *bufio.Reader) (*vorbisDecoder, error) {
	v := &vorbisDecoder{o: oggPackets{r: r}}
	id, err := v.o.choose()
	if err != nil {
		return nil, err
	}
	if err := checkVorbisID(id); err != nil {
		return nil, err
	}
	if err := v.d.ReadHeader(id); err != nil {
		return nil, err
	}
	for _, kind := range []byte{3, 5} { // comment, setup
		p, _, err := v.o.next()
		if err != nil {
			return nil, headerEnds(err)
		}
		if len(p) < 7 || p[0] != kind || string(p[1:7]) != "vorbis" {
			return nil, fault(ErrCorrupt, "Vorbis header packets 1, 3 and 5", "a header packet starts with %q", p[:min(7, len(p))])
		}
		if kind == 3 {
			continue // the decoder would believe any count of comments
		}
		setup, err := checkVorbisSetup(p[7:])
		if err != nil {
			return nil, err
		}
		if err := v.d.ReadHeader(append([]byte("\x05vorbis"), setup...)); err != nil {
			return nil, err
		}
	}
	v.buf = make([]float32, v.d.BufferSize())
	v.o.begun = true
	return v, v.firstPage()
}

// vorbisChain plays chained Vorbis streams behind one another.
func vorbisChain(r *bufio.Reader) (*chain, error) {
	first, err := newVorbis(r)
	if err != nil {
		return nil, err
	}
	return newChain(first, func() (decoder, error) {
		if more, err := nextOgg(r); !more || err != nil {
			return nil, err
		}
		v, err := newVorbis(r)
		if err != nil {
			return nil, err
		}
		return v, nil
	}), nil
}

func (v *vorbisDecoder) flaws() (n notes) {
	if v.o.lost > 0 {
		n.add("%s left out", plural(v.o.lost, "damaged Ogg page was", "damaged Ogg pages were"))
	}
	if v.bad > 0 {
		n.add("%s not be decoded and left out", plural(v.bad, "Vorbis packet could", "Vorbis packets could"))
	}
	return n
}

// decode decodes one packet; one that is damaged gives nothing.
func (v *vorbisDecoder) decode(p []byte) (x []float32) {
	defer func() {
		if r := recover(); r != nil {
			x = nil
			v.bad++
		}
	}()
	x, err := v.d.DecodeInto(p, v.buf)
	if err != nil {
		v.bad++
		return nil
	}
	return x
}

// firstPage decodes the first page of sound. When it holds more samples than
// its granule position says, the first ones are to be thrown away (Vorbis I
// specification, section A.2); on a page that is also the last, the last ones.
func (v *vorbisDecoder) firstPage() error {
	var page []float32
	for {
		x, last, err := v.packet()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		page = append(page, x...)
		if last && (len(page) > 0 || v.ended) {
			break
		}
	}
	v.ready = page
	if !v.ended && v.o.granule >= 0 {
		if early := v.position - v.o.granule; early > 0 && early <= int64(len(page)/v.Channels()) {
			v.ready = page[early*int64(v.Channels()):]
		}
		v.position = v.o.granule
	}
	return nil
}

// packet decodes the next packet, and cuts the last one at the granule position
// of the last page. At the end it returns io.EOF.
func (v *vorbisDecoder) packet() (x []float32, lastOfPage bool, err error) {
	if v.ended {
		return nil, true, io.EOF
	}
	p, last, err := v.o.next()
	if err == io.EOF {
		if v.o.flags&oggLast == 0 {
			return nil, true, fault(ErrTruncated, "the complete file", "it ends before the page marked as its last")
		}
		v.ended = true // an empty last page
		return nil, true, io.EOF
	}
	if err != nil {
		return nil, true, err
	}
	if len(p) > 0 && p[0]&1 == 0 { // else no audio packet: to be skipped
		x = v.decode(p)
		v.position += int64(len(x) / v.Channels())
	}
	if last && v.o.flags&oggLast != 0 {
		v.ended = true
		if late := v.position - v.o.granule; late > 0 && v.o.granule >= 0 {
			x = x[:max(0, len(x)-int(min(late, int64(len(x))))*v.Channels())]
		}
	}
	for i, s := range x {
		x[i] = min(max(s, -1), 1)
	}
	return x, last, nil
}

func (v *vorbisDecoder) Rate() int     { return v.d.SampleRate() }
func (v *vorbisDecoder) Channels() int { return v.d.Channels() }

func (v *vorbisDecoder) Read(dst []float32) (int, error) {
	if len(v.ready) == 0 {
		x, _, err := v.packet()
		if err != nil {
			return 0, err
		}
		v.ready = x
	}
	n := copy(dst, v.ready)
	v.ready = v.ready[n:]
	return n, nil
}

// checkVorbisID checks what the decoder believes in the identification header.
func checkVorbisID(p []byte) error {
	if len(p) < 30 {
		return fault(ErrCorrupt, "30 bytes", "its Vorbis identification header has %d bytes", len(p))
	}
	if c := int(p[11]); c < 1 || c > MaxChannels {
		return fault(ErrUnsupported, "1 to 64 channels", "it has %d channels", c)
	}
	if hz := binary.LittleEndian.Uint32(p[12:]); hz < MinRate || hz > MaxRate {
		return fault(ErrUnsupported, "a sample rate of 1 kHz to 768 kHz", "its sample rate is %d Hz", hz)
	}
	if short, long := p[28]&15, p[28]>>4; short < 6 || long > 13 || short > long {
		return fault(ErrCorrupt, "2^6 to 2^13, the first not longer", "its Vorbis blocks have 2^%d and 2^%d samples", short, long)
	}
	return nil
}
