package portaudio

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"earshot/daemon/capture"
	"earshot/internal/test/sourcetest"
)

func fakeMic(t *testing.T, sys *fakeSystem, cfg Config) (*running, *Microphone) {
	t.Helper()
	return listenOn(t, newHost(sys, leisurely), cfg)
}

func TestEveryCallHasADeadline(t *testing.T) {
	for _, call := range []string{"Initialize", "Open", "Start", "Abort", "Close", "Terminate"} {
		t.Run(call, func(t *testing.T) {
			release := make(chan struct{})
			defer close(release)
			sys := &fakeSystem{devices: []capture.Device{{Name: "mic", Channels: 1, Rate: 44100, Default: true}}, hang: map[string]chan struct{}{call: release}}
			limits := leisurely
			*map[string]*time.Duration{
				"Initialize": &limits.Initialize, "Open": &limits.Open, "Start": &limits.Start,
				"Abort": &limits.Abort, "Close": &limits.Close, "Terminate": &limits.Terminate,
			}[call] = 100 * time.Millisecond
			r, _ := listenOn(t, newHost(sys, limits), Config{Common: capture.Common{Patient: true}, StallAfter: time.Millisecond})
			err := r.Ended()
			if !errors.Is(err, capture.ErrHung) || !strings.Contains(err.Error(), call) {
				t.Errorf("got %v, want capture.ErrHung that names %s", err, call)
			}
		})
	}
}

// A hang is seen by the other sources too, and by those that come later.
func TestHangIsForAll(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	sys := &fakeSystem{devices: []capture.Device{{Name: "mic", Channels: 1, Rate: 44100, Default: true}}}
	h := newHost(sys, leisurely)
	a, _ := listenOn(t, h, Config{StallAfter: time.Hour})
	sys.stream(0)
	if err := h.call("test", time.Millisecond, func() error { <-release; return nil }); !errors.Is(err, capture.ErrHung) {
		t.Fatalf("got %v, want capture.ErrHung", err)
	}
	b, _ := listenOn(t, h, Config{})
	for _, r := range []*running{a, b} {
		err := r.Ended()
		if !errors.Is(err, capture.ErrHung) {
			t.Errorf("got %v, want capture.ErrHung", err)
		}
	}
}

// A source that misses its device makes the others let go, so that PortAudio
// reads the device list again.
func TestRescanWithAnotherSourceRunning(t *testing.T) {
	good := capture.Device{Index: 0, Name: "good", Channels: 1, Rate: 44100}
	sys := &fakeSystem{devices: []capture.Device{good}}
	h := newHost(sys, leisurely)
	a, _ := listenOn(t, h, Config{Device: "good", StallAfter: time.Hour})
	sys.stream(0).call(make([]float32, 441), false)
	a.Wait(capture.Online)
	b, _ := listenOn(t, h, Config{Common: capture.Common{Patient: true}, Device: "late", StallAfter: time.Hour})
	b.Wait(capture.Recovering)
	sys.mu.Lock()
	sys.devices = append(sys.devices, capture.Device{Index: 1, Name: "late", Channels: 1, Rate: 44100})
	sys.mu.Unlock()
	seen := map[string]bool{}
	for i := 1; len(seen) < 2; i++ {
		s := sys.stream(i)
		s.call(make([]float32, 441), false)
		seen[s.device.Name] = true
	}
	b.Wait(capture.Online)
	a.Wait(capture.Online)
	sys.mu.Lock()
	defer sys.mu.Unlock()
	if sys.inits < 2 {
		t.Errorf("PortAudio was initialised %d times, want anew", sys.inits)
	}
	if g := a.Sink.Holes(); len(g) == 0 {
		t.Error("the source that let go has no gap")
	}
}

