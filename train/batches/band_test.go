package batches

import (
	"math"
	"math/rand/v2"
	"testing"

	"earshot/gammatone"
	"earshot/internal/audio"
	"earshot/internal/test/tones"
)

// Noise that was resampled to 8 kHz and back has the energies that the last limit of the lower half gives to the noise itself.
func TestBandLimitIsWhatResamplingDoes(t *testing.T) {
	front := tones.Front()
	rng := rand.New(rand.NewPCG(1, 2))
	x := make([]float32, 4*front.SampleRate)
	for i := range x {
		x[i] = float32(rng.NormFloat64() * 0.1)
	}
	down, err := audio.NewResampler(front.SampleRate, 8000)
	if err != nil {
		t.Fatal(err)
	}
	up, err := audio.NewResampler(8000, front.SampleRate)
	if err != nil {
		t.Fatal(err)
	}
	whole, narrow := meanEnergies(front, x), meanEnergies(front, up.Process(down.Process(x)))
	keep := newBandLimits(front)[limits/2-1]
	for k, cf := range gammatone.CentreFrequencies(front) {
		want, got := 10*math.Log10(narrow[k]), 10*math.Log10(whole[k]*float64(keep[k]))
		if far := math.Abs(cf-telephone) > 1300; far && math.Abs(got-want) > 3.5 && math.Max(got, want) > -90 || math.Abs(got-want) > 9 && math.Max(got, want) > -90 {
			t.Errorf("band %d at %.0f Hz: %.1f dB, resampling leaves %.1f", k, cf, got, want)
		}
	}
	if lost := 10 * math.Log10(float64(keep[bands-1])); lost > -40 {
		t.Errorf("the highest band loses %.1f dB, want 40 or more", -lost)
	}
}

// Limits rise, and nothing far below one is touched.
func TestBandLimitsRise(t *testing.T) {
	b := newBandLimits(tones.Front())
	for i := range b {
		if b[i][0] < 0.999 || i > 0 && b[i][100] < b[i-1][100] {
			t.Errorf("limit %d keeps %g of the lowest band and %g of band 100, the one before %g", i, b[i][0], b[i][100], b[max(0, i-1)][100])
		}
	}
}

func meanEnergies(front gammatone.Config, x []float32) []float64 {
	e := gammatone.NewFrontEnd(front).BatchEnergies(x)
	mean := make([]float64, bands)
	for i, v := range e {
		mean[i%bands] += float64(v) / float64(len(e)/bands)
	}
	return mean
}
