package gammatone

import (
	"math"
	"strings"
	"testing"
)

// TestEnergyScales: twice the amplitude is four times the energy in every band, and 6.02 dB.
func TestEnergyScales(t *testing.T) {
	c := Default()
	f := NewFrontEnd(c)
	x := noise(3, c.FrameSamples)
	a, b := make([]float32, c.Bands), make([]float32, c.Bands)
	f.Energies(a, x)
	for i := range x {
		x[i] *= 2
	}
	f.Energies(b, x)
	for i := range a {
		if b[i] != 4*a[i] { // a power of two is exact
			t.Errorf("band %d: %g, want %g", i, b[i], 4*a[i])
		}
	}
}

// TestToneFindsItsBand: a tone is strongest in the band whose centre is nearest, as seen
// on the ERB scale, give or take one.
func TestToneFindsItsBand(t *testing.T) {
	c := Default()
	f := NewFrontEnd(c)
	e, x := make([]float32, c.Bands), make([]float32, c.FrameSamples)
	for band, cf := range CentreFrequencies(c) {
		if cf < 200 { // below, the FFT's bins are wider than the bands
			continue
		}
		for i := range x {
			x[i] = float32(math.Sin(2 * math.Pi * cf * float64(i) / float64(c.SampleRate)))
		}
		f.Energies(e, x)
		best := 0
		for i := range e {
			if e[i] > e[best] {
				best = i
			}
		}
		if best < band-1 || best > band+1 {
			t.Errorf("a tone of %.0f Hz is strongest in band %d, want %d", cf, best, band)
		}
	}
}

func TestCentreFrequencies(t *testing.T) {
	cf := CentreFrequencies(Default())
	if math.Abs(cf[0]-50) > 1e-9 {
		t.Errorf("band 0 is at %g Hz, want 50", cf[0])
	}
	step := 0.0
	for i := 1; i < len(cf); i++ {
		// Even steps on the ERB scale: ln(cf + Qb) grows by a constant.
		d := math.Log(cf[i]+erbQ*erbMinHz) - math.Log(cf[i-1]+erbQ*erbMinHz)
		if i == 1 {
			step = d
		}
		if math.Abs(d-step) > 1e-12 {
			t.Errorf("step %d is %g, want %g", i, d, step)
		}
	}
	if last := cf[len(cf)-1]; last >= 22050 || last < 20000 {
		t.Errorf("the last band is at %g Hz, want just below 22050", last)
	}
}

// TestWeightsPeak: the response is 1 at the centre frequency, so near 1 at the nearest bin,
// and never far above.
func TestWeightsPeak(t *testing.T) {
	c := Default()
	w := Weights(c)
	for i, cf := range CentreFrequencies(c) {
		row := w[i*c.Bins() : (i+1)*c.Bins()]
		k := int(math.Round(cf * float64(c.FrameSamples) / float64(c.SampleRate)))
		if row[k] < 0.1 || cf > 1000 && row[k] < 0.9 {
			t.Errorf("band %d (%.0f Hz): response %.3f at bin %d", i, cf, row[k], k)
		}
		for k, v := range row {
			if !(v >= 0) || v > 1.1 {
				t.Errorf("band %d bin %d: response %g", i, k, v)
			}
		}
	}
}

func TestBatchLengths(t *testing.T) {
	c := Default()
	f := NewFrontEnd(c)
	for _, g := range []struct{ samples, frames int }{
		{0, 0}, {1, 0}, {1023, 0}, {1024, 1}, {1535, 1}, {1536, 2}, {c.WindowSamples(), 128}, {220544, 429},
	} {
		if got := len(f.BatchLog(make([]float32, g.samples))); got != g.frames*c.Bands {
			t.Errorf("%d samples give %d values, want %d frames of %d", g.samples, got, g.frames, c.Bands)
		}
	}
	if got := c.WindowSamples(); got != 66048 {
		t.Errorf("a window covers %d samples, want 66048", got)
	}
}

func TestSilenceIsTheFloor(t *testing.T) {
	c := Default()
	for _, v := range NewFrontEnd(c).BatchLog(make([]float32, 4096)) {
		if v != -100 {
			t.Fatalf("silence gives %g dB, want -100", v)
		}
	}
}

// TestBadSamplesStayLocal: a sample that is not a number spoils its own frames only, and
// those read as the floor, never as NaN.
func TestBadSamplesStayLocal(t *testing.T) {
	c := Default()
	f := NewFrontEnd(c)
	x := noise(8, 10*c.HopSamples)
	good := f.BatchLog(x)
	x[3000] = float32(math.NaN()) // in frames 4 and 5
	for i, v := range f.BatchLog(x) {
		want := good[i]
		if frame := i / c.Bands; frame == 4 || frame == 5 {
			want = -100
		}
		if v != want {
			t.Fatalf("frame %d band %d: %g, want %g", i/c.Bands, i%c.Bands, v, want)
		}
	}
}

func TestNoAllocationAFrame(t *testing.T) {
	c := Default()
	f := NewFrontEnd(c)
	x, row := noise(1, c.FrameSamples), make([]float32, c.Bands)
	if n := testing.AllocsPerRun(100, func() {
		f.Energies(row, x)
		LogFloor(row, row, c.Floor)
	}); n != 0 {
		t.Errorf("%v allocations a frame, want 0", n)
	}
}

func TestCallerBugsPanic(t *testing.T) {
	c := Default()
	bad := c
	bad.Bands = 0
	f := NewFrontEnd(c)
	for name, call := range map[string]func(){
		"Weights":    func() { Weights(bad) },
		"NewStream":  func() { NewStream(c, 0, 0) },
		"long hop":   func() { NewStream(c, 129, 0) },
		"Energies":   func() { f.Energies(make([]float32, 127), make([]float32, 1024)) },
		"frame":      func() { f.Energies(make([]float32, 128), make([]float32, 1023)) },
		"LogFloor":   func() { LogFloor(nil, make([]float32, 1), 1) },
		"FillWindow": func() { FillWindow(make([]float32, 2*128*128), make([]float32, 127*128)) },
		"Delta":      func() { Delta(make([]float32, 10), make([]float32, 10), 1, 10, 4) },
	} {
		func() {
			defer func() {
				var text string
				switch v := recover().(type) {
				case string:
					text = v
				case error:
					text = v.Error()
				}
				if !strings.HasPrefix(text, "gammatone: ") {
					t.Errorf("%s panicked with %q, want a message from gammatone", name, text)
				}
			}()
			call()
		}()
	}
}
