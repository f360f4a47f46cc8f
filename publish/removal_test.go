package publish

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"earshot/internal/test/schema"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// TestRemovalInOrder: the entity goes first, then its topics are cleared, each once; an entity that looked at an empty
// state would complain in Home Assistant's log.
func TestRemovalInOrder(t *testing.T) {
	m := newMosquitto(t)
	l := m.listen()
	order := make(chan string, 1000)
	wait(t, l.client.Subscribe("#", 1, func(_ mqtt.Client, x mqtt.Message) {
		switch {
		case strings.HasSuffix(x.Topic(), "/config") && len(schema.Device(x.Topic(), x.Payload())) == 0:
			what := "without"
			if strings.Contains(string(x.Payload()), `"mic_dog":{"p":"binary_sensor"}`) {
				what = "stub"
			} else if strings.Contains(string(x.Payload()), "mic_dog") {
				what = "with"
			}
			order <- what
		case strings.Contains(x.Topic(), "/dog/") && len(x.Payload()) == 0:
			order <- x.Topic()
		}
	}))
	r := run(t, testConfig(m.URL()))
	r.settled(t)
	if err := r.Reconfigure(sourced(without("dog"))); err != nil {
		t.Fatal(err)
	}
	gone := func() bool {
		_, kept := m.retained()[dogState]
		return !kept
	}
	eventually(t, "dog is cleared", gone)
	r.settled(t)
	r.stop(t)
	l.publish("marker/dog/", "", false)
	seen, removed := map[string]int{}, false
	for what := range order {
		if what == "marker/dog/" {
			break
		}
		if what == "stub" { // a pause follows it
			removed = true
		}
		if strings.HasPrefix(what, "earshot/") {
			if !removed {
				t.Errorf("%s is cleared before the entity is gone", what)
			}
			if seen[what]++; seen[what] > 1 {
				t.Errorf("%s is cleared %d times", what, seen[what])
			}
		}
	}
	if len(seen) != 5 { // state, attributes, mute, threshold, hold
		t.Errorf("cleared: %v", seen)
	}
}

// TestRemovalDuringARemoval: a second change comes at the moment at which the first removal ends. What it takes away is
// not cleared together with what the first one did, but after its own entities are gone.
func TestRemovalDuringARemoval(t *testing.T) {
	m := newMosquitto(t)
	l := m.listen()
	r := run(t, testConfig(m.URL()))
	r.settled(t)
	both := without("dog")
	both[0].Labels = slices.DeleteFunc(both[0].Labels, func(l Label) bool { return l.ID == "siren" })
	var named, early, cleared atomic.Bool
	var second sync.Once
	wait(t, l.client.Subscribe("#", 1, func(_ mqtt.Client, x mqtt.Message) {
		text := string(x.Payload())
		switch {
		case strings.HasSuffix(x.Topic(), "_mic/config") && strings.Contains(text, `"mic_siren":{"p":"binary_sensor"}`):
			named.Store(true)
		case strings.HasSuffix(x.Topic(), "_mic/config") && !x.Retained() && !strings.Contains(text, "mic_dog"):
			second.Do(func() {
				if err := r.Reconfigure(sourced(both)); err != nil {
					t.Error(err)
				}
			})
		case strings.Contains(x.Topic(), "/siren/") && text == "":
			cleared.Store(true)
			early.Store(early.Load() || !named.Load())
		}
	}))
	if err := r.Reconfigure(sourced(without("dog"))); err != nil {
		t.Fatal(err)
	}
	eventually(t, "siren is cleared", cleared.Load)
	if early.Load() {
		t.Error("a topic of the siren was cleared while its entities were there")
	}
	r.stop(t)
}
