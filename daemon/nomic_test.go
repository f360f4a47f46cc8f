package daemon

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"earshot/daemon/capture/portaudio"
	"earshot/internal/test/vmic"
)

// noDevices is a sound system without any input, for this test alone.
func noDevices(t *testing.T) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "asound.conf")
	if err := os.WriteFile(path, []byte("pcm.absent { type hw card 31 }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("ALSA_CONFIG_PATH", path)
	t.Setenv("JACK_NO_START_SERVER", "1")
}

// TestNoMicrophoneWithABroker: the bundled recording, with its glass and its siren, never reaches a broker of the
// house. The house is told that there is no microphone, and one that is plugged in later is used.
func TestNoMicrophoneWithABroker(t *testing.T) {
	noDevices(t)
	r := newRig(t, quick) // its demonstration ends the daemon: it must not be asked for
	r.opts.Devices = portaudio.Devices
	r.start()
	r.house.wait(t, "the problem", func(all []message) bool {
		said := on(all, "n1/mic/problem")
		return len(said) > 0 && strings.Contains(said[len(said)-1], `"state":"ON","reason":"lost"`) &&
			strings.Contains(said[len(said)-1], "there is no microphone")
	})
	m, err := vmic.Start(vmic.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for _, e := range m.Env() {
		k, v, _ := strings.Cut(e, "=")
		t.Setenv(k, v)
	}
	r.house.wait(t, "the microphone online", has("n1/mic/availability", "online"))
	r.house.wait(t, "the problem's end", func(all []message) bool {
		said := on(all, "n1/mic/problem")
		return strings.Contains(said[len(said)-1], `"state":"OFF"`)
	})
	if log := r.log.String(); !strings.Contains(log, "waiting for one") || strings.Contains(log, "bundled") {
		t.Error("the log does not say what is listened to")
	}
	r.cancel()
	if err := r.end(); err != nil {
		t.Fatal(err)
	}
}
