package homeassistant

import (
	"strings"
	"testing"
	"time"

	"earshot/internal/test/schema"
)

// TestMissedKeepsTheSchema: what is announced once more for its removal is what
// Home Assistant takes, for every platform.
func TestMissedKeepsTheSchema(t *testing.T) {
	a := &Announcer{Settings: *testSettings()["one"], last: announced{Missed: keys{"mic_a": "binary_sensor", "mic_b": "sensor", "mic_c": "event",
		"mic_d": "switch", "mic_e": "number", "alarm": "alarm_control_panel", "alarm_acknowledge": "button", "mic_dog": "binary_sensor", "../e": "sensor", "f": "shell"}}}
	a.Born(true, time.Time{})
	p := a.plan(nil)
	if len(p.Messages) != 2 { // the node, with what was missed, and its source
		t.Fatalf("%v", p.Messages)
	}
	for _, e := range schema.Device(p.Messages[0].Topic, p.Messages[0].Payload) {
		t.Error(e)
	}
	text := string(p.Messages[0].Payload)
	for _, want := range []string{`"mic_a":{"p":"binary_sensor",`, `"mic_b":{"p":"sensor",`, `"mic_c":{"p":"event",`, `"mic_d":{"p":"switch",`, `"mic_e":{"p":"number",`} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
	if strings.Contains(text, "shell") || strings.Contains(text, "..") {
		t.Errorf("a spoilt state file is announced: %s", text)
	}
}
