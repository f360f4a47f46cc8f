package augment

import (
	"math"
	"math/cmplx"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/dsp/fourier"
)

func testRand() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

// octaveDB returns the mean power density, dB, of x in octaves from 62.5 Hz to
// 16 kHz.
func octaveDB(x []float32) []float64 {
	const n = 4096
	fft := fourier.NewFFT(n)
	power := make([]float64, n/2+1)
	buf := make([]float64, n)
	for at := 0; at+n <= len(x); at += n / 2 {
		for i := range buf {
			buf[i] = float64(x[at+i]) * (0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/n))
		}
		for k, c := range fft.Coefficients(nil, buf) {
			power[k] += real(c * cmplx.Conj(c))
		}
	}
	var out []float64
	for f := 62.5; f < 16000; f *= 2 {
		lo, hi := int(f*n/44100)+1, int(2*f*n/44100)
		sum := 0.0
		for k := lo; k <= hi; k++ {
			sum += power[k]
		}
		out = append(out, 10*math.Log10(sum/float64(hi-lo+1)))
	}
	return out
}

// TestNoiseColours holds the slope of every colour, octave by octave, to 1.5 dB.
func TestNoiseColours(t *testing.T) {
	for _, c := range []struct {
		colour Colour
		slope  float64 // dB an octave
	}{{White, 0}, {Pink, -3.01}, {Brown, -6.02}} {
		x := make([]float32, 1<<17)
		Noise(x, c.colour, testRand())
		if rms := RMS(x); math.Abs(rms-1) > 1e-4 {
			t.Errorf("%v: RMS %g, want 1", c.colour, rms)
		}
		db := octaveDB(x)
		for i := range len(db) - 1 {
			// Brown flattens at the top of the band: a digital integrator's
			// slope vanishes at half the sample rate.
			if c.colour == Brown && i >= len(db)-2 {
				continue
			}
			if got := db[i+1] - db[i]; math.Abs(got-c.slope) > 1.5 {
				t.Errorf("%v: octave %d falls by %.2f dB, want %.2f", c.colour, i, got, c.slope)
			}
		}
	}
}

func TestNoiseIsDeterministic(t *testing.T) {
	a, b := make([]float32, 1000), make([]float32, 1000)
	Noise(a, Pink, testRand())
	Noise(b, Pink, testRand())
	if !slices.Equal(a, b) {
		t.Error("one seed gave two noises")
	}
}

func TestMixAtSNR(t *testing.T) {
	x := make([]float32, 44100)
	for i := range 20000 { // zero padded, as ESC clips are
		x[i] = float32(0.3 * math.Sin(float64(i)/7))
	}
	noise := make([]float32, 10007) // shorter than x and no divisor of it
	Noise(noise, White, testRand())
	for _, snr := range []float64{20, 10, 0, -5} {
		y := MixAtSNR(x, noise, snr)
		diff := make([]float32, len(x))
		for i := range y {
			diff[i] = y[i] - x[i]
		}
		if got := 20 * math.Log10(RMS(x)/RMS(diff)); math.Abs(got-snr) > 1e-3 {
			t.Errorf("SNR %g dB: mixed at %.4f dB", snr, got)
		}
	}
	for name, y := range map[string][]float32{
		"no noise":      MixAtSNR(x, nil, 0),
		"silent noise":  MixAtSNR(x, make([]float32, 5), 0),
		"long silence":  MixAtSNR(x, make([]float32, 99999), 0),
		"nothing at 3%": MixAtSNR(x, nil, 3),
	} {
		if !slices.Equal(x, y) {
			t.Errorf("%s: changed the signal", name)
		}
	}
	if y := MixAtSNR(make([]float32, 100), noise, 0); RMS(y) != 0 {
		t.Error("noise was added to silence: no level gives that SNR")
	}
}

func TestGainAndColourNames(t *testing.T) {
	if y := Gain([]float32{0.1, -0.2}, 20); math.Abs(float64(y[0])-1) > 1e-6 || math.Abs(float64(y[1])+2) > 1e-6 {
		t.Errorf("+20 dB of 0.1, -0.2 is %v, want 1, -2", y)
	}
	for _, c := range []Colour{White, Pink, Brown} {
		if got, err := ParseColour(c.String()); err != nil || got != c {
			t.Errorf("ParseColour(%q) = %v, %v", c, got, err)
		}
	}
	if _, err := ParseColour("mauve"); err == nil || err.Error() != `noise colour "mauve"; want white, pink, brown` {
		t.Errorf("ParseColour(mauve): %v", err)
	}
}
