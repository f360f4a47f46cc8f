package portaudio

import (
	"math/rand/v2"
	"testing"
	"time"

	"earshot/daemon/capture"
	"earshot/internal/test/sourcetest"
)

// play feeds r with a device whose clock runs ppm beside ours, in periods of
// 512 samples that arrive up to jitter late, for span; lose says how many
// samples are lost at a time. It returns what r told, and what was lost.
func play(r *lossDetector, seed uint64, ppm float64, jitter, span time.Duration, lose func(at time.Duration) (n int, flag bool)) (told, lost int64) {
	rng := rand.New(rand.NewPCG(seed, 1))
	const period = 512
	rate := float64(r.rate) * (1 + ppm/1e6)
	var arrived time.Duration
	for made := 0.0; ; {
		made += period
		at := time.Duration(made / rate * float64(time.Second))
		n, flag := lose(at)
		if n > 0 {
			made += float64(n)
			lost += int64(n)
			at = time.Duration(made / rate * float64(time.Second))
		}
		// on time every now and then, as real callbacks are
		if late := time.Duration(rng.Int64N(int64(jitter) + 1)); rng.IntN(4) > 0 {
			at += late
		}
		arrived = max(arrived, at)
		if arrived > span {
			return told, lost
		}
		told += r.observe(arrived, period, flag)
	}
}

func never(time.Duration) (int, bool) { return 0, false }

func TestLossDetectorIsCalmWithoutLoss(t *testing.T) {
	for _, ppm := range []float64{-500, -50, 0, 50, 500} {
		r := &lossDetector{rate: 44100}
		if told, _ := play(r, 1, ppm, 90*time.Millisecond, time.Hour, never); told != 0 {
			t.Errorf("a device at %+.0f ppm: told %d samples lost, want none", ppm, told)
		}
	}
}

func TestLossDetectorFindsLoss(t *testing.T) {
	for _, c := range []struct {
		name string
		n    int
		flag bool
	}{
		{"0.1 s unflagged", 4410, false},
		{"0.9 s unflagged, as PipeWire once", 39690, false},
		{"10 s unflagged", 441000, false},
		{"0.1 s flagged", 4410, true},
	} {
		for _, ppm := range []float64{-100, 0, 100} {
			r := &lossDetector{rate: 44100}
			done := false
			told, lost := play(r, 2, ppm, 30*time.Millisecond, time.Minute, func(at time.Duration) (int, bool) {
				if done || at < 20*time.Second {
					return 0, false
				}
				done = true
				return c.n, c.flag
			})
			const close = 2205 // 50 ms: jitter and drift of the base
			if d := told - lost; d < -close || d > close {
				t.Errorf("%s at %+.0f ppm: told %d samples of %d", c.name, ppm, told, lost)
			}
		}
	}
}

// A flag alone is a loss of at least a sample, since no window may span it.
func TestLossDetectorBelievesFlags(t *testing.T) {
	r := &lossDetector{rate: 44100}
	r.observe(0, 512, false)
	if lost := r.observe(12*time.Millisecond, 512, true); lost < 1 {
		t.Errorf("told %d lost after a flag, want at least 1", lost)
	}
}

func TestTapAllocatesNothing(t *testing.T) {
	p, err := newMicrophone(Config{Common: capture.Common{Rate: sourcetest.Rate}}, newHost(&fakeSystem{}, leisurely))
	if err != nil {
		t.Fatal(err)
	}
	for _, rate := range []int{sourcetest.Rate, 48000} {
		tap, err := p.newTap(2, rate, sourcetest.Discard{})
		if err != nil {
			t.Fatal(err)
		}
		x := make([]float32, 2*1234)
		if n := testing.AllocsPerRun(1000, func() { tap.call(x, false); tap.call(x, true) }); n != 0 {
			t.Errorf("%d Hz: %v allocations a callback, want 0", rate, n)
		}
	}
}

func BenchmarkCallback(b *testing.B) {
	p, err := newMicrophone(Config{Common: capture.Common{Rate: sourcetest.Rate}}, newHost(&fakeSystem{}, leisurely))
	if err != nil {
		b.Fatal(err)
	}
	tap, err := p.newTap(1, sourcetest.Rate, sourcetest.Discard{})
	if err != nil {
		b.Fatal(err)
	}
	x := make([]float32, 512)
	b.ReportAllocs()
	for b.Loop() {
		tap.call(x, false)
	}
}
