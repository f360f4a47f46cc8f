package audio

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestDownmix(t *testing.T) {
	x := []float32{1, 2, 3, -1, 0, 4}
	for ch, want := range map[Channel][]float32{Mix: {2, 1}, 0: {1, -1}, 1: {2, 0}, 2: {3, 4}} {
		got := make([]float32, 2)
		Downmix(got, x, 3, ch)
		if got[0] != want[0] || got[1] != want[1] {
			t.Errorf("channel %d: %v, want %v", ch, got, want)
		}
	}
	y := append([]float32(nil), x...)
	Downmix(y[:2], y, 3, Mix) // in place
	if y[0] != 2 || y[1] != 1 {
		t.Errorf("in place: %v", y[:2])
	}
}

// TestMono picks a tone out of six channels at another rate.
func TestMono(t *testing.T) {
	f := format{rate: 48000, channels: 6, bits: 16, extensible: true}
	b := wavFile(f, signal(f))
	for ch := range 6 {
		r, err := NewReader("x", bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Fatal(err)
		}
		m, err := Mono(r, 44100, Channel(ch))
		if err != nil {
			t.Fatal(err)
		}
		x, err := ReadAll(m)
		if err != nil || len(x) != 44100/5 || m.Rate() != 44100 {
			t.Fatalf("%d samples at %d Hz, %v", len(x), m.Rate(), err)
		}
		want := floats(format{bits: 16}, signal(format{rate: 44100, channels: 6, bits: 16}))
		one := make([]float32, len(x))
		Downmix(one, want, 6, Channel(ch))
		if db := snr(x, one); db < 70 {
			t.Errorf("channel %d: %.1f dB from signal to error, want ≥ 70", ch, db)
		}
	}
}

func TestMonoRefuses(t *testing.T) {
	b := wavFile(formats[1], signal(formats[1]))
	r, _ := NewReader("x", bytes.NewReader(b), int64(len(b)))
	for _, ch := range []Channel{2, -2} {
		if _, err := Mono(r, 44100, ch); err == nil {
			t.Errorf("channel %d of 2: no error", ch)
		}
	}
	if _, err := Mono(r, 0, Mix); err == nil {
		t.Error("0 Hz: no error")
	}
}

// TestWriteRoundTrip reads what WriteWAV16 and WriteFLAC wrote.
func TestWriteRoundTrip(t *testing.T) {
	f := formats[0]
	for _, n := range []int{1, 2, 15, 16, 100, 4095, 4096, 4097, len(signal(f))} {
		x := floats(f, signal(f))[:n]
		for name, write := range map[string]func(string, []float32, int) error{"a.wav": WriteWAV16, "a.flac": WriteFLAC} {
			path := filepath.Join(t.TempDir(), name)
			if err := write(path, x, f.rate); err != nil {
				t.Fatal(err)
			}
			y, err := ReadMono(path, f.rate)
			if err != nil {
				t.Fatalf("%d samples: %v", n, err)
			}
			equal(t, y, x)
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	for _, write := range []func(string, []float32, int) error{WriteWAV16, WriteFLAC} {
		if err := write(path, nil, 44100); err == nil {
			t.Error("no samples: no error")
		}
		if err := write(path, make([]float32, 5), 0); err == nil {
			t.Error("0 Hz: no error")
		}
		if _, err := os.Stat(path); err == nil {
			t.Error("something was left behind")
		}
	}
}

func TestPCM16(t *testing.T) {
	nan := float32(0)
	nan /= nan
	for x, want := range map[float32]int16{0: 0, 1: 32767, -1: -32768, 5: 32767, -5: -32768, 0.5: 16384, 1.0 / 32768: 1, -1.0 / 32768: -1, 0.4 / 32768: 0} {
		if got := PCM16(x); got != want {
			t.Errorf("PCM16(%v) = %d, want %d", x, got, want)
		}
	}
	if got := PCM16(nan); got != 0 {
		t.Errorf("PCM16(NaN) = %d, want 0", got)
	}
	for s := -32768; s <= 32767; s++ {
		if got := PCM16(float32(s) / 32768); int(got) != s {
			t.Fatalf("PCM16(%d/32768) = %d", s, got)
		}
	}
}
