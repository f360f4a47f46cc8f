package audio

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
	"strings"
	"testing"
)

// decodeNotes reads all of b, and what is told of it.
func decodeNotes(b []byte) (x []float32, notes []string, err error) {
	r, err := NewReader("test", bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, nil, err
	}
	buf := make([]float32, 4096*r.Channels())
	for {
		n, err := r.Read(buf)
		x = append(x, buf[:n]...)
		if err == io.EOF {
			return x, r.Notes(), nil
		}
		if err != nil {
			return x, r.Notes(), err
		}
	}
}

// TestFlaws reads files with one flaw each: what is there comes out, and what is
// wrong is told.
func TestFlaws(t *testing.T) {
	f := format{rate: 44100, channels: 1, bits: 16}
	plain := wavFile(f, signal(f)) // 8820 samples
	patch := func(b []byte, at int, with string) []byte {
		c := bytes.Clone(b)
		copy(c[at:], with)
		return c
	}
	float := format{rate: 44100, channels: 2, bits: 32, float: true}
	withSample := func(v float32) []byte {
		b := wavFile(float, signal(float))
		binary.LittleEndian.PutUint32(b[44+4*1001:], math.Float32bits(v))
		return b
	}
	long := testdata(t, "long.ogg") // 96000 samples
	flac, ogg, mp3, padded := testdata(t, "s16.flac"), testdata(t, "mono.ogg"), testdata(t, "stereo.mp3"), testdata(t, "mpeg2-padded.mp3")
	for _, c := range []struct {
		name string
		b    []byte
		n    int      // samples, or the fewest of them where few is set
		few  bool     //
		says []string // nil: nothing is told
	}{
		{"WAV: recorder killed, length planned", patch(plain, 40, "\x00\xdc\xdf\x12"), 8820, false, []string{"158330368 samples", "8820 are there"}},
		{"WAV: recorder killed, data 0", patch(patch(plain, 4, "\x24\x00\x00\x00"), 40, "\x00\x00\x00\x00"), 8820, false, []string{"says 0 samples", "8820 are there"}},
		{"WAV: data size is the file's", patch(plain, 40, "\x14\x45\x00\x00"), 8820, false, []string{"8842 samples"}},
		{"WAV: cut", plain[:len(plain)-7], 8816, false, []string{"8820 samples", "8816 are there"}},
		{"WAV: BW64", append([]byte("BW64\xff\xff\xff\xffWAVE"), plain[12:]...), 8820, false, nil},
		{"WAV: NaN", withSample(float32(math.NaN())), 17640, false, []string{"1 sample is no number"}},
		{"WAV: infinity", withSample(float32(math.Inf(-1))), 17640, false, []string{"became 0"}},
		{"WAV: 1e30", withSample(1e30), 17640, false, []string{"became 0"}},
		{"FLAC: cut", flac[:len(flac)-5], 8192, false, []string{"says 8820 samples, 628 of them"}},
		{"FLAC: cut between blocks", flacCutBetweenBlocks(t), 4096, false, []string{"says 8820 samples, 4724 of them"}},
		{"Ogg: cut", long[:len(long)-9], 80000, true, []string{"it ends in the middle"}},
		{"Ogg: cut between pages", long[:bytes.LastIndex(long, []byte("OggS"))], 80000, true, []string{"before the page marked as its last"}},
		{"Ogg: chained", append(bytes.Clone(ogg), ogg...), 17640, false, nil},
		{"Ogg: chained, the first without its end", append(bytes.Clone(long[:bytes.LastIndex(long, []byte("OggS"))]), long...), 180000, true, []string{"before the page marked as its last"}},
		{"Ogg: chained, another rate", append(bytes.Clone(ogg), testdata(t, "mono-48k.ogg")...), 17640, false, nil},
		{"Ogg: chained, more channels", append(bytes.Clone(ogg), testdata(t, "stereo.ogg")...), 17640, false, nil},
		{"Ogg: chained with Opus", append(bytes.Clone(ogg), testdata(t, "opus.ogg")...), 17640, false, nil},
		{"Ogg: chained with FLAC", append(bytes.Clone(ogg), testdata(t, "flac.ogg")...), 8820, false, []string{"what follows is not read: it is Ogg with [FLAC]"}},
		{"MP3: cut", mp3[:len(mp3)-50], 14000, true, []string{"its last frame has"}},
		{"MP3: cut between frames", mp3[:len(mp3)-418], 14000, true, []string{"are missing"}},
		{"MP3: joined", append(bytes.Clone(mp3), mp3...), 2 * 17640, false, nil},
		{"MP3: joined, another rate", append(bytes.Clone(mp3), padded...), 2*17640 - 2000, true, nil},
		{"MP3: padded MPEG-2", padded, 4410, false, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			x, notes, err := decodeNotes(c.b)
			if err != nil || len(x) != c.n && !c.few || len(x) < c.n {
				t.Errorf("%d samples, %v; want %d", len(x), err, c.n)
			}
			if c.says == nil && len(notes) > 0 {
				t.Errorf("tells %q of a file without a flaw", notes)
			}
			for _, s := range c.says {
				if !strings.Contains(strings.Join(notes, "\n"), s) {
					t.Errorf("tells %q, want %q", notes, s)
				}
			}
			for _, v := range x {
				if v != v {
					t.Fatal("a NaN came through")
				}
			}
		})
	}
}

