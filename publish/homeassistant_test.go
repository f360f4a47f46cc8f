package publish

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func without(label string) []Source {
	s := testSources()
	var kept []Label
	for _, l := range s[0].Labels {
		if l.ID != label {
			kept = append(kept, l)
		}
	}
	s[0].Labels = kept
	return s
}

func sourced(s []Source) Config {
	c := testConfig("tcp://h")
	c.Sources = s
	return c
}

func gone(t *testing.T, h *home, m *broker, key, topic string) {
	t.Helper()
	eventually(t, key+" vanishes from Home Assistant", func() bool { return !h.has(key) })
	eventually(t, key+" is left out of the configuration, its topics are cleared", func() bool {
		kept := m.retained()
		return !strings.Contains(kept["homeassistant/device/earshot_n1_mic/config"], key) && kept[topic] == ""
	})
	h.well(t)
}

func TestRemovedLabelVanishes(t *testing.T) {
	m := newMosquitto(t)
	h := newHome(t, m)
	r := run(t, testConfig(m.URL()))
	eventually(t, "dog is there", func() bool { return h.has("mic_dog") })
	r.settled(t)
	r.Occurrence(onset("dog", 0))
	h.expectOrder(t, "earshot/n1/mic/last")
	if err := r.Reconfigure(sourced(without("dog"))); err != nil {
		t.Fatal(err)
	}
	gone(t, h, m, "mic_dog", dogState)
	if !h.has("mic_siren") {
		t.Error("another label vanished too")
	}
	if got := m.retained()["earshot/n1/mic/last"]; got != `{"label":"none","score":null,"onset":null}` {
		t.Errorf("the last sound is one that is gone: %s", got)
	}
	if err := r.Reconfigure(sourced([]Source{{Name: "a b"}, {Name: "a_b"}})); err == nil {
		t.Error("a bad configuration is taken")
	}
}

func (h *home) expectOrder(t *testing.T, topic string) {
	t.Helper()
	eventually(t, topic, func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		return len(h.order) > 0 && h.order[len(h.order)-1] == topic
	})
}

func TestRemovedLabelVanishesAcrossARestart(t *testing.T) {
	for _, name := range []string{"state file", "broker's memory"} {
		t.Run(name, func(t *testing.T) {
			m := newMosquitto(t)
			h := newHome(t, m)
			c := testConfig(m.URL())
			if name == "state file" {
				c.StateFile = t.TempDir() + "/announced.json"
			}
			r := run(t, c)
			r.settled(t)
			r.stop(t)
			if !h.has("mic_dog") {
				t.Fatal("no dog")
			}
			if name == "state file" {
				m.restart() // the broker forgot, Home Assistant did not
				h.reconnect(t, m)
			}
			c.Sources = without("dog")
			run(t, c)
			gone(t, h, m, "mic_dog", dogState)
		})
	}
}

// A crash between the two steps of a removal does not leave the stub behind.
func TestRemovalInterrupted(t *testing.T) {
	m := newMosquitto(t)
	h := newHome(t, m)
	c := testConfig(m.URL())
	c.StateFile = t.TempDir() + "/announced.json"
	r := run(t, c)
	r.settled(t)
	r.stop(t)
	c.Sources = without("dog")
	slow := c
	slow.Timing.Settle = time.Hour
	r = run(t, slow)
	eventually(t, "the first step", func() bool { return !h.has("mic_dog") })
	r.stop(t)
	if !strings.Contains(m.retained()["homeassistant/device/earshot_n1_mic/config"], `"mic_dog":{"p":"binary_sensor"}`) {
		t.Fatal("the stub is not there")
	}
	run(t, c)
	gone(t, h, m, "mic_dog", dogState)
}

