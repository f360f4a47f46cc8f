package publish

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// TestRemovedWhileHomeIsDown: a label that is taken out while Home Assistant
// is down vanishes when it comes back, also over a restart of our own, and
// nothing is left of it on the broker.
func TestRemovedWhileHomeIsDown(t *testing.T) {
	for _, c := range []struct {
		name            string
		legacy, restart bool
	}{{"device", false, false}, {"device, restarted", false, true}, {"per entity", true, false}, {"per entity, restarted", true, true}} {
		t.Run(c.name, func(t *testing.T) {
			m := newMosquitto(t)
			h := newHome(t, m)
			cfg := testConfig(m.URL())
			cfg.StateFile = t.TempDir() + "/announced.json"
			cfg.LegacyDiscovery = c.legacy
			key, where := "mic_dog", "homeassistant/device/earshot_n1_mic/config"
			if c.legacy {
				where = "homeassistant/binary_sensor/earshot_n1_mic_dog/config"
				key = where
			}
			r := run(t, cfg)
			r.settled(t)
			eventually(t, "dog is there", func() bool { return h.has(key) })
			h.stop(!c.restart)
			cfg.Sources = without("dog")
			if c.restart {
				r.stop(t)
				r = run(t, cfg)
			} else if err := r.Reconfigure(cfg); err != nil {
				t.Fatal(err)
			}
			away := func() bool { return !strings.Contains(m.retained()[where], "mic_dog") }
			eventually(t, "it is left out", away)
			r.settled(t)
			h.start(t, m)
			if !h.has(key) {
				t.Fatal("the registry forgot it: the test shows nothing")
			}
			eventually(t, "it vanishes from Home Assistant", func() bool { return !h.has(key) })
			eventually(t, "it is left out again", away)
			eventually(t, "it is forgotten", func() bool {
				var kept struct {
					Missed map[string]string `json:"ghosts"`
				}
				b, err := os.ReadFile(cfg.StateFile)
				return err == nil && json.Unmarshal(b, &kept) == nil && len(kept.Missed) == 0
			})
			h.well(t)
		})
	}
}