// TestBadSector puts 512 zero bytes into the middle: what is before and after is heard.
func TestBadSector(t *testing.T) {
	for name, least := range map[string]float64{"stereo.mp3": 0.5, "long.ogg": 0.8, "mpeg2-padded.mp3": 0.3} {
		b := testdata(t, name)
		whole, _, err := decodeNotes(b)
		if err != nil {
			t.Fatal(err)
		}
		c := bytes.Clone(b)
		clear(c[len(c)*6/10:][:min(512, len(c)/8)])
		x, notes, err := decodeNotes(c)
		if err != nil || float64(len(x)) < least*float64(len(whole)) || len(notes) == 0 {
			t.Errorf("%s: %d of %d samples, %v, %q", name, len(x), len(whole), err, notes)
		}
	}
}

// TestPaddedMPEG2 holds the repacked frames against the sound they were made of.
func TestPaddedMPEG2(t *testing.T) {
	f := format{rate: 22050, channels: 1, bits: 16}
	x, _, err := decodeNotes(testdata(t, "mpeg2-padded.mp3"))
	if err != nil {
		t.Fatal(err)
	}
	if db := snr(x, floats(f, signal(f))); db < 40 {
		t.Errorf("%.1f dB from signal to error, want ≥ 40", db)
	}
}

// TestMixer: an inverted channel leaves the first, alike ones their exact mean, and
// the sizes of the pieces change nothing.
func TestMixer(t *testing.T) {
	n := 9000
	x, y := make([]float32, 2*n), make([]float32, 2*n)
	for i := range n {
		v := float32(0.3 * math.Sin(float64(i)/7))
		x[2*i], x[2*i+1] = v, -v
		y[2*i], y[2*i+1] = v, float32(0.2*math.Sin(float64(i)/11))
	}
	for _, size := range []int{1, 7, n} {
		m, k := NewMixer(2, Mix), NewMixer(2, Mix)
		inverted, apart := make([]float32, n), make([]float32, n)
		for at := 0; at < n; at += size {
			end := min(at+size, n)
			m.Mix(inverted[at:end], x[2*at:2*end])
			k.Mix(apart[at:end], y[2*at:2*end])
		}
		for i := range n {
			if i > 10 && inverted[i] != x[2*i] {
				t.Fatalf("inverted, pieces of %d: sample %d is %v, want the first channel's %v", size, i, inverted[i], x[2*i])
			}
			if want := (y[2*i] + y[2*i+1]) * 0.5; apart[i] != want {
				t.Fatalf("pieces of %d: sample %d is %v, want the mean %v", size, i, apart[i], want)
			}
		}
		if m.Cancelled() < int64(n)-20 || k.Cancelled() != 0 {
			t.Errorf("cancelled for %d and %d frames, want about %d and 0", m.Cancelled(), k.Cancelled(), n)
		}
	}
}
