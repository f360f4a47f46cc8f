package capture

import (
	"errors"
	"strings"
	"testing"
	"time"

	"earshot/internal/test/vmic"
)

// hear plays x into m until exactly it was captured after sample from. On a
// busy machine the player or the server may stumble; then it is played again.
func (r *running) hear(m *vmic.Mic, from int, x []float32) {
	r.t.Helper()
	for range 30 {
		if err := m.PlaySamples(x, DefaultRate); err != nil {
			r.t.Fatal(err)
		}
		for range 20 {
			if got := r.sink.samples()[from:]; find(got, x) >= 0 {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
		r.t.Log("not captured as it was played; once more")
	}
	r.t.Fatal("what was played is not what was captured")
}

// comesBack holds that the sound is back after away, exact, behind one hole
// that is as long as the sound was away.
func (r *running) comesBack(m *vmic.Mic, kept int, away time.Duration) {
	r.t.Helper()
	_, took := r.wait(Online)
	r.t.Logf("came back %.1f s after the device did", took.Seconds())
	r.hear(m, kept, noise16())
	var lost int64
	for _, g := range r.sink.holes() {
		if g.kept >= kept {
			lost += g.n
		}
	}
	if lost < samplesIn(away, DefaultRate)*8/10 {
		r.t.Errorf("gaps %+v tell of %d samples; the device was away for %v", r.sink.holes(), lost, away)
	}
}

func TestUnpluggedAndBack(t *testing.T) {
	m := microphone(t, vmic.Config{})
	r, p := listen(t, PortAudioConfig{Device: vmic.Device})
	r.wait(Online)
	r.hear(m, 0, noise16())
	kept := len(r.sink.samples())
	start := time.Now()
	if err := m.Unplug(); err != nil {
		t.Fatal(err)
	}
	s, took := r.wait(Lost)
	t.Logf("noticed after %.1f s", took.Seconds())
	if !strings.Contains(s.Why, "gave no samples") {
		t.Errorf("reason %q", s.Why)
	}
	time.Sleep(time.Second)
	if err := m.Plug(); err != nil {
		t.Fatal(err)
	}
	r.comesBack(m, kept, time.Since(start))
	if err := r.end(); err != nil {
		t.Error(err)
	}
	t.Logf("%+v", p.Stats())
}

func TestServerKilledAndBack(t *testing.T) {
	m := microphone(t, vmic.Config{})
	r, _ := listen(t, PortAudioConfig{Device: vmic.Device})
	r.wait(Online)
	r.hear(m, 0, noise16())
	kept := len(r.sink.samples())
	start := time.Now()
	m.Kill()
	_, took := r.wait(Lost)
	t.Logf("noticed after %.1f s", took.Seconds())
	time.Sleep(time.Second)
	if err := m.Revive(); err != nil {
		t.Fatal(err)
	}
	r.comesBack(m, kept, time.Since(start))
	if err := r.end(); err != nil {
		t.Error(err)
	}
}

func TestDeviceRenumbered(t *testing.T) {
	m := microphone(t, vmic.Config{})
	r, p := listen(t, PortAudioConfig{Device: vmic.Device})
	r.wait(Online)
	before := p.Format().Device.Index
	if err := m.SetDevices("pcm.another { type null hint { show on } }"); err != nil {
		t.Fatal(err)
	}
	m.Kill()
	r.wait(Lost)
	kept := len(r.sink.samples())
	if err := m.Revive(); err != nil {
		t.Fatal(err)
	}
	r.comesBack(m, kept, 0)
	after := p.Format().Device.Index
	if after == before {
		t.Errorf("the device has number %d as before: this test proves nothing", before)
	}
	t.Logf("number %d became %d", before, after)
}

func TestNoSuchMicrophone(t *testing.T) {
	microphone(t, vmic.Config{})
	r, _ := listen(t, PortAudioConfig{Device: "Yeti"})
	select {
	case err := <-r.done:
		r.done <- err
		if !errors.Is(err, ErrNoDevice) {
			t.Fatalf("got %v, want ErrNoDevice", err)
		}
		for _, part := range []string{`"Yeti"`, `"mic"`} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%q does not say %s", err, part)
			}
		}
	case <-time.After(hangGuard):
		t.Fatal("no error")
	}
}
