package daemon

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"earshot/daemon/status"
	"earshot/internal/audio"
)

// TestClip: an event's sound is kept, with what came before it, and its event says where.
func TestClip(t *testing.T) {
	dir := t.TempDir()
	path := wav(t, "", 6.0, "dog", 4.0, "", 12.0)
	r := newRig(t, quick+fileSource(path, true)+"clips: {enabled: true, dir: '"+dir+"', before: 2s, after: 1s, keep_free: 1MB}\n")
	r.start()
	if err := r.end(); err != nil {
		t.Fatal(err)
	}
	var event struct {
		Phase string `json:"phase"`
		Clip  string `json:"clip"`
		URL   string `json:"clip_url"`
	}
	r.house.wait(t, "an event's end with its clip", func(all []message) bool {
		events := on(all, "/src/event")
		return len(events) > 0 && json.Unmarshal([]byte(events[len(events)-1]), &event) == nil && event.Phase == "end"
	})
	if filepath.Dir(event.Clip) != dir || !strings.HasSuffix(event.URL, "/clips/"+filepath.Base(event.Clip)) {
		t.Fatalf("%+v", event)
	}
	// A stop waits for a clip's writer a second at most; on a busy machine it needs longer.
	for end := time.Now().Add(hang); ; time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(event.Clip); err == nil || time.Now().After(end) {
			break
		}
	}
	x, err := audio.ReadMono(event.Clip, 44100)
	if err != nil {
		t.Fatal(err)
	}
	seconds := float64(len(x)) / 44100
	if seconds < 5 || seconds > 10 {
		t.Errorf("the clip of a sound of 4 s with 2 s before and 1 s after lasts %.1f s", seconds)
	}
	loud := 0
	for _, v := range x {
		if v > 0.1 || v < -0.1 {
			loud++
		}
	}
	if part := float64(loud) / 44100; part < 2 || part > 4 { // a sine is above a third of its peak 78 % of the time
		t.Errorf("%.1f s of it are loud", part)
	}
}

// TestNoClipUnlessAsked: with clips off nothing but the publisher's state is written.
func TestNoClipUnlessAsked(t *testing.T) {
	state := t.TempDir()
	t.Setenv("STATE_DIRECTORY", state)
	t.Setenv("HOME", state)
	t.Setenv("TMPDIR", state)
	path := wav(t, "dog", 4.0, "", 3.0)
	before := tree(t, state)
	r := newRig(t, quick+fileSource(path, true))
	r.start()
	if err := r.end(); err != nil {
		t.Fatal(err)
	}
	r.house.wait(t, "an event", func(all []message) bool { return len(on(all, "/src/event")) > 0 })
	for name, size := range tree(t, state) {
		if _, known := before[name]; !known && size > 16<<10 && !strings.HasSuffix(name, ".wav") {
			t.Errorf("%s of %d bytes was written", name, size)
		}
	}
}

func tree(t *testing.T, root string) map[string]int64 {
	t.Helper()
	all := map[string]int64{}
	if err := filepath.Walk(root, func(path string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().IsRegular() {
			all[path] = info.Size()
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestCommandSource: a program's raw samples, at another rate and in stereo, are heard; it is started again.
func TestCommandSource(t *testing.T) {
	raw := filepath.Join(t.TempDir(), "siren.s16")
	var b []byte
	for i := range 4 * 22050 {
		v := int16(9000 * math.Sin(2*math.Pi*toneHz["siren"]*float64(i)/22050))
		b = binary.LittleEndian.AppendUint16(b, uint16(v)) // left: the siren
		b = binary.LittleEndian.AppendUint16(b, 0)         // right: nothing
	}
	if err := os.WriteFile(raw, b, 0o600); err != nil {
		t.Fatal(err)
	}
	r := newRig(t, quick+"sources: [{name: src, kind: command, command: [cat, '"+raw+"'], rate: 22050, channels: 2, channel: 1, restart: 100ms}]\n")
	r.start()
	r.house.wait(t, "siren", has("/src/siren/state", "ON"))
	r.until(t, "lost and started again", func(s status.Status) bool { return s.Sources[0].Faults >= 2 })
	r.cancel()
	if err := r.end(); err != nil {
		t.Fatal(err)
	}
}

// TestMute: a command over MQTT silences a source; the page shows it, and no clip is cut.
func TestMute(t *testing.T) {
	path := wav(t, "dog", 2.0, "", 3.0)
	r := newRig(t, quick+"sources: ["+loop("src", path)+"]\n")
	r.start()
	r.house.wait(t, "dog", has("/src/dog/state", "ON"))
	if token := r.house.client.Publish("earshot/n1/src/mute/set", 1, false, "ON"); !token.WaitTimeout(hang) || token.Error() != nil {
		t.Fatal(token.Error())
	}
	r.house.wait(t, "muted", has("/src/mute", "ON"))
	r.until(t, "the page knows", func(s status.Status) bool { return s.Sources[0].Labels[0].Muted })
	r.cancel()
	if err := r.end(); err != nil {
		t.Fatal(err)
	}
}

// TestEmbeddedBroker: with no broker configured one is started and its address told.
func TestEmbeddedBroker(t *testing.T) {
	path := wav(t, "dog", 2.0, "", 2.0)
	r := newRig(t, quick+"sources: ["+loop("src", path)+"]\nmqtt: {embedded: '127.0.0.1:0'}\n")
	r.embedded()
	r.start()
	ready := <-r.ready
	if !ready.Embedded || !strings.HasPrefix(ready.Broker, "tcp://127.0.0.1:") {
		t.Fatalf("%+v", ready)
	}
	l := listenTo(t, ready.Broker, "earshot/n1/src/dog/state")
	l.wait(t, "dog", has("earshot/n1/src/dog/state", "ON"))
	l.client.Disconnect(0)
	r.cancel()
	if err := r.end(); err != nil {
		t.Fatal(err)
	}
}
