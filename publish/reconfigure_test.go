package publish

import (
	"strings"
	"testing"
)

// TestReconfigure: the device, discovery's prefix and form change without the
// connection, the states or an event being touched.
func TestReconfigure(t *testing.T) {
	m := newMosquitto(t)
	h := newHome(t, m)
	c := testConfig(m.URL())
	r := run(t, c)
	r.settled(t)
	r.SourceAvailable("mic", true, "")
	r.Occurrence(onset("dog", 0))
	l := m.listen("earshot/n1/#")
	l.expect(dogState, "ON")

	c.Device.Name, c.Device.Area = "Cellar", "Below"
	change := func() {
		t.Helper()
		if err := r.Reconfigure(c); err != nil {
			t.Fatal(err)
		}
	}
	config := func(topic string, want ...string) func() bool {
		return func() bool {
			got := m.retained()[topic]
			for _, w := range want {
				if !strings.Contains(got, w) {
					return false
				}
			}
			return got != "" || len(want) == 0
		}
	}
	const device = "homeassistant/device/earshot_n1/config"
	change()
	eventually(t, "the new name and area", config(device, `"Cellar"`, `"sa":"Below"`))

	c.DiscoveryPrefix = "other"
	change()
	eventually(t, "it is under the other prefix", config("other/device/earshot_n1/config", `"Cellar"`))
	eventually(t, "it has left the first", func() bool { return m.retained()[device] == "" })
	before := r.Stats().Discoveries
	h.publish("other/status", "online", false)
	eventually(t, "the birth message of the other prefix is obeyed", func() bool { return r.Stats().Discoveries > before })

	c.DiscoveryPrefix, c.LegacyDiscovery = "homeassistant", true
	change()
	eventually(t, "one topic per entity", config("homeassistant/binary_sensor/earshot_n1_mic_dog/config", `"via_device":"earshot_n1"`))
	c.Discovery = false
	change()
	eventually(t, "nothing is announced", func() bool {
		for topic := range m.retained() {
			if strings.HasPrefix(topic, "homeassistant/") {
				return false
			}
		}
		return true
	})

	c.EventStart = true
	change()
	r.Occurrence(onset("siren", 0))
	eventually(t, "an event at the onset", func() bool {
		all := l.on(events)
		return len(all) > 0 && strings.Contains(all[len(all)-1], `"phase":"start"`)
	})
	c.DiscoveryPrefix = "a/#"
	if err := r.Reconfigure(c); err == nil {
		t.Error("a bad prefix is taken")
	}
	if s := r.Stats(); s.Connects != 1 || s.ConnectionsLost != 0 {
		t.Errorf("the connection was not left alone: %+v", s)
	}
	if got := l.on(dogState); got[len(got)-1] != "ON" {
		t.Errorf("the dog's states are %v", got)
	}
}
