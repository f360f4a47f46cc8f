package daemon

import "testing"

// TestMuteLasts: what is muted over MQTT is still muted after a restart.
func TestMuteLasts(t *testing.T) {
	r := newRig(t, quick+"sources: ["+loop("src", wav(t, "dog", 3.0))+"]\n")
	r.start()
	<-r.ready
	r.house.wait(t, "the mute's topic", has("n1/src/mute", "OFF"))
	r.house.client.Publish("earshot/n1/src/mute/set", 1, false, "1h")
	r.house.wait(t, "the mute", has("n1/src/mute", "ON"))
	r.cancel()
	if err := r.end(); err != nil {
		t.Fatal(err)
	}
	r.house.forget()
	r.start()
	<-r.ready
	r.house.wait(t, "it is there again", has("n1/src/mute", "ON"))
	r.cancel()
	if err := r.end(); err != nil {
		t.Fatal(err)
	}
	r.house.mu.Lock()
	defer r.house.mu.Unlock()
	if has("n1/src/dog/state", "ON")(r.house.all) {
		t.Error("a muted source switches")
	}
}
