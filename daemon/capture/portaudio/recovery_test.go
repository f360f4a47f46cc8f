package portaudio

import (
	"errors"
	"strings"
	"testing"
	"time"

	"earshot/daemon/capture"
	"earshot/internal/sampletime"
	"earshot/internal/test/alone"
	"earshot/internal/test/sourcetest"
	"earshot/internal/test/vmic"
)

// hear plays x into m until exactly it was captured after sample from. On a
// busy machine the player or the server may stumble; then it is played again.
func (r *running) hear(m *vmic.Mic, from int, x []float32) {
	r.t.Helper()
	for range 30 {
		if err := m.PlaySamples(x, sourcetest.Rate); err != nil {
			r.t.Fatal(err)
		}
		for range 20 {
			if got := r.Sink.Samples()[from:]; find(got, x) >= 0 {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
		r.t.Log("not captured as it was played; once more")
	}
	r.t.Fatal("what was played is not what was captured")
}

// triesInVain waits until the source has tried to open the device while that is away.
func (r *running) triesInVain() {
	r.t.Helper()
	for range 2 { // the first is the loss itself
		r.Wait(capture.Recovering)
	}
}

// comesBack holds that the sound is back after away, exact, behind one hole
// that is as long as the sound was away.
func (r *running) comesBack(m *vmic.Mic, kept int, away time.Duration) {
	r.t.Helper()
	_, took := r.Wait(capture.Online)
	r.t.Logf("came back %.1f s after the device did", took.Seconds())
	r.hear(m, kept, noise16())
	var lost int64
	for _, g := range r.Sink.Holes() {
		if g.Kept >= kept {
			lost += g.N
		}
	}
	if lost < sampletime.Samples(away, sourcetest.Rate)*8/10 {
		r.t.Errorf("gaps %+v tell of %d samples; the device was away for %v", r.Sink.Holes(), lost, away)
	}
}

func TestUnpluggedAndBack(t *testing.T) {
	if !alone.Here(t) {
		return
	}
	m := microphone(t, vmic.Config{})
	r, p := listen(t, Config{Device: vmic.Device})
	r.Wait(capture.Online)
	r.hear(m, 0, noise16())
	kept := len(r.Sink.Samples())
	start := time.Now()
	if err := m.Unplug(); err != nil {
		t.Fatal(err)
	}
	_, took := r.Wait(capture.Lost)
	t.Logf("noticed after %.1f s", took.Seconds())
	r.triesInVain()
	if err := m.Plug(); err != nil {
		t.Fatal(err)
	}
	r.comesBack(m, kept, time.Since(start))
	if err := r.End(); err != nil {
		t.Error(err)
	}
	t.Logf("%+v", p.Stats())
}

func TestServerKilledAndBack(t *testing.T) {
	if !alone.Here(t) {
		return
	}
	m := microphone(t, vmic.Config{})
	r, _ := listen(t, Config{Device: vmic.Device})
	r.Wait(capture.Online)
	r.hear(m, 0, noise16())
	kept := len(r.Sink.Samples())
	start := time.Now()
	m.Kill()
	_, took := r.Wait(capture.Lost)
	t.Logf("noticed after %.1f s", took.Seconds())
	r.triesInVain()
	if err := m.Revive(); err != nil {
		t.Fatal(err)
	}
	r.comesBack(m, kept, time.Since(start))
	if err := r.End(); err != nil {
		t.Error(err)
	}
}

func TestDeviceRenumbered(t *testing.T) {
	if !alone.Here(t) {
		return
	}
	m := microphone(t, vmic.Config{})
	r, p := listen(t, Config{Device: vmic.Device})
	r.Wait(capture.Online)
	before := p.Format().Device.Index
	if err := m.SetDevices("pcm.another { type null hint { show on } }"); err != nil {
		t.Fatal(err)
	}
	m.Kill()
	r.Wait(capture.Lost)
	kept := len(r.Sink.Samples())
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
	if !alone.Here(t) {
		return
	}
	microphone(t, vmic.Config{})
	r, _ := listen(t, Config{Device: "Yeti"})
	err := r.Ended()
	if !errors.Is(err, capture.ErrNoDevice) {
		t.Fatalf("got %v, want capture.ErrNoDevice", err)
	}
	for _, part := range []string{`"Yeti"`, `"mic"`} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %s", err, part)
		}
	}
}
