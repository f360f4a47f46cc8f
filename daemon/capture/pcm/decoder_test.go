package pcm

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// s16 is x as little-endian 16-bit samples.
func s16(x ...int16) (b []byte) {
	for _, v := range x {
		b = binary.LittleEndian.AppendUint16(b, uint16(v))
	}
	return b
}

func f32(x ...float32) (b []byte) {
	for _, v := range x {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

func TestDecode(t *testing.T) {
	inf := float32(math.Inf(1))
	nan := float32(math.NaN())
	for _, c := range []struct {
		name string
		pcm  Layout
		in   []byte
		want []float32
	}{
		{"s16 mono", Layout{Format: S16LE, Channels: 1}, s16(0, 16384, -32768, 32767), []float32{0, .5, -1, 32767. / 32768}},
		{"f32 mono", Layout{Format: F32LE, Channels: 1}, f32(0, .25, -1), []float32{0, .25, -1}},
		{"stereo mean", Layout{Format: S16LE, Channels: 2}, s16(16384, 0, -16384, 16384), []float32{.25, 0}},
		{"stereo right", Layout{Format: S16LE, Channels: 2, Channel: 2}, s16(16384, 0, -16384, 8192), []float32{0, .25}},
		{"not finite", Layout{Format: F32LE, Channels: 1}, f32(nan, inf, -inf, .5), []float32{0, 0, 0, .5}},
		{"frame cut off", Layout{Format: S16LE, Channels: 2}, s16(16384, 16384, 1), []float32{.5}},
	} {
		c.pcm.Rate = 44100
		d, err := NewDecoder(c.pcm, 44100)
		if err != nil {
			t.Fatal(err)
		}
		for size := 1; size <= len(c.in); size++ { // any chunking
			if err := d.reset(); err != nil {
				t.Fatal(err)
			}
			var got []float32
			for b := range slices.Chunk(c.in, size) {
				got = append(got, d.decode(b)...)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s in chunks of %d bytes: got %v, want %v", c.name, size, got, c.want)
			}
		}
	}
}

func TestDecodeAllocatesNothing(t *testing.T) {
	for _, rate := range []int{44100, 48000} {
		d, err := NewDecoder(Layout{Format: S16LE, Rate: rate, Channels: 2}, 44100)
		if err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 4001)
		for range 10 {
			d.decode(b)
		}
		if n := testing.AllocsPerRun(100, func() { d.decode(b) }); n != 0 {
			t.Errorf("%d Hz: %v allocations a chunk, want 0", rate, n)
		}
	}
}

func TestPCMCheck(t *testing.T) {
	for _, c := range []struct {
		pcm  Layout
		want string
	}{
		{Layout{"s24le", 44100, 1, 0}, "s16le or f32le"},
		{Layout{S16LE, 10, 1, 0}, "want 1000 to 768000"},
		{Layout{S16LE, 44100, 0, 0}, "want 1 to 64"},
		{Layout{S16LE, 44100, 2, 3}, "want 1 to 2"},
	} {
		if err := c.pcm.Check(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: got %v, want %q", c.pcm, err, c.want)
		}
	}
}

// FuzzDecode holds that chunking changes nothing, for any bytes.
func FuzzDecode(f *testing.F) {
	f.Add(s16(1, 2, 3, 4, 5), uint64(1), uint8(1), false)
	f.Add(f32(1, -1, float32(math.NaN())), uint64(2), uint8(2), true)
	f.Fuzz(func(t *testing.T, b []byte, seed uint64, channels uint8, float bool) {
		p := Layout{Format: S16LE, Rate: 48000, Channels: int(channels%8) + 1}
		if float {
			p.Format = F32LE
		}
		whole, err := NewDecoder(p, 44100)
		if err != nil {
			t.Fatal(err)
		}
		want := slices.Clone(whole.decode(b))
		want = append(want, whole.flush()...)
		parts, err := NewDecoder(p, 44100)
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(seed, 1))
		var got []float32
		for len(b) > 0 {
			n := 1 + rng.IntN(len(b))
			got = append(got, parts.decode(b[:n])...)
			b = b[n:]
		}
		got = append(got, parts.flush()...)
		if !slices.Equal(got, want) {
			t.Fatalf("in chunks: %d samples that differ from the %d at once", len(got), len(want))
		}
	})
}
