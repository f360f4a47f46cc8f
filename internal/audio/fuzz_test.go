package audio

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
)

// fuzzLimit ends a fuzz input's decoding, samples: a few bytes of FLAC can hold
// hours of silence.
const fuzzLimit = 1 << 18

// tryDecode holds the decoding of anything to the contract: no panic, whole
// frames of finite samples, an end, one line of error with the name.
func tryDecode(t *testing.T, b []byte) {
	r, err := NewReader("name", bytes.NewReader(b), int64(len(b)))
	if err == nil {
		c := r.Channels()
		buf := make([]float32, 1500*c)
		for total := 0; err == nil && total < fuzzLimit; {
			var n int
			n, err = r.Read(buf)
			if n%c != 0 || (n == 0) == (err == nil) {
				t.Fatalf("Read returned %d values, %v, of %d channels", n, err, c)
			}
			for _, x := range buf[:n] {
				if math.IsNaN(float64(x)) || math.Abs(float64(x)) > maxSample {
					t.Fatalf("a sample is %v", x)
				}
			}
			total += n
		}
	}
	if err == nil || err == io.EOF {
		return
	}
	var e *Error
	if !errors.As(err, &e) || e.Path != "name" || e.Want == "" || strings.Contains(err.Error(), "\n") {
		t.Fatalf("the error is %v", err)
	}
}

// head is the start of a file: short inputs make fuzzing fast.
func head(b []byte) []byte { return b[:min(len(b), 2500)] }

func FuzzWAV(f *testing.F) {
	for _, kind := range []format{{rate: 44100, channels: 1, bits: 16}, {rate: 48000, channels: 6, bits: 24, extensible: true}, {rate: 8000, channels: 2, bits: 32, float: true}, {rate: 8000, channels: 1, bits: 64, float: true}} {
		f.Add(wavFile(kind, signal(kind)[:60*kind.channels]))
	}
	f.Fuzz(tryDecode)
}

func FuzzFLAC(f *testing.F) {
	for _, name := range []string{"s8-8k.flac", "s16.flac", "s16-stereo.flac"} {
		f.Add(head(testdata(f, name)))
	}
	f.Fuzz(tryDecode)
}

func FuzzMP3(f *testing.F) {
	for _, name := range []string{"mono.mp3", "stereo.mp3", "mpeg2.mp3", "mpeg2-padded.mp3"} {
		f.Add(head(testdata(f, name)))
	}
	f.Fuzz(tryDecode)
}

// FuzzVorbis makes the pages' checksums right first, or no change would get
// past them.
func FuzzVorbis(f *testing.F) {
	for _, name := range []string{"mono.ogg", "stereo.ogg", "opus.ogg"} {
		f.Add(testdata(f, name))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		b = bytes.Clone(b)
		resumAll(b)
		tryDecode(t, b)
	})
}

// resumAll makes the checksums of all whole pages right.
func resumAll(b []byte) {
	for {
		at := bytes.Index(b, []byte("OggS"))
		if at < 0 || len(b) < at+27 {
			return
		}
		b = b[at:]
		end := 27 + int(b[26])
		if len(b) < end {
			return
		}
		for _, n := range b[27:end] {
			end += int(n)
		}
		if len(b) < end {
			return
		}
		clear(b[22:26])
		binary.LittleEndian.PutUint32(b[22:], oggSum(b[:end]))
		b = b[end:]
	}
}
