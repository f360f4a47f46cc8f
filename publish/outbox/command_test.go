package outbox

import (
	"fmt"
	"strings"
	"testing"
)

func TestParseMute(t *testing.T) {
	for payload, want := range map[string]string{
		"ON":                                   "true 0s",
		"OFF":                                  "false 0s",
		" ON\n":                                "true 0s",
		"600":                                  "true 10m0s",
		"10m":                                  "true 10m0s",
		"1h30m":                                "true 1h30m0s",
		"604800":                               "true 168h0m0s",
		`{"state":"ON"}`:                       "true 0s",
		`{"state":"OFF"}`:                      "false 0s",
		`{"state":"ON","duration":90}`:         "true 1m30s",
		`{"state":"ON","duration":"90s"}`:      "true 1m30s",
		`{"state":"ON","duration":null}`:       "true 0s",
		"":                                     "want ON, OFF, seconds",
		"on":                                   "want ON, OFF, seconds",
		"0":                                    "1s to 168h0m0s",
		"-5":                                   "want ON, OFF, seconds",
		"+5":                                   "want ON, OFF, seconds",
		"1e9":                                  "want ON, OFF, seconds",
		"604801":                               "1s to 168h0m0s",
		"99999999999999999999":                 "want ON, OFF, seconds",
		"9999999h":                             "1s to 168h0m0s",
		"1ns":                                  "1s to 168h0m0s",
		"NaN":                                  "want ON, OFF, seconds",
		"ON OFF":                               "want ON, OFF, seconds",
		"ON\x00":                               "want ON, OFF, seconds",
		"{":                                    `want {"state"`,
		`{}`:                                   `want {"state"`,
		`{"state":"ON","x":1}`:                 `want {"state"`,
		`{"state":"maybe"}`:                    `state must be "ON" or "OFF"`,
		`{"state":"OFF","duration":5}`:         "OFF takes no duration",
		`{"state":"ON","duration":1.5}`:        "want ON, OFF, seconds",
		`{"state":"ON","duration":[1]}`:        "want ON, OFF, seconds",
		`{"state":"ON"}{"state":"OFF"}`:        "something follows",
		strings.Repeat("9", maxCommandBytes+1): "129 bytes: want at most 128",
	} {
		on, d, err := parseMute([]byte(payload))
		got := fmt.Sprint(on, " ", d)
		if err != nil {
			got = err.Error()
		}
		if err == nil && got != want || err != nil && !strings.Contains(got, want) {
			t.Errorf("%q: %s, want %s", payload, got, want)
		}
		if err != nil && (on || d != 0) {
			t.Errorf("%q: an error and a command: %v %v", payload, on, d)
		}
	}
}

// FuzzCommand plays topic and payload into an outbox. Whatever comes, a command
// that is obeyed is within bounds and names what is configured, an error does
// not repeat the payload, and the retained topics stay what they may be.
func FuzzCommand(f *testing.F) {
	for _, payload := range []string{"ON", "OFF", "600", "10m", `{"state":"ON","duration":"5m"}`, `{"state":"ON","duration":1e99}`, "\xff", ""} {
		for _, topic := range []string{"earshot/n1/mic/mute/set", "earshot/n1/mic/dog/mute/set", "earshot/n1/mic/../mute/set", "earshot/n1//mute/set", "x"} {
			f.Add(topic, []byte(payload))
		}
	}
	o := newTest(10)
	f.Fuzz(func(t *testing.T, topic string, payload []byte) {
		c, is, err := o.commandOf(topic, payload)
		if !is && (err != nil || c != (Command{})) {
			t.Fatalf("%q is no command topic, yet %v %v", topic, c, err)
		}
		if err != nil {
			if len(err.Error()) > 200 {
				t.Fatalf("a long error: %v", err)
			}
			return
		}
		if !is {
			return
		}
		if c.Source != "mic" || c.Duration < 0 || c.Duration > maxMute || !c.On && c.Duration != 0 || len(payload) > maxCommandBytes {
			t.Fatalf("obeyed: %+v", c)
		}
		if !o.Mute(c, epoch) {
			t.Fatalf("checked, yet unknown: %+v", c)
		}
		for _, name := range o.Retained() {
			v := string(o.wanted[name])
			if strings.HasSuffix(name, "/mute") && v != "ON" && v != "OFF" {
				t.Fatalf("%s = %q", name, v)
			}
		}
	})
}
