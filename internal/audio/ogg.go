package audio

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
)

// maxPacket bounds an Ogg packet, bytes. A Vorbis packet has some hundred, its
// setup header some thousand; only comments with pictures are larger, and of
// them nothing is needed.
const maxPacket = 1 << 18

// Bits of an Ogg page's header type (RFC 3533, section 6).
const (
	oggContinued = 1
	oggFirst     = 2
	oggLast      = 4
)

// oggPackets takes one logical stream out of an Ogg file (RFC 3533).
//
// It is our own because jfreymuth/oggvorbis v1.0.5 recurses once per empty page
// and packet (a hostile file overflows the stack, which no recover catches),
// panics on a page without segments, reads a multiplexed file as damaged, and
// ends a file cut between two pages like a whole one. The Vorbis decoding below
// it, jfreymuth/vorbis, is used as it is.
type oggPackets struct {
	r       *bufio.Reader
	serial  uint32
	chosen  bool   // serial is set
	begun   bool   // the headers are read: what is damaged from now on is left out
	lost    int64  // damaged pages
	flags   byte   // of the page
	granule int64  // of the page: samples up to its last whole packet; −1 = none ends here
	lacing  []byte // segment lengths of the page that are not read yet
	body    []byte // their bytes
	packet  []byte // reused
	partial bool   // packet holds the start of one
	table   [255]byte
	content [255 * 255]byte
}

// next returns the next packet, valid until the following call, and whether it
// is the last that ends on its page. io.EOF is the end of the file between two
// pages. A packet longer than maxPacket is cut.
func (o *oggPackets) next() (packet []byte, lastOfPage bool, err error) {
	for {
		for len(o.lacing) > 0 {
			n := int(o.lacing[0])
			if !o.partial {
				o.packet, o.partial = o.packet[:0], true
			}
			o.packet = append(o.packet, o.body[:min(n, maxPacket-len(o.packet))]...)
			o.lacing, o.body = o.lacing[1:], o.body[n:]
			if n < 255 {
				o.partial = false
				return o.packet, bytes.Count(o.lacing, []byte{255}) == len(o.lacing), nil
			}
		}
		if o.chosen && o.flags&oggLast != 0 {
			return nil, false, io.EOF
		}
		if err := o.page(); err != nil {
			return nil, false, err
		}
	}
}

// page reads the next page of the chosen stream.
func (o *oggPackets) page() error {
	for {
		peek, err := o.r.Peek(27)
		switch {
		case len(peek) == 0:
			return err
		case len(peek) < 27:
			return midPage(err)
		case string(peek[:4]) != "OggS" || peek[4] != 0:
			if err := o.resync(); err != nil {
				return err
			}
			continue
		case o.begun && peek[5]&oggFirst != 0:
			return io.EOF // another stream begins where this one did not end
		}
		h := [27]byte(peek)
		_, _ = o.r.Discard(27)
		table := o.table[:h[26]]
		if _, err := io.ReadFull(o.r, table); err != nil {
			return midPage(err)
		}
		size := 0
		for _, n := range table {
			size += int(n)
		}
		body := o.content[:size]
		if _, err := io.ReadFull(o.r, body); err != nil {
			return midPage(err)
		}
		sum := binary.LittleEndian.Uint32(h[22:])
		clear(h[22:26])
		if got := oggCRC(oggCRC(oggCRC(0, h[:]), table), body); got != sum {
			if !o.begun {
				return fault(ErrCorrupt, "an undamaged file", "an Ogg page's checksum is %08x where it says %08x", got, sum)
			}
			o.lost++
			o.partial = false
			continue
		}
		serial := binary.LittleEndian.Uint32(h[14:])
		if o.chosen && serial != o.serial {
			continue
		}
		o.serial, o.flags = serial, h[5]
		o.granule = int64(binary.LittleEndian.Uint64(h[6:]))
		o.lacing, o.body = table, body
		o.joinPartial()
		return nil
	}
}

// resync moves to the next page after damage.
func (o *oggPackets) resync() error {
	h, _ := o.r.Peek(5)
	if !o.begun {
		return fault(ErrCorrupt, "an Ogg page of version 0", "an Ogg page starts with %q", h)
	}
	o.lost++
	o.partial = false
	for range maxJunk {
		if _, err := o.r.Discard(1); err != nil {
			return midPage(err)
		}
		if h, _ := o.r.Peek(5); string(h) == "OggS\x00" {
			return nil
		}
	}
	return fault(ErrCorrupt, "an undamaged file", "more than %d bytes between two Ogg pages are none", maxJunk)
}

// joinPartial drops what cannot be joined: the end of a packet whose start was
// lost, or a start whose end was.
func (o *oggPackets) joinPartial() {
	if o.flags&oggContinued == 0 {
		o.partial = false
		return
	}
	if o.partial {
		return
	}
	for len(o.lacing) > 0 {
		n := int(o.lacing[0])
		o.lacing, o.body = o.lacing[1:], o.body[n:]
		if n < 255 {
			return
		}
	}
}

// choose reads the first packets of all the file's streams, and chooses the
// Vorbis one. It returns that packet.
func (o *oggPackets) choose() ([]byte, error) {
	var found []string
	for {
		p, _, err := o.next()
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return nil, err
		}
		if o.flags&oggFirst == 0 || len(found) == 16 {
			return nil, foreign("ogg", fmt.Sprintf("Ogg with %s", found))
		}
		if bytes.HasPrefix(p, []byte("\x01vorbis")) {
			o.chosen = true
			return p, nil
		}
		found = append(found, oggCodec(p))
	}
}

// nextOgg moves to the first page of the next stream of a chain, and says whether
// there is one.
func nextOgg(r *bufio.Reader) (bool, error) {
	for range maxJunk {
		h, _ := r.Peek(27)
		if len(h) < 27 {
			return false, nil
		}
		if string(h[:5]) != "OggS\x00" {
			_, _ = r.Discard(1)
			continue
		}
		if h[5]&oggFirst != 0 {
			return true, nil
		}
		size := 27 + int(h[26])
		table, _ := r.Peek(size)
		for _, n := range table[min(27, len(table)):] {
			size += int(n)
		}
		if _, err := r.Discard(size); err != nil {
			return false, nil
		}
	}
	return false, fault(ErrCorrupt, "one Ogg stream behind another", "more than %d bytes lie between two", maxJunk)
}

func oggCodec(p []byte) string {
	for prefix, name := range map[string]string{"OpusHead": "Opus", "\x7fFLAC": "FLAC", "Speex": "Speex", "\x80theora": "Theora", "fishead": "Skeleton"} {
		if bytes.HasPrefix(p, []byte(prefix)) {
			return name
		}
	}
	return fmt.Sprintf("%q", p[:min(len(p), 8)])
}

func midPage(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// oggTable drives Ogg's CRC-32: polynomial 04c11db7, not reflected, no inversion.
var oggTable = func() (t [256]uint32) {
	for i := range t {
		r := uint32(i) << 24
		for range 8 {
			r = r<<1 ^ 0x04c11db7*(r>>31)
		}
		t[i] = r
	}
	return t
}()

func oggCRC(crc uint32, b []byte) uint32 {
	for _, v := range b {
		crc = crc<<8 ^ oggTable[byte(crc>>24)^v]
	}
	return crc
}
