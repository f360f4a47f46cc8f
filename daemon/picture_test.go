package daemon

import (
	"bytes"
	"image/png"
	"slices"
	"testing"

	"earshot/daemon/config"
)

// TestPictureOfASound: with mqtt.image a sound that begins has a picture on the broker, which a reload ends.
func TestPictureOfASound(t *testing.T) {
	source := "sources: [" + loop("src", wav(t, "dog", 3.0, "", 3.0)) + "]\n"
	r := newRig(t, quick+"mqtt: {image: true}\n"+source)
	others := r.opts.Load
	r.opts.Load = func() (*config.File, error) { // the daemon's own broker takes its pictures, which are longer than a stranger's message may be
		f, err := others()
		f.Config.MQTT.Broker, f.Config.MQTT.Embedded = "", "127.0.0.1:0"
		return f, err
	}
	r.start()
	ready := <-r.ready
	house := listenTo(t, ready.Broker, "earshot/n1/src/image")
	house.wait(t, "a picture", func(all []message) bool { return len(all) > 0 })
	house.mu.Lock()
	b := house.all[0].payload
	house.mu.Unlock()
	if img, err := png.Decode(bytes.NewReader([]byte(b))); err != nil || img.Bounds().Dx() != 640 {
		t.Errorf("no picture: %v", err)
	}
	r.configure(quick + source)
	r.reload <- nil
	if got := <-r.reloads; got.Err != nil || !slices.Contains(got.Changed, "pictures") {
		t.Errorf("%+v", got)
	}
	r.cancel()
	if err := r.end(); err != nil {
		t.Fatal(err)
	}
}
