package daemon

import (
	"fmt"
	"strings"
	"testing"

	"earshot/internal/test/testmodel"
)

// TestManySources: what many sources announce together, and what the embedded broker sends back of it, is more than the sockets between
// the two hold. All of it arrives, and the connection lasts.
func TestManySources(t *testing.T) {
	labels, watched := []string{"background"}, []string{}
	for i := range 29 {
		l := fmt.Sprintf("sound_%02d", i)
		labels, watched = append(labels, l), append(watched, "{label: "+l+"}")
	}
	path := wav(t, "", 2.0)
	var sources []string
	for i := range 20 {
		sources = append(sources, loop(fmt.Sprintf("room%d", i), path))
	}
	r := newRig(t, "watch: {hold: 0s, labels: ["+strings.Join(watched, ", ")+"], groups: []}\nsmoothing: {windows: 1}\nsources: ["+strings.Join(sources, ", ")+
		"]\nmqtt: {embedded: '127.0.0.1:0'}\n")
	r.opts.BuiltIn = func() []byte { return testmodel.New(labels...).Bytes() }
	r.embedded()
	r.start()
	ready := <-r.ready
	l := listenTo(t, ready.Broker, "#")
	l.wait(t, "everything announced", func(all []message) bool {
		devices, bytes := map[string]bool{}, 0
		for _, m := range all {
			if strings.HasPrefix(m.topic, "homeassistant/device/") && !devices[m.topic] {
				devices[m.topic] = true
				bytes += len(m.payload)
			}
		}
		if len(devices) == 21 && bytes < 1e6 {
			t.Fatalf("%d bytes of discovery, want a megabyte", bytes)
		}
		return len(devices) == 21
	})
	l.wait(t, "every state", func(all []message) bool { return len(on(all, "/state")) >= 20*len(watched) })
	if text := r.log.String(); strings.Contains(text, "mqtt: not connected") {
		t.Errorf("the daemon lost its own broker:\n%s", text)
	}
	r.cancel()
	if err := r.end(); err != nil {
		t.Fatal(err)
	}
}
