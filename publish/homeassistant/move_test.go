package homeassistant

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestMovesToADeviceOfItsOwn: what version 1 announced in the node's message is taken out of that before it is
// announced in the source's, for the unique ids are the same; nothing that stays counts as missed.
func TestMovesToADeviceOfItsOwn(t *testing.T) {
	file := filepath.Join(t.TempDir(), "announced.json")
	const old = `{"version":1,"node":"n1","base":"earshot/n1","topic":"homeassistant/device/earshot_n1/config",
		"device":{"latency":"sensor","mic_dog":"binary_sensor","mic_rain":"binary_sensor"},
		"topics":["earshot/n1/mic/dog/state","earshot/n1/mic/rain/state"]}`
	if err := os.WriteFile(file, []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := New(*testSettings()["one"], file)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Unix(1e9, 0)
	a.Connected(now)
	var said [2]map[string]string
	for i := range said {
		p, err := a.Begin([]string{"earshot/n1/mic/dog/state"})
		if err != nil {
			t.Fatal(err)
		}
		said[i] = map[string]string{}
		for _, m := range p.Messages {
			said[i][m.Topic] = string(m.Payload)
		}
		if err := a.Done(p, now, time.Second); err != nil {
			t.Fatal(err)
		}
	}
	const node, mic, rain = "homeassistant/device/earshot_n1/config", "homeassistant/device/earshot_n1_mic/config", "earshot/n1/mic/rain/state"
	for _, c := range []struct {
		when        int
		topic, text string
		there       bool
	}{
		{0, node, `"mic_dog":{"p":"binary_sensor"}`, true}, {0, node, `"mic_rain":{"p":"binary_sensor"}`, true}, {0, node, `"latency":{"p":"sensor","name"`, true},
		{0, mic, `"mic_dog"`, false}, {0, mic, `"mic_siren"`, true},
		{1, node, "mic_", false}, {1, mic, `"mic_dog":{"p":"binary_sensor","name"`, true},
	} {
		if strings.Contains(said[c.when][c.topic], c.text) != c.there {
			t.Errorf("publication %d on %s: %s is there: %v\n%s", c.when, c.topic, c.text, !c.there, said[c.when][c.topic])
		}
	}
	if _, early := said[0][rain]; early {
		t.Error("the state is cleared before its entity is gone")
	}
	if empty, cleared := said[1][rain]; !cleared || empty != "" {
		t.Error("the state is not cleared")
	}
	if len(a.last.Missed) != 1 || a.last.Missed["mic_rain"] == "" { // Home Assistant may be down
		t.Errorf("missed are %v", a.last.Missed)
	}
	if !a.Due().IsZero() {
		t.Error("it does not end")
	}
}