func TestOpensWhatTheDeviceCanDo(t *testing.T) {
	for _, c := range []struct {
		name           string
		device         capture.Device
		cfg            Config
		can            func(channels, rate int) bool
		channels, rate int // 0 = error
	}{
		{"as wanted", capture.Device{Channels: 1, Rate: 48000}, Config{}, func(c, r int) bool { return true }, 1, 44100},
		{"stereo is mixed here", capture.Device{Channels: 2, Rate: 44100}, Config{}, func(c, r int) bool { return true }, 2, 44100},
		{"a plug-in mixes itself", capture.Device{Channels: 32, Rate: 44100}, Config{}, func(c, r int) bool { return true }, 1, 44100},
		{"48 kHz only", capture.Device{Channels: 1, Rate: 48000}, Config{}, func(c, r int) bool { return r == 48000 }, 1, 48000},
		{"neither wanted nor default", capture.Device{Channels: 1, Rate: 44100}, Config{}, func(c, r int) bool { return r == 16000 }, 1, 16000},
		{"stereo only", capture.Device{Channels: 8, Rate: 44100}, Config{}, func(c, r int) bool { return c == 2 }, 2, 44100},
		{"all channels only", capture.Device{Channels: 8, Rate: 96000}, Config{}, func(c, r int) bool { return c == 8 && r == 96000 }, 8, 96000},
		{"fourth channel", capture.Device{Channels: 8, Rate: 44100}, Config{Common: capture.Common{Channel: 4}}, func(c, r int) bool { return true }, 4, 44100},
		{"rate by setting", capture.Device{Channels: 1, Rate: 44100}, Config{DeviceRate: 32000}, func(c, r int) bool { return true }, 1, 32000},
		{"no such channel", capture.Device{Channels: 1, Rate: 44100}, Config{Common: capture.Common{Channel: 2}}, func(c, r int) bool { return true }, 0, 0},
		{"nothing", capture.Device{Channels: 2, Rate: 44100}, Config{}, func(c, r int) bool { return false }, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.device.Name, c.device.Default = "dev", true
			sys := &fakeSystem{devices: []capture.Device{c.device}, refuse: func(_ capture.Device, channels, rate int) error {
				if c.can(channels, rate) {
					return nil
				}
				return errRefused
			}}
			r, p := fakeMic(t, sys, c.cfg)
			if c.rate == 0 {
				err := r.Ended()
				if err == nil || !strings.Contains(err.Error(), "dev") {
					t.Errorf("got %v, want an error that names the device", err)
				}
				return
			}
			s := sys.stream(0)
			if s.channels != c.channels || s.rate != c.rate {
				t.Errorf("opened with %d channels at %d Hz, want %d at %d", s.channels, s.rate, c.channels, c.rate)
			}
			if f := p.Format(); f == nil || f.Channels != c.channels || f.Rate != c.rate {
				t.Errorf("Format says %v", f)
			}
		})
	}
}

// A 1 kHz tone from a device at 48 kHz, in one of three channels, arrives as
// that tone at 44.1 kHz.
func TestResamplesAndPicks(t *testing.T) {
	sys := &fakeSystem{devices: []capture.Device{{Name: "dev", Channels: 3, Rate: 48000, Default: true}}}
	r, _ := fakeMic(t, sys, Config{Common: capture.Common{Channel: 2}, DeviceRate: 48000, DeviceChannels: 3, StallAfter: time.Hour})
	s := sys.stream(0)
	in := make([]float32, 3*480)
	for k := range 50 {
		for i := range 480 {
			in[3*i+1] = float32(math.Sin(2 * math.Pi * 1000 * float64(k*480+i) / 48000))
			in[3*i], in[3*i+2] = -1, 1
		}
		s.call(in, false)
		time.Sleep(time.Millisecond)
	}
	r.Wait(capture.Online)
	for end := time.Now().Add(sourcetest.HangGuard); len(r.Sink.Samples()) < 20000 && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	x := r.Sink.Samples()
	if len(x) < 20000 || len(x) > 22050 {
		t.Fatalf("%d samples of 22050", len(x))
	}
	for i := 1000; i < 20000; i++ {
		want := math.Sin(2 * math.Pi * 1000 * float64(i) / 44100)
		if d := math.Abs(float64(x[i]) - want); d > 1e-3 {
			t.Fatalf("sample %d is %v, want %.4f", i, x[i], want)
		}
	}
}

// A microphone that never comes does not take the others' sound every few seconds.
func TestRescanGetsSeldom(t *testing.T) {
	sys := &fakeSystem{}
	h := newHost(sys, leisurely)
	p, err := newMicrophone(Config{Common: capture.Common{Rate: sourcetest.Rate}, Device: "never"}, h)
	if err != nil {
		t.Fatal(err)
	}
	var now time.Duration
	p.now = func() time.Duration { return now }
	if err := h.acquire(context.Background()); err != nil { // another source
		t.Fatal(err)
	}
	asked := 0
	for r := p.newRescan(); now < 24*time.Hour; now += retryMost {
		r.ask()
		if h.rescanAsked() {
			asked++
			h.mu.Lock()
			h.rescan = false
			h.mu.Unlock()
		}
	}
	if asked < 10 || asked > 60 {
		t.Errorf("the other source was interrupted %d times in a day, want some, but few", asked)
	}
}
