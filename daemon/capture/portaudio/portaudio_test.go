package portaudio

import (
	"math"
	"testing"

	"earshot/daemon/capture"
	"earshot/internal/test/alone"
	"earshot/internal/test/sourcetest"
	"earshot/internal/test/vmic"
)

// running is a microphone that runs until the test ends.
type running struct {
	*sourcetest.Running
	t *testing.T
}

// listen runs the microphone cfg until the test ends.
func listen(t *testing.T, cfg Config) (*running, *Microphone) {
	t.Helper()
	return listenOn(t, process, cfg)
}

func listenOn(t *testing.T, h *host, cfg Config) (*running, *Microphone) {
	t.Helper()
	var m *Microphone
	r := sourcetest.Start(t, func(common capture.Common) (_ capture.Source, err error) {
		cfg.Rate, cfg.OnState = common.Rate, common.OnState
		m, err = newMicrophone(cfg, h)
		return m, err
	})
	return &running{r, t}, m
}

func microphone(t *testing.T, cfg vmic.Config) *vmic.Mic {
	t.Helper()
	m, err := vmic.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	m.Setenv()
	return m
}

// noise16 is two seconds of reproducible noise that uses all of 16 bits.
func noise16() []float32 {
	x := make([]float32, 2*sourcetest.Rate)
	seed := uint32(1)
	for i := range x {
		seed = seed*1664525 + 1013904223
		x[i] = float32(int16(seed>>16)) / 32768
	}
	return x
}

// find returns where y starts in x, exactly, or -1.
func find(x, y []float32) int {
	for i := 0; i+len(y) <= len(x); i++ {
		j := 0
		for j < len(y) && x[i+j] == y[j] {
			j++
		}
		if j == len(y) {
			return i
		}
	}
	return -1
}

func TestCapturedAudioIsBitExact(t *testing.T) {
	if !alone.Here(t) {
		return
	}
	m := microphone(t, vmic.Config{})
	r, p := listen(t, Config{Device: vmic.Device})
	r.Wait(capture.Online)
	r.hear(m, 0, noise16())
	if err := r.End(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d samples, exact from %d on; %+v", len(r.Sink.Samples()), find(r.Sink.Samples(), noise16()), p.Stats())
}

// A microphone of 48 kHz and two channels: opened so by setting, mixed and
// resampled here, it gives the same sound, and keeps the pace of the clock.
func TestStereoAt48kHz(t *testing.T) {
	if !alone.Here(t) {
		return
	}
	m := microphone(t, vmic.Config{Rate: 48000, Channels: 2})
	r, p := listen(t, Config{Device: vmic.Device, DeviceRate: 48000, DeviceChannels: 2})
	r.Wait(capture.Online)
	x := make([]float32, 2*48000)
	for i := range x {
		x[i] = float32(0.5 * math.Sin(2*math.Pi*1000*float64(i)/48000))
	}
	for range 8 {
		from := len(r.Sink.Samples())
		if err := m.PlaySamples(x, 48000); err != nil {
			t.Fatal(err)
		}
		sourcetest.Until(t, "all that was played", func() bool { return len(r.Sink.Samples()) >= from+7*sourcetest.Rate/2 })
		if share := toneShare(r.Sink.Samples()[from:], 1000, sourcetest.Rate); share > 0.999 {
			t.Logf("%s; the tone has %.5f of the energy; %+v", p.Format(), share, p.Stats())
			return
		}
	}
	t.Fatal("the tone does not arrive clean")
}

// TestInvertedMicrophone: a stereo microphone one of whose channels is inverted is heard by its first; the mix would be
// digital silence. That is told.
func TestInvertedMicrophone(t *testing.T) {
	if !alone.Here(t) {
		return
	}
	m := microphone(t, vmic.Config{Channels: 2})
	told := make(chan capture.Flaw, 16)
	r, _ := listen(t, Config{Device: vmic.Device, DeviceChannels: 2, Common: capture.Common{OnFlaw: func(f capture.Flaw) {
		if f.Detail != "" { // else it says that all is well, as after each opening
			told <- f
		}
	}}})
	r.Wait(capture.Online)
	x := make([]float32, 2*2*sourcetest.Rate)
	for i := range len(x) / 2 {
		v := float32(0.5 * math.Sin(2*math.Pi*1000*float64(i)/sourcetest.Rate))
		x[2*i], x[2*i+1] = v, -v
	}
	for range 8 {
		from := len(r.Sink.Samples())
		if err := m.PlayChannels(x, 2, sourcetest.Rate); err != nil {
			t.Fatal(err)
		}
		sourcetest.Until(t, "all that was played", func() bool { return len(r.Sink.Samples()) >= from+7*sourcetest.Rate/4 })
		if share := toneShare(r.Sink.Samples()[from:], 1000, sourcetest.Rate); share > 0.99 {
			select {
			case f := <-told:
				if f.Kind != capture.FlawInverted {
					t.Errorf("told %+v", f)
				}
				return
			default: // a busy machine cut it short
			}
		}
	}
	t.Fatal("the tone of the first channel does not arrive, or nothing is told")
}

// toneShare is how much of the loudest second of x is a tone of f Hz.
func toneShare(x []float32, f float64, rate int) float64 {
	best, share := 0.0, 0.0
	for i := 0; i+rate <= len(x); i += rate / 10 {
		var c, s, e float64
		for k, v := range x[i : i+rate] {
			sin, cos := math.Sincos(2 * math.Pi * f * float64(k) / float64(rate))
			c, s, e = c+float64(v)*cos, s+float64(v)*sin, e+float64(v)*float64(v)
		}
		if e > best {
			best, share = e, 2*(c*c+s*s)/(e*float64(rate))
		}
	}
	return share
}
