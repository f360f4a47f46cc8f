package demo

import (
	"bytes"
	"math"
	"testing"

	"earshot/daemon/capture"
	"earshot/daemon/config"
	"earshot/internal/audio"
	"earshot/internal/test/sourcetest"
)

// TestRecording holds the recording to its script: sound where it says, quiet
// elsewhere.
func TestRecording(t *testing.T) {
	const rate = 44100
	x, err := Samples(rate)
	if err != nil {
		t.Fatal(err)
	}
	if r, err := audio.NewReader("demo.flac", bytes.NewReader(FLAC), int64(len(FLAC))); err != nil || r.Rate() != rate || r.Channels() != 1 {
		t.Fatalf("%v; want %d Hz and one channel", err, rate)
	}
	if got := float64(len(x)) / rate; math.Abs(got-Seconds) > 0.01 {
		t.Fatalf("%.2f s, want %.2f s", got, Seconds)
	}
	if len(FLAC) > 1.5e6 {
		t.Errorf("%d bytes, want at most 1.5 MB", len(FLAC))
	}
	// level of a stretch, dBFS
	level := func(from, to float64) float64 {
		var e float64
		y := x[int(from*rate):int(to*rate)]
		for _, v := range y {
			e += float64(v) * float64(v)
		}
		return 10 * math.Log10(e/float64(len(y)))
	}
	quiet := 0.0
	for _, s := range append(Script, Sound{"the end", Seconds, Seconds}) {
		if db := level(quiet+0.02, s.Onset-0.02); db > -55 {
			t.Errorf("before %s it is %.0f dBFS loud, want quiet", s.Label, db)
		}
		if s.End > s.Onset {
			if db := level(s.Onset, s.End); db < -35 {
				t.Errorf("%s has %.0f dBFS, want a clear sound", s.Label, db)
			}
		}
		if s.Onset-quiet < 1.5 {
			t.Errorf("%s comes %.2f s after the last sound, want 1.5 or more", s.Label, s.Onset-quiet)
		}
		quiet = s.End
	}
}

func TestContract(t *testing.T) {
	sourcetest.Hold(t, sourcetest.Rig{New: func(_ *testing.T, common capture.Common) (capture.Source, error) {
		return Open(config.Source{}, common)
	}})
}
