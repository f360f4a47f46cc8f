package audio

import (
	"bytes"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// TestWAV reads every kind of WAV, exactly.
func TestWAV(t *testing.T) {
	for _, f := range []format{
		{rate: 44100, channels: 1, bits: 16},
		{rate: 8000, channels: 1, bits: 8},
		{rate: 44100, channels: 2, bits: 24},
		{rate: 96000, channels: 1, bits: 32},
		{rate: 192000, channels: 1, bits: 32, float: true},
		{rate: 48000, channels: 2, bits: 64, float: true},
		{rate: 48000, channels: 6, bits: 16, extensible: true},
		{rate: 44100, channels: 6, bits: 24, extensible: true},
		{rate: 48000, channels: 6, bits: 32, float: true, extensible: true},
	} {
		s := signal(f)
		want := floats(f, s)
		if f.float && f.bits == 64 {
			want = floats(format{bits: 32}, s)
		}
		x, rate, channels, err := decode(wavFile(f, s), 1000)
		if err != nil || rate != f.rate || channels != f.channels {
			t.Errorf("%+v: %d Hz, %d channels, %v", f, rate, channels, err)
			continue
		}
		equal(t, x, want)
	}
}

func equal(t *testing.T, x, want []float32) {
	t.Helper()
	if len(x) != len(want) {
		t.Errorf("%d samples, want %d", len(x), len(want))
		return
	}
	for i := range x {
		if x[i] != want[i] {
			t.Errorf("sample %d is %v, want %v", i, x[i], want[i])
			return
		}
	}
}

// TestWAVVariants reads headers that are odd and yet right.
func TestWAVVariants(t *testing.T) {
	f := format{rate: 44100, channels: 1, bits: 16}
	s := signal(f)
	want := floats(f, s)
	plain := wavFile(f, s)
	patch := func(at int, b ...byte) []byte {
		c := bytes.Clone(plain)
		copy(c[at:], b)
		return c
	}
	insert := func(chunk string) []byte {
		return append(append(bytes.Clone(plain[:36]), chunk...), plain[36:]...)
	}
	rf64 := append([]byte("RF64\xff\xff\xff\xffWAVEds64\x1c\x00\x00\x00"), make([]byte, 28)...)
	copy(rf64[28:], []byte{byte(2 * len(s)), byte(2 * len(s) >> 8)})
	rf64 = append(rf64, plain[12:]...)
	copy(rf64[len(rf64)-2*len(s)-4:], "\xff\xff\xff\xff")
	for name, b := range map[string][]byte{
		"odd chunk before the data":        insert("LIST\x03\x00\x00\x00abc\x00"),
		"junk after the data":              append(bytes.Clone(plain), "LIST\x04\x00\x00\x00abcd"...),
		"streamed, sizes at their most":    patch(40, 255, 255, 255, 255),
		"streamed, sizes of ffmpeg's":      patch(40, 0xff, 0xff, 0xff, 0x7f),
		"streamed, sizes 0":                append([]byte("RIFF\x00\x00\x00\x00"), patch(40, 0, 0, 0, 0)[8:]...),
		"RF64":                             rf64,
		"behind an ID3 tag":                append([]byte("ID3\x04\x00\x00\x00\x00\x00\x05hello"), plain...),
		"12 valid bits in 16":              patch(34, 12),
		"RIFF size wrong, data size right": patch(4, 1, 0, 0, 0),
	} {
		x, _, _, err := decode(b, 512)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		t.Run(name, func(t *testing.T) { equal(t, x, want) })
	}
}

// TestFLAC reads what flac(1) wrote, exactly.
func TestFLAC(t *testing.T) {
	for name, f := range map[string]format{
		"s16.flac":        {rate: 44100, channels: 1, bits: 16},
		"s16-stereo.flac": {rate: 44100, channels: 2, bits: 16},
		"s16-5.1.flac":    {rate: 48000, channels: 6, bits: 16},
		"s24-96k.flac":    {rate: 96000, channels: 2, bits: 24},
		"s8-8k.flac":      {rate: 8000, channels: 1, bits: 8},
		"s16-24k.flac":    {rate: 24000, channels: 1, bits: 16},
	} {
		x, rate, channels, err := decode(testdata(t, name), 777)
		if err != nil || rate != f.rate || channels != f.channels {
			t.Errorf("%s: %d Hz, %d channels, %v", name, rate, channels, err)
			continue
		}
		t.Run(name, func(t *testing.T) { equal(t, x, floats(f, signal(f))) })
	}
}

// TestLossy reads Vorbis and MP3 against the sound they were made of: same
// length where the format keeps it, no shift, and the error of the coding.
func TestLossy(t *testing.T) {
	mono, stereo := format{rate: 44100, channels: 1, bits: 16}, format{rate: 44100, channels: 2, bits: 16}
	for _, c := range []struct {
		name   string
		f      format
		snrDB  float64
		length bool // the format keeps it
		lag    int  // frames of samples by which it comes late
	}{
		{"mono.ogg", mono, 40, true, 0},
		{"stereo.ogg", stereo, 35, true, 0},
		{"5.1.ogg", format{rate: 48000, channels: 6, bits: 16}, 35, true, 0},
		{"stereo.mp3", stereo, 40, true, 0},
		{"mono.mp3", mono, 40, false, 576},
		{"mpeg2.mp3", format{rate: 16000, channels: 1, bits: 16}, 40, true, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			x, rate, channels, err := decode(testdata(t, c.name), 333)
			if err != nil || rate != c.f.rate || channels != c.f.channels {
				t.Fatalf("%d Hz, %d channels, %v", rate, channels, err)
			}
			want := floats(c.f, signal(c.f))
			if c.length && len(x) != len(want) {
				t.Errorf("%d samples, want %d", len(x), len(want))
			}
			if channels == 6 { // Vorbis orders L C R Ls Rs LFE; WAV L R C LFE Ls Rs
				for i := 0; i+6 <= len(x); i += 6 {
					x[i+1], x[i+2], x[i+4], x[i+5] = x[i+2], x[i+1], x[i+3], x[i+4]
					x[i+3] = want[i+3] // the LFE channel is cut at 120 Hz
				}
			}
			x = x[c.lag*channels:]
			if db := snr(x, want); db < c.snrDB {
				t.Errorf("%.1f dB from signal to error, want ≥ %.0f", db, c.snrDB)
			}
		})
	}
}

