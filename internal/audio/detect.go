package audio

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"unicode/utf8"
)

// newDecoder chooses a decoder by the first bytes of r; size is of the whole
// file.
func newDecoder(r io.Reader, size int64) (decoder, error) {
	br := bufio.NewReaderSize(r, 1<<15)
	skipped, err := skipID3(br)
	if err != nil {
		return nil, err
	}
	head, err := br.Peek(64)
	if err != nil && err != io.EOF {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(head, []byte("RIFF")), bytes.HasPrefix(head, []byte("RF64")), bytes.HasPrefix(head, []byte("BW64")):
		return newWAV(br, size-skipped)
	case bytes.HasPrefix(head, []byte("OggS")):
		return vorbisChain(br)
	case bytes.HasPrefix(head, []byte("fLaC")):
		return newFLAC(br)
	}
	if name := otherFormat(head); name != "" {
		return nil, fault(ErrUnsupported, wantFormats, "it is %s", name)
	}
	switch m, err := newMP3(br); {
	case err != nil:
		return nil, err
	case m != nil:
		return mp3Chain(br, m), nil
	}
	if len(head) == 0 {
		return nil, fault(ErrEmpty, wantFormats, "it holds a tag and nothing else")
	}
	return nil, fault(ErrNotAudio, wantFormats, "it starts with %s", describe(head))
}

// skipID3 skips the ID3v2 tags that any format may have before it, and returns
// their size.
func skipID3(br *bufio.Reader) (int64, error) {
	var skipped int64
	for range 8 {
		h, _ := br.Peek(10)
		if len(h) < 10 || string(h[:3]) != "ID3" || (h[6]|h[7]|h[8]|h[9]) > 127 {
			break
		}
		n := 10 + int(h[6])<<21 + int(h[7])<<14 + int(h[8])<<7 + int(h[9])
		if h[5]&0x10 != 0 {
			n += 10 // footer
		}
		if got, err := br.Discard(n); err != nil {
			return skipped, fault(ErrTruncated, "the complete file", "its ID3 tag claims %d bytes and %d are left", n, got)
		}
		skipped += int64(n)
	}
	return skipped, nil
}

// otherFormat names well-known formats that are not read, so that the error can.
func otherFormat(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte("FORM")):
		return "AIFF"
	case bytes.HasPrefix(head, []byte("RIFX")):
		return "big-endian WAV"
	case bytes.HasPrefix(head, []byte("caff")):
		return "Apple CAF"
	case bytes.HasPrefix(head, []byte(".snd")):
		return "Sun audio"
	case bytes.HasPrefix(head, []byte("wvpk")):
		return "WavPack"
	case bytes.HasPrefix(head, []byte{0x1a, 0x45, 0xdf, 0xa3}):
		return "Matroska or WebM"
	case bytes.HasPrefix(head, []byte{0x30, 0x26, 0xb2, 0x75}):
		return "Windows Media"
	case len(head) >= 8 && string(head[4:8]) == "ftyp":
		return "MP4 or M4A"
	case len(head) >= 2 && head[0] == 0xff && head[1]&0xf6 == 0xf0:
		return "AAC"
	}
	return ""
}

// describe shows what a file starts with.
func describe(head []byte) string {
	head = head[:min(len(head), 16)]
	for _, b := range head {
		if b < 32 && b != '\n' && b != '\r' && b != '\t' {
			return fmt.Sprintf("the bytes % x", head)
		}
	}
	if utf8.Valid(head[:min(len(head), 12)]) {
		return fmt.Sprintf("the text %q", head)
	}
	return fmt.Sprintf("the bytes % x", head)
}
