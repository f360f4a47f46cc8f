package capture

import (
	"context"
	"errors"
	"math"
	"sync"
	"testing"
	"time"

	"earshot/internal/test/vmic"
)

// hangGuard bounds every wait of these tests; none fails on a time below it.
const hangGuard = 60 * time.Second

// recorder is a Sink that keeps everything, with the index of every sample.
type recorder struct {
	mu   sync.Mutex
	x    []float32
	at   int64 // index of the next sample
	gaps []gap // in order
}

type gap struct {
	from, n int64 // absolute index, samples
	kept    int   // samples in x before it
}

func (r *recorder) Write(x []float32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.x = append(r.x, x...)
	r.at += int64(len(x))
}

func (r *recorder) Skip(n int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gaps = append(r.gaps, gap{r.at, n, len(r.x)})
	r.at += n
}

func (r *recorder) samples() []float32 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]float32(nil), r.x...)
}

func (r *recorder) holes() []gap {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]gap(nil), r.gaps...)
}

// running is a source under test.
type running struct {
	t      *testing.T
	sink   recorder
	states chan State
	done   chan error
	stop   context.CancelFunc
}

// listen runs the microphone cfg until the test ends.
func listen(t *testing.T, cfg PortAudioConfig) (*running, *PortAudio) {
	t.Helper()
	return listenOn(t, process, cfg)
}

// end stops the source and returns Run's error.
func (r *running) end() error {
	r.stop()
	select {
	case err := <-r.done:
		r.done <- err
		return err
	case <-time.After(hangGuard):
		r.t.Error("Run does not end")
		return errors.New("hangs")
	}
}

// wait waits for phase and returns the state and how long it took.
func (r *running) wait(phase Phase) (State, time.Duration) {
	r.t.Helper()
	start := time.Now()
	for {
		select {
		case s := <-r.states:
			if s.Phase == phase {
				return s, time.Since(start)
			}
		case err := <-r.done:
			r.t.Fatalf("Run ended while waiting for %v: %v", phase, err)
		case <-time.After(hangGuard):
			r.t.Fatalf("not %v within %v", phase, hangGuard)
		}
	}
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
	x := make([]float32, 2*DefaultRate)
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
	m := microphone(t, vmic.Config{})
	r, p := listen(t, PortAudioConfig{Device: vmic.Device})
	r.wait(Online)
	r.hear(m, 0, noise16())
	if err := r.end(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d samples, exact from %d on; %+v", len(r.sink.samples()), find(r.sink.samples(), noise16()), p.Stats())
}

// A microphone of 48 kHz and two channels: opened so by setting, mixed and
// resampled here, it gives the same sound, and keeps the pace of the clock.
func TestStereoAt48kHz(t *testing.T) {
	m := microphone(t, vmic.Config{Rate: 48000, Channels: 2})
	r, p := listen(t, PortAudioConfig{Device: vmic.Device, DeviceRate: 48000, DeviceChannels: 2})
	r.wait(Online)
	x := make([]float32, 2*48000)
	for i := range x {
		x[i] = float32(0.5 * math.Sin(2*math.Pi*1000*float64(i)/48000))
	}
	for range 8 {
		from := len(r.sink.samples())
		if err := m.PlaySamples(x, 48000); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if share := toneShare(r.sink.samples()[from:], 1000, DefaultRate); share > 0.999 {
			t.Logf("%s; the tone has %.5f of the energy; %+v", p.Format(), share, p.Stats())
			return
		}
	}
	t.Fatal("the tone does not arrive clean")
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