// snr is the power of want over that of the error of x, without the first and
// last twentieth, dB. A gain of x is no error, if it is within 6 %: LAME takes
// 5 % off, lest its output clip.
func snr(x, want []float32) float64 {
	n := min(len(x), len(want))
	var s, e, xx, xw float64
	for i := n / 20; i < n-n/20; i++ {
		xx += float64(x[i]) * float64(x[i])
		xw += float64(x[i]) * float64(want[i])
	}
	gain := min(max(xw/xx, 0.94), 1.06)
	for i := n / 20; i < n-n/20; i++ {
		d := gain*float64(x[i]) - float64(want[i])
		s += float64(want[i]) * float64(want[i])
		e += d * d
	}
	return 10 * math.Log10(s/e)
}

// TestReader holds every decoder to the contract of Reader, whatever the sizes
// of the reads.
func TestReader(t *testing.T) {
	files := map[string][]byte{"wav": wavFile(formats[1], signal(formats[1]))}
	for _, name := range []string{"s16-stereo.flac", "s16-5.1.flac", "stereo.ogg", "5.1.ogg", "stereo.mp3", "mono.mp3"} {
		files[name] = testdata(t, name)
	}
	for name, b := range files {
		t.Run(name, func(t *testing.T) {
			whole, _, channels, err := decode(b, 1<<16)
			if err != nil {
				t.Fatal(err)
			}
			for _, frames := range []int{1, 7, 1024} {
				x, _, _, err := decode(b, frames)
				if err != nil {
					t.Fatal(err)
				}
				equal(t, x, whole)
			}
			r, _ := NewReader("x", bytes.NewReader(b), int64(len(b)))
			if n, err := r.Read(make([]float32, 2*channels-1)); n != channels && channels > 1 || err != nil {
				t.Errorf("a read into %d values gave %d, %v; want one whole frame", 2*channels-1, n, err)
			}
			func() {
				defer func() {
					if recover() == nil && channels > 1 {
						t.Error("a read into less than a frame does not panic")
					}
				}()
				r.Read(make([]float32, channels-1))
			}()
			for err = nil; err == nil; {
				_, err = r.Read(make([]float32, 8192))
			}
			if n, again := r.Read(make([]float32, 8192)); err != io.EOF || again != io.EOF || n != 0 {
				t.Errorf("ends with %v, then %d, %v; want io.EOF for ever", err, n, again)
			}
			if err := r.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
	}
}

// TestOpenByContent opens files whose names lie.
func TestOpenByContent(t *testing.T) {
	dir := t.TempDir()
	for i, b := range [][]byte{wavFile(formats[0], signal(formats[0])), testdata(t, "s16.flac"), testdata(t, "mono.ogg"), testdata(t, "mono.mp3")} {
		path := filepath.Join(dir, []string{"a.mp3", "b.ogg", "c", "d.wav"}[i])
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
		x, err := ReadMono(path, 44100)
		if err != nil || len(x) < 44100/5 {
			t.Errorf("%s: %d samples, %v", path, len(x), err)
		}
	}
}
