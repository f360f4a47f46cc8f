package audio

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"slices"
)

// Bits of an Ogg page's header type (RFC 3533, section 6).
const (
	oggFirst = 2
	oggLast  = 4
)

// maxJunk bounds what may lie between two pages, or between two frames of an MP3 file, bytes.
const maxJunk = 1 << 20

// oggCodecs are how streams in Ogg begin.
var oggCodecs = []struct {
	start, name string
	read        bool // by libsndfile
}{
	{"\x01vorbis", "Vorbis", true},
	{"OpusHead", "Opus", true},
	{"\x7fFLAC", "FLAC", false},
	{"Speex", "Speex", false},
	{"\x80theora", "Theora", false},
	{"fishead", "Skeleton", false},
}

// oggParts finds the streams that stand one behind another in an Ogg file (RFC 3533), and the whole
// pages of each. libsndfile 1.2.0 reads the first stream of a chain, and no other where several are
// multiplexed.
type oggParts struct {
	s     *scanner
	found bool // a part
}

func serveOgg(f *os.File, size int64, args []string) (decoder, error) {
	start, err := startOf(args)
	if err != nil {
		return nil, err
	}
	if err := confine(size); err != nil {
		return nil, err
	}
	o := &oggParts{s: newScanner(f, start, size)}
	return parts(f, o.next)
}

// oggPage is a page's place and header.
type oggPage struct {
	at, size int64
	flags    byte
	serial   uint32
	body     []byte // valid until the scanner moves
}

// next finds the next stream that can be decoded.
func (o *oggParts) next() (*part, error) {
	p := &part{clip: true}
	lost, cut, last := int64(0), false, false
	var found []string
	chosen, serial, begun := false, uint32(0), false
	for {
		page, junk, end := o.page()
		if end != "" {
			cut = end == "cut"
			break
		}
		if junk && begun {
			lost++
		}
		first := page.flags&oggFirst != 0
		if first && begun {
			break // another one, which stays for the next call
		}
		if first && len(found) < 16 {
			name, read := oggCodec(page.body)
			found = append(found, name)
			if read && !chosen {
				chosen, serial = true, page.serial
			}
		}
		begun = begun || len(found) > 0 && !first
		if chosen && page.serial == serial && !last {
			if !p.add(page.at, page.size) {
				p.notes.add("the rest of it lies in too many pieces")
				last = true
			}
			last = last || page.flags&oggLast != 0
		}
		if _, err := o.s.Discard(int(page.size)); err != nil {
			return nil, err
		}
	}
	if lost > 0 {
		p.notes.add("%s left out", plural(lost, "damaged stretch between its Ogg pages was", "damaged stretches between its Ogg pages were"))
	}
	switch {
	case !chosen && len(found) > 0:
		return nil, foreign("ogg", fmt.Sprintf("Ogg with %s", found))
	case !chosen && cut && !o.found:
		return nil, fault(ErrTruncated, "the complete file", "it ends in the middle")
	case !chosen:
		return nil, nil
	}
	o.found = true
	switch {
	case cut:
		p.notes.add("it ends in the middle")
	case !last:
		p.notes.add("it ends before the page marked as its last")
	}
	return p, nil
}

// page finds the next whole page, without passing it. junk: something else lay before it. end: there
// is none, "over" at the file's end and "cut" within a page.
func (o *oggParts) page() (page oggPage, junk bool, end string) {
	for range maxJunk {
		h, _ := o.s.Peek(27)
		if len(h) < 27 {
			if bytes.HasPrefix(h, []byte("OggS")) {
				return page, junk, "cut"
			}
			return page, junk, "over"
		}
		if string(h[:5]) == "OggS\x00" {
			head := 27 + int(h[26])
			table, _ := o.s.Peek(head)
			size := head
			for _, n := range table[27:] {
				size += int(n)
			}
			b, _ := o.s.Peek(size)
			whole := len(b) == size
			if whole && oggSum(b) == binary.LittleEndian.Uint32(b[22:]) {
				return oggPage{o.s.at, int64(size), b[5], binary.LittleEndian.Uint32(b[14:]), b[head:]}, junk, ""
			}
			if !whole && !bytes.Contains(b[4:], []byte("OggS\x00")) {
				return page, junk, "cut"
			}
			h = h[:1]
		}
		junk = true
		next := max(1, bytes.IndexByte(h[1:], 'O')+1)
		if _, err := o.s.Discard(next); err != nil {
			return page, junk, "over"
		}
	}
	return page, junk, "over"
}

func oggCodec(b []byte) (name string, read bool) {
	i := slices.IndexFunc(oggCodecs, func(c struct {
		start, name string
		read        bool
	}) bool {
		return bytes.HasPrefix(b, []byte(c.start))
	})
	if i < 0 {
		return fmt.Sprintf("%q", b[:min(len(b), 8)]), false
	}
	return oggCodecs[i].name, oggCodecs[i].read
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

// oggSum is the checksum of a whole page, in which it counts as zeros itself.
func oggSum(page []byte) (crc uint32) {
	for i, v := range page {
		if i >= 22 && i < 26 {
			v = 0
		}
		crc = crc<<8 ^ oggTable[byte(crc>>24)^v]
	}
	return crc
}
