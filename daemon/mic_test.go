package daemon

import (
	"errors"
	"math"
	"os/exec"
	"strings"
	"testing"
	"time"

	"earshot/daemon/capture/portaudio"
	"earshot/internal/test/vmic"
)

// TestMicrophone goes the whole way on a real sound system: PulseAudio, ALSA, PortAudio, ring, front end, network,
// broker. The microphone is torn away in the middle of a sound and comes back.
func TestMicrophone(t *testing.T) {
	if _, err := exec.LookPath("pulseaudio"); err != nil {
		t.Fatal("no pulseaudio on this machine; scripts/setup.sh test installs it")
	}
	m, err := vmic.Start(vmic.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	m.Setenv()

	r := newRig(t, quick+"sources: [{name: src, kind: portaudio, device: "+vmic.Device+"}]\n")
	r.opts.Devices = portaudio.Devices
	r.start()
	online := func(want string) func([]message) bool {
		return func(all []message) bool {
			states := on(all, "n1/src/availability")
			return len(states) > 0 && states[len(states)-1] == want
		}
	}
	r.house.wait(t, "the microphone online", online("online"))

	played := make(chan error, 1)
	play := func(label string, seconds int) {
		x := make([]float32, seconds*44100)
		for i := range x {
			x[i] = float32(0.3 * math.Sin(2*math.Pi*toneHz[label]*float64(i)/44100))
		}
		go func() { played <- m.PlaySamples(x, 44100) }()
	}
	play("dog", 5)
	r.house.wait(t, "dog ON", has("/src/dog/state", "ON"))
	if err := <-played; err != nil {
		t.Fatal(err)
	}
	last := func(end, want string) func([]message) bool {
		return func(all []message) bool {
			states := on(all, end)
			return len(states) > 0 && states[len(states)-1] == want
		}
	}
	r.house.wait(t, "dog OFF", last("/src/dog/state", "OFF"))

	play("siren", 60)
	r.house.wait(t, "siren ON", has("/src/siren/state", "ON"))
	torn := time.Now()
	if err := m.Unplug(); err != nil {
		t.Fatal(err)
	}
	<-played // paplay ends one way or another
	r.house.wait(t, "the microphone offline", online("offline"))
	t.Logf("loss told after %v", time.Since(torn).Round(time.Millisecond))
	r.house.wait(t, "siren OFF", last("/src/siren/state", "OFF"))
	r.house.wait(t, "the problem", func(all []message) bool {
		said := on(all, "/src/problem")
		return len(said) > 0 && strings.Contains(said[len(said)-1], `"state":"ON","reason":"lost"`)
	})
	if log := r.log.String(); !strings.Contains(log, "sound lost") {
		t.Error("the log says nothing of the loss")
	}

	if err := m.Plug(); err != nil {
		t.Fatal(err)
	}
	back := time.Now()
	r.house.wait(t, "the microphone online again", online("online"))
	t.Logf("back after %v", time.Since(back).Round(time.Millisecond))
	play("rain", 5)
	r.house.wait(t, "rain ON", has("/src/rain/state", "ON"))
	if err := <-played; err != nil {
		t.Fatal(err)
	}

	r.cancel()
	if err := r.end(); err != nil && !errors.Is(err, ErrStuck) {
		t.Fatal(err)
	}
	r.house.wait(t, "offline", has("earshot/n1/availability", "offline"))
}
