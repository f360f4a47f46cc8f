package pcm

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
)

// wav is a WAV file's bytes up to its samples, with junk before its format.
func wav(riff string, junk int, format []byte) []byte {
	b := append([]byte(riff), 0xff, 0xff, 0xff, 0xff)
	b = append(b, "WAVE"...)
	chunk := func(name string, x []byte) {
		b = append(b, name...)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(x)))
		b = append(b, x...)
		b = append(b, make([]byte, len(x)%2)...)
	}
	if junk > 0 {
		chunk("LIST", make([]byte, junk))
	}
	if format != nil {
		chunk("fmt ", format)
	}
	return append(b, "data\xff\xff\xff\xff"...)
}

// format is a WAV file's format chunk.
func format(kind, channels uint16, rate uint32, bits uint16) []byte {
	b := binary.LittleEndian.AppendUint16(nil, kind)
	b = binary.LittleEndian.AppendUint16(b, channels)
	b = binary.LittleEndian.AppendUint32(b, rate)
	b = binary.LittleEndian.AppendUint32(b, rate*uint32(channels*bits/8))
	b = binary.LittleEndian.AppendUint16(b, channels*bits/8)
	return binary.LittleEndian.AppendUint16(b, bits)
}

// extended is the format chunk that files of several channels have.
func extended(kind uint16, b []byte) []byte {
	b = slices.Clone(b)
	binary.LittleEndian.PutUint16(b, 0xfffe)
	b = append(b, 22, 0, 16, 0, 3, 0, 0, 0)
	b = binary.LittleEndian.AppendUint16(b, kind)
	return append(b, "\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"...)
}

func TestHeader(t *testing.T) {
	said := Layout{Format: S16LE, Rate: 44100, Channels: 1}
	stereo := Layout{Format: S16LE, Rate: 48000, Channels: 2}
	for _, c := range []struct {
		name string
		head []byte
		want Layout
		err  string
	}{
		{"raw", nil, said, ""},
		{"nearly a header", []byte("RIFE"), said, ""},
		{"WAV", wav("RIFF", 0, format(1, 2, 48000, 16)), stereo, ""},
		{"WAV behind a list of odd length", wav("RIFF", 7, format(1, 2, 48000, 16)), stereo, ""},
		{"long WAV", wav("RF64", 28, format(1, 2, 48000, 16)), stereo, ""},
		{"extended WAV", wav("RIFF", 0, extended(1, format(1, 2, 48000, 16))), stereo, ""},
		{"floats", wav("RIFF", 0, format(3, 1, 16000, 32)), Layout{Format: F32LE, Rate: 16000, Channels: 1}, ""},
		{"24 bits", wav("RIFF", 0, format(1, 1, 48000, 24)), said, "24 bits; want 16-bit integers or 32-bit floats"},
		{"mu-law", wav("RIFF", 0, format(7, 1, 8000, 8)), said, "kind 7"},
		{"no channels", wav("RIFF", 0, format(1, 0, 48000, 16)), said, "channels 0: want 1"},
		{"no format", wav("RIFF", 0, nil), said, "does not say its format"},
		{"short format", wav("RIFF", 0, make([]byte, 8)), said, "8 bytes"},
		{"AVI", []byte("RIFF\x00\x00\x00\x00AVI LIST"), said, `kind "AVI "`},
		{"huge list", []byte("RIFF\x00\x00\x00\x00WAVELIST\xff\xff\xff\x7f"), said, "more than 64 KiB"},
		{"many lists", []byte("RIFF\x00\x00\x00\x00WAVE" + strings.Repeat("LIST\x00\x00\x00\x00", 10_000)), said, "64 KiB"},
		{"Ogg", []byte("OggS\x00\x02"), said, "an Ogg file; want raw samples, as ffmpeg -f s16le"},
		{"FLAC", []byte("fLaC\x00\x00"), said, "a FLAC file"},
		{"M4A", []byte("\x00\x00\x00\x20ftypM4A \x00"), said, "an MP4, M4A or QuickTime file"},
		{"Wave64", []byte("riff\x2e\x91\xcf\x11\xa5\xd6"), said, "a Wave64 file"},
		{"MP3", []byte("ID3\x04\x00\x00"), said, "an MP3 file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := append(slices.Clone(c.head), s16(1, 2, 3)...)
			for _, size := range []int{1, 3, 4, 11, 4096, len(in)} {
				if len(in) > 100*size { // a program writes more at once
					continue
				}
				var h header
				var got []byte
				layout := said
				var err error
				for b := range slices.Chunk(in, size) {
					var x []byte
					if x, layout, err = h.take(b, layout); err != nil {
						break
					}
					got = append(got, x...)
				}
				if c.err != "" {
					if err == nil || !strings.Contains(err.Error(), c.err) {
						t.Fatalf("in chunks of %d: got %v, want %q", size, err, c.err)
					}
					continue
				}
				want := s16(1, 2, 3)
				if c.want == said {
					want = in // no header: all of it is sound
				}
				if err != nil || layout != c.want || !bytes.Equal(got, want) || !h.decided {
					t.Fatalf("in chunks of %d: %v, %v, %d bytes; want %v and %d", size, err, layout, len(got), c.want, len(want))
				}
			}
		})
	}
}

// FuzzHeader holds that no bytes make it hold much, or panic.
func FuzzHeader(f *testing.F) {
	f.Add(wav("RIFF", 7, format(1, 2, 48000, 16)), 5)
	f.Add([]byte("OggS"), 1)
	f.Fuzz(func(t *testing.T, in []byte, size int) {
		var h header
		layout := Layout{Format: S16LE, Rate: 44100, Channels: 1}
		var err error
		for b := range slices.Chunk(in, 1+(size&0xfff)) {
			if _, layout, err = h.take(b, layout); err != nil {
				return
			}
			if err := layout.Check(); err != nil {
				t.Fatal(err)
			}
			if len(h.held) > maxHeader+0x1000 {
				t.Fatalf("holds %d bytes", len(h.held))
			}
		}
	})
}
