package audio

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// rates are those that files and sound cards come with, and one odd.
var rates = []int{8000, 11025, 12000, 16000, 22050, 24000, 32000, 37799, 48000, 64000, 88200, 96000, 176400, 192000}

// tone is n samples of a cosine of amplitude 0.5 at hz.
func tone(n int, hz float64, rate int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(0.5 * math.Cos(2*math.Pi*hz*float64(i)/float64(rate)))
	}
	return x
}

func resample(t *testing.T, x []float32, from, to int) []float32 {
	t.Helper()
	r, err := NewResampler(from, to)
	if err != nil {
		t.Fatal(err)
	}
	y := append([]float32(nil), r.Process(x)...)
	return append(y, r.Flush()...)
}

// TestResamplerPassband holds every tone that fits into both rates against the
// ideal one, sample by sample: gain, phase, delay and length in one.
func TestResamplerPassband(t *testing.T) {
	const to, tolerance = 44100, 1e-5 // −94 dB of the tone
	for _, from := range rates {
		t.Run(fmt.Sprint(from), func(t *testing.T) {
			limit := passBand * float64(min(from, to)) / 2
			for _, hz := range []float64{0, 50, 1000, 0.5 * limit, 0.9 * limit, limit} {
				y := resample(t, tone(from/8, hz, from), from, to)
				if want := (from/8*to + from - 1) / from; len(y) != want {
					t.Fatalf("%d samples, want %d", len(y), want)
				}
				ideal := tone(len(y), hz, to)
				edge := to / 40 // the filter meets the silence around the tone there
				for i := edge; i < len(y)-edge; i++ {
					if d := math.Abs(float64(y[i] - ideal[i])); d > tolerance {
						t.Fatalf("%.0f Hz, sample %d: off by %.2g", hz, i, d)
					}
				}
			}
		})
	}
}

// TestResamplerAliases puts in tones above the lower Nyquist frequency: what
// comes out is alias (or, in upsampling, image), and must be 100 dB down.
func TestResamplerAliases(t *testing.T) {
	for _, c := range [][2]int{{48000, 44100}, {88200, 44100}, {96000, 44100}, {192000, 44100}, {176400, 44100}, {64000, 44100}, {44100, 16000}} {
		from, to := c[0], c[1]
		for k := range 10 {
			hz := float64(to)/2 + 1 + float64(from-to)/2*float64(k)/10
			y := resample(t, tone(from/8, hz, from), from, to)
			if db := levelDB(y[to/40 : len(y)-to/40]); db > -100 {
				t.Errorf("%d → %d: %.0f Hz comes through at %.1f dB, want ≤ −100", from, to, hz, db)
			}
		}
	}
}

// TestResamplerImages checks that raising the rate adds nothing above the old
// Nyquist frequency: the ideal tone is all that is there.
func TestResamplerImages(t *testing.T) {
	for _, from := range []int{8000, 11025, 16000, 37799} {
		hz := 0.8 * float64(from) / 2
		y := resample(t, tone(from/4, hz, from), from, 44100)
		ideal := tone(len(y), hz, 44100)
		for i := range y {
			y[i] -= ideal[i]
		}
		if db := levelDB(y[2205 : len(y)-2205]); db > -100 {
			t.Errorf("%d → 44100: images at %.1f dB of the tone, want ≤ −100", from, db)
		}
	}
}

// levelDB is the power of y over that of a tone of amplitude 0.5.
func levelDB(y []float32) float64 {
	var e float64
	for _, v := range y {
		e += float64(v) * float64(v)
	}
	return 10 * math.Log10(e/float64(len(y))/0.125+1e-30)
}

func TestResamplerChunks(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, from := range append(rates, 44100) {
		x := make([]float32, 20000)
		for i := range x {
			x[i] = rnd.Float32()*2 - 1
		}
		whole := resample(t, x, from, 44100)
		r, _ := NewResampler(from, 44100)
		for round := range 2 { // the second shows that Flush resets
			var y []float32
			for rest := x; len(rest) > 0; {
				n := min(rnd.IntN(700), len(rest))
				y = append(y, r.Process(rest[:n])...)
				rest = rest[n:]
			}
			y = append(y, r.Flush()...)
			if len(y) != len(whole) {
				t.Fatalf("%d Hz, round %d: %d samples, want %d", from, round, len(y), len(whole))
			}
			for i := range y {
				if y[i] != whole[i] {
					t.Fatalf("%d Hz, round %d: sample %d is %v, whole %v", from, round, i, y[i], whole[i])
				}
			}
		}
	}
}

func TestResamplerShort(t *testing.T) {
	for n := range 5 {
		for _, from := range []int{8000, 48000, 192000, 44100} {
			x := make([]float32, n)
			if got, want := len(resample(t, x, from, 44100)), (n*44100+from-1)/from; got != want {
				t.Errorf("%d samples of %d Hz gave %d, want %d", n, from, got, want)
			}
		}
	}
}

func TestResamplerAllocatesNothing(t *testing.T) {
	r, _ := NewResampler(48000, 44100)
	x := tone(512, 440, 48000)
	r.Process(x)
	r.Process(x)
	if n := testing.AllocsPerRun(100, func() { r.Process(x) }); n != 0 {
		t.Errorf("%v allocations a call, want 0", n)
	}
}

func TestNewResamplerRefuses(t *testing.T) {
	for _, c := range [][2]int{{0, 44100}, {44100, 0}, {-1, 44100}, {1 << 30, 44100}, {44100, 1 << 30}} {
		if _, err := NewResampler(c[0], c[1]); err == nil {
			t.Errorf("%v: no error", c)
		}
	}
}

func BenchmarkResampler48000(b *testing.B) { benchmarkResampler(b, 48000) }

func benchmarkResampler(b *testing.B, from int) {
	r, _ := NewResampler(from, 44100)
	x := tone(from, 440, from)
	b.SetBytes(int64(4 * len(x)))
	for b.Loop() {
		for i := 0; i < len(x); i += 1000 {
			r.Process(x[i:min(i+1000, len(x))])
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "x_real_time")
}

// TestFiltersAreKept: conversions between the same rates share a filter, and no files with rates of their own fill the memory.
func TestFiltersAreKept(t *testing.T) {
	between := func(from, to int) *filter {
		t.Helper()
		r, err := NewResampler(from, to)
		if err != nil {
			t.Fatal(err)
		}
		return r.f
	}
	for _, from := range []int{8000, 16000, 22050, 32000, 48000, 96000, 192000} {
		if first, second := between(from, 44100), between(from, 44100); first != second {
			t.Errorf("from %d Hz the same filter is designed twice", from)
		}
	}
	if between(48000, 44100) != between(96000, 88200) {
		t.Error("a filter is designed again for twice the rates")
	}
	if odd := between(383999, 44100); odd == between(383999, 44100) {
		t.Errorf("a filter of %d taps is kept, want at most %d", len(odd.taps), mostTaps)
	}
	for i := range 3 * mostFilters {
		between(44100, 8000+100*i)
		filters.mu.Lock()
		n, taps := len(filters.of), 0
		for _, f := range filters.of {
			taps += len(f.taps)
		}
		filters.mu.Unlock()
		if n > mostFilters || taps > mostFilters*mostTaps {
			t.Fatalf("%d filters of %d taps are kept, want at most %d of %d each", n, taps, mostFilters, mostTaps)
		}
	}
}
