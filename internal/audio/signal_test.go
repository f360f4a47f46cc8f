package audio

import (
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"
)

var sources = flag.String("sources", "", "write the WAV files that testdata was encoded from into this folder")

func TestMain(m *testing.M) {
	flag.Parse()
	if *sources != "" {
		for _, f := range formats {
			path := filepath.Join(*sources, fmt.Sprintf("%d-%d-s%d.wav", f.rate, f.channels, f.bits))
			if err := os.WriteFile(path, wavFile(f, signal(f)), 0o644); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
		}
	}
	os.Exit(m.Run())
}

// format is a kind of test sound.
type format struct {
	rate, channels, bits int
	float                bool
	extensible           bool
}

// formats are those of the encoded files in testdata.
var formats = []format{
	{rate: 44100, channels: 1, bits: 16}, {rate: 44100, channels: 2, bits: 16}, {rate: 48000, channels: 6, bits: 16},
	{rate: 96000, channels: 2, bits: 24}, {rate: 8000, channels: 1, bits: 8}, {rate: 16000, channels: 1, bits: 16},
	{rate: 22050, channels: 1, bits: 16}, {rate: 24000, channels: 1, bits: 16},
}

// signal is a fifth of a second: tone(440·(c+1)) of amplitude 0.4 in channel c,
// with a little noise in the last bits, interleaved. Integers of the format's
// width, so that every decoder's result can be told exactly.
func signal(f format) []int32 {
	n := f.rate / 5
	x := make([]int32, n*f.channels)
	full := float64(int64(1) << (f.bits - 1))
	lcg := uint32(1)
	for t := range n {
		for c := range f.channels {
			lcg = lcg*1664525 + 1013904223
			v := 0.4 * full * math.Sin(2*math.Pi*440*float64(c+1)*float64(t)/float64(f.rate))
			x[t*f.channels+c] = int32(math.Round(v)) + int32(lcg>>30) - 2
		}
	}
	return x
}

// floats is what a decoder has to make of signal.
func floats(f format, x []int32) []float32 {
	y := make([]float32, len(x))
	for i, s := range x {
		y[i] = float32(float64(s) / float64(int64(1)<<(f.bits-1)))
	}
	return y
}

// wavFile is a WAV file of integer samples x; in a float format they are scaled
// to ±1.
func wavFile(f format, x []int32) []byte {
	var data []byte
	full := float64(int64(1) << (f.bits - 1))
	for _, s := range x {
		switch {
		case f.float && f.bits == 32:
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(float32(float64(s)/full)))
		case f.float:
			data = binary.LittleEndian.AppendUint64(data, math.Float64bits(float64(s)/(1<<31)))
		case f.bits == 8:
			data = append(data, byte(s+128))
		case f.bits == 16:
			data = binary.LittleEndian.AppendUint16(data, uint16(s))
		case f.bits == 24:
			data = append(data, byte(s), byte(s>>8), byte(s>>16))
		default:
			data = binary.LittleEndian.AppendUint32(data, uint32(s))
		}
	}
	return wavOf(f, data)
}

// wavOf puts a header before sample data.
func wavOf(f format, data []byte) []byte {
	tag := uint16(wavPCM)
	if f.float {
		tag = wavFloat
	}
	le := binary.LittleEndian
	frame := f.channels * f.bits / 8
	h := append([]byte(nil), "WAVEfmt "...)
	size := uint32(16)
	if f.extensible {
		size = 40
	}
	h = le.AppendUint32(h, size)
	if f.extensible {
		h = le.AppendUint16(h, wavExtensible)
	} else {
		h = le.AppendUint16(h, tag)
	}
	h = le.AppendUint16(h, uint16(f.channels))
	h = le.AppendUint32(h, uint32(f.rate))
	h = le.AppendUint32(h, uint32(f.rate*frame))
	h = le.AppendUint16(h, uint16(frame))
	h = le.AppendUint16(h, uint16(f.bits))
	if f.extensible {
		h = le.AppendUint16(h, 22)
		h = le.AppendUint16(h, uint16(f.bits))
		h = le.AppendUint32(h, 0x3f) // 5.1
		h = le.AppendUint16(h, tag)
		h = append(h, guidTail[:]...)
	}
	h = append(h, "data"...)
	h = le.AppendUint32(h, uint32(len(data)))
	h = append(h, data...)
	return append(le.AppendUint32([]byte("RIFF"), uint32(len(h))), h...)
}

// decode reads all of b in chunks of size frames.
func decode(b []byte, frames int) (x []float32, rate, channels int, err error) {
	r, err := NewReader("test", bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, 0, 0, err
	}
	defer r.Close()
	buf := make([]float32, frames*r.Channels())
	for {
		n, err := r.Read(buf)
		x = append(x, buf[:n]...)
		if err == io.EOF {
			return x, r.Rate(), r.Channels(), nil
		}
		if err != nil {
			return x, r.Rate(), r.Channels(), err
		}
	}
}

func testdata(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}