func TestBirthBringsConfigurationThenStates(t *testing.T) {
	m := newMosquitto(t)
	h := newHome(t, m)
	r := run(t, testConfig(m.URL()))
	r.settled(t)
	r.Diagnostics(Diagnostics{LatencyMS: 12, Sources: []SourceDiagnostics{{Name: "mic", LevelDBFS: -40}}})
	h.expectOrder(t, "earshot/n1/diagnostics")
	h.publish("earshot/marker", "x", false) // what comes later is later
	h.expectOrder(t, "earshot/marker")
	h.mu.Lock()
	before := h.configs
	h.order = nil
	h.mu.Unlock()
	h.publish("homeassistant/status", "offline", false) // says nothing to us
	h.publish("homeassistant/status", "online", false)
	eventually(t, "the configuration again", func() bool { return h.count() == before+2 }) // the node and its source
	eventually(t, "the states after it", func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		seen := map[string]bool{}
		for i, topic := range h.order {
			if i == 0 && topic != "config" {
				t.Fatalf("%s comes before the configuration", topic)
			}
			seen[topic] = true
		}
		return seen[dogState] && seen["earshot/n1/mic/availability"] && seen["earshot/n1/diagnostics"]
	})
	h.well(t)
}

// TestChangesAreDebounced stops the clock within the debounce, so that no
// machine is too slow for it.
func TestChangesAreDebounced(t *testing.T) {
	m := newMosquitto(t)
	h := newHome(t, m)
	clock := &fakeClock{now: epoch}
	c := testConfig(m.URL())
	c.Now = clock.Now
	c.Timing.Debounce, c.Timing.SelfCheck = time.Minute, 1000*time.Hour
	r := run(t, c)
	later := func(configs int) {
		t.Helper()
		clock.set(clock.Now().Add(2 * time.Minute))
		r.Diagnostics(Diagnostics{}) // wakes the worker
		eventually(t, "the configuration", func() bool { return h.count() == configs })
		r.settled(t)
	}
	r.up(t)
	later(2) // the node and its source
	for i := range 20 {
		s := testSources()
		s[0].Labels = append(s[0].Labels, Label{ID: fmt.Sprintf("new%d", i), Watched: true})
		if err := r.Reconfigure(sourced(s)); err != nil {
			t.Fatal(err)
		}
		h.publish("homeassistant/status", "online", false)
	}
	eventually(t, "states do not wait", func() bool { return h.saw("earshot/n1/mic/new19/state") })
	if n := h.count(); n != 2 {
		t.Errorf("%d configurations within the debounce", n-2)
	}
	later(4)
	if !h.has("mic_new19") || h.has("mic_new3") {
		t.Error("not the newest, or an intermediate state was announced")
	}
	h.well(t)
}

func TestChangingTheWayOfDiscovery(t *testing.T) {
	m := newMosquitto(t)
	h := newHome(t, m)
	c := testConfig(m.URL())
	c.StateFile = t.TempDir() + "/announced.json"
	const legacy = "homeassistant/binary_sensor/earshot_n1_mic_dog/config"
	step := func(what string, ok func() bool) {
		t.Helper()
		r := run(t, c)
		eventually(t, what, ok)
		r.settled(t)
		r.stop(t)
	}
	step("device discovery", func() bool { return h.has("mic_dog") && !h.has(legacy) })
	c.LegacyDiscovery = true
	step("per-entity discovery instead", func() bool { return !h.has("mic_dog") && h.has(legacy) })
	c.Sources = without("siren")
	step("a label less", func() bool { return !h.has("homeassistant/binary_sensor/earshot_n1_mic_siren/config") && h.has(legacy) })
	c.LegacyDiscovery = false
	step("device discovery again", func() bool { return h.has("mic_dog") && !h.has(legacy) })
	c.NodeID = "n2"
	step("another node id", func() bool {
		kept := m.retained()
		for topic := range kept {
			if strings.Contains(topic, "n1") {
				return false
			}
		}
		return kept["homeassistant/device/earshot_n2/config"] != ""
	})
	c.Discovery = false
	step("no discovery", func() bool { return m.retained()["homeassistant/device/earshot_n2/config"] == "" })
	h.well(t)
}
