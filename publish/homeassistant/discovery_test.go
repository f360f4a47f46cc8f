package homeassistant

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"earshot/internal/test/schema"
	"earshot/publish/topic"
)

// The golden files are this code's own output, read and found right by a
// person and by the validator. Write them anew with: go test ./publish/homeassistant -run Golden -update
var update = flag.Bool("update", false, "write the golden files anew")

func pretty(t *testing.T, payload []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := json.Indent(&out, payload, "", "  "); err != nil {
		t.Fatal(err)
	}
	return append(out.Bytes(), '\n')
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", "discovery", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; got\n%s", path, got)
	}
}

func testSettings() map[string]*Settings {
	one := &Settings{Node: "n1", Tree: topic.NewTree("earshot", "n1"), Prefix: "homeassistant", Enabled: true, Every: time.Minute, Image: true,
		Device: Device{Name: "Hallway", Manufacturer: "earshot", Model: "ACRNN ESC-50", SWVersion: "0.1.0", Area: "Hall",
			URL: "http://hallway.lan:8090/", SupportURL: "https://example.org/earshot"},
		Sources: []topic.Source{{Name: "mic", Title: "Microphone", Labels: []topic.Label{{ID: "dog", Title: "Dog", Watched: true},
			{ID: "siren", Watched: true}, {ID: "alarm", Group: true, Watched: true}, {ID: "rain"}}}}}
	guarded := *one
	guarded.Guarded = true
	two := *one
	two.Image = false
	two.Node, two.Tree = "7f3a9c", topic.NewTree("earshot", "7f3a9c")
	two.Sources = []topic.Source{
		{Name: "mic", Title: "Hall", Labels: one.Sources[0].Labels},
		{Name: "camera_1", Labels: []topic.Label{{ID: "glass_breaking", Title: "Scheibe \"klirrt\"", Icon: "mdi:glass-fragile", Watched: true}}},
		{Name: "Küche", Labels: nil},
	}
	two.Device = Device{Name: "Haus", URL: "ftp://user:secret@nas/", Manufacturer: "earshot"}
	return map[string]*Settings{"one": one, "two": &two, "guarded": &guarded}
}

func TestGoldenDiscovery(t *testing.T) {
	for name, c := range testSettings() {
		var devices bytes.Buffer
		for _, d := range c.devices() {
			m := c.message(d, nil, nil)
			for _, e := range schema.Device(m.Topic, m.Payload) {
				t.Errorf("%s: %s", name, e)
			}
			if !m.Retain || m.QoS != 1 {
				t.Errorf("%s: retained %v, QoS %d", name, m.Retain, m.QoS)
			}
			devices.WriteString(m.Topic + "\n")
			devices.Write(pretty(t, m.Payload))
		}
		golden(t, name+".devices.txt", devices.Bytes())
		removal := c.message(c.devices()[1], stubs(keys{"mic_rain": "binary_sensor", "mic_dog": "binary_sensor"}), nil)
		for _, e := range schema.Device(removal.Topic, removal.Payload) {
			t.Errorf("%s: %s", name, e)
		}
		if !bytes.Contains(removal.Payload, []byte(`"mic_rain":{"p":"binary_sensor"}`)) {
			t.Errorf("%s: no removal: %s", name, removal.Payload)
		}
		if bytes.Contains(removal.Payload, []byte(`"mic_dog":{"p":"binary_sensor"}`)) {
			t.Errorf("%s: what is configured is removed: %s", name, removal.Payload)
		}
		var all bytes.Buffer
		for _, e := range c.entityMessages(c.components()) {
			for _, err := range schema.Entity(e.Topic, e.Payload) {
				t.Errorf("%s %s: %s", name, e.Topic, err)
			}
			all.WriteString(e.Topic + "\n")
			all.Write(pretty(t, e.Payload))
		}
		golden(t, name+".legacy.txt", all.Bytes())
		if strings.Contains(all.String(), "secret") {
			t.Errorf("%s: a secret is announced", name)
		}
	}
}

// TestValidatorRefuses shows that the validator is not a rubber stamp: each
// change breaks one rule of docs/mqtt.md.
func TestValidatorRefuses(t *testing.T) {
	c := testSettings()["one"]
	good := string(c.message(c.devices()[1], nil, nil).Payload)
	for _, x := range []struct{ name, old, new string }{
		{"unknown root key", `{"dev":`, `{"foo":1,"dev":`},
		{"tilde", `{"dev":`, `{"~":"x","dev":`},
		{"qos at the root", `{"dev":`, `{"qos":1,"dev":`},
		{"unknown device key", `"mf":`, `"vendor":`},
		{"no identifiers", `"ids":["earshot_n1_mic"],`, ``},
		{"no origin name", `"o":{"name":"earshot",`, `"o":{`},
		{"unknown origin key", `"o":{"name"`, `"o":{"x":1,"name"`},
		{"component without platform", `"mic_dog":{"p":"binary_sensor",`, `"mic_dog":{`},
		{"component without unique id", `"uniq_id":"earshot_n1_mic_dog",`, ``},
		{"unique id twice", `"uniq_id":"earshot_n1_mic_dog"`, `"uniq_id":"earshot_n1_mic_siren"`},
		{"component id", `"mic_dog":{`, `"mic dog":{`},
		{"unknown component key", `"name":"Dog"`, `"nickname":"Dog"`},
		{"availability twice", `"avty_mode":"all","cmps"`, `"avty_t":"x","avty_mode":"all","cmps"`},
		{"enum with a unit", `"ops":["none"`, `"unit_of_meas":"dB","ops":["none"`},
		{"expire on retained", `"dev_cla":"sound"`, `"exp_aft":60,"dev_cla":"sound"`},
		{"off delay", `"dev_cla":"sound"`, `"off_dly":60,"dev_cla":"sound"`},
		{"wildcard", `"stat_t":"earshot/n1/mic/dog/attributes"`, `"stat_t":"earshot/n1/+/dog/attributes"`},
		{"event without types", `"evt_typ":["dog","siren"],`, ``},
		{"bad url", `"cu":"http://hallway.lan:8090/"`, `"cu":"hallway"`},
		{"image without a topic", `"img_t":"earshot/n1/mic/image",`, ``},
		{"button with a wildcard", `"cmd_t":"earshot/n1/mic/threshold/set"`, `"cmd_t":"earshot/n1/+/threshold/set"`},
		{"number without a command", `"cmd_tpl":"{{`, `"cmd_tpl":"x{{`},
		{"trailing", `{"dev":`, `{} {"dev":`},
	} {
		changed := strings.Replace(good, x.old, x.new, 1)
		if changed == good {
			t.Errorf("%s: the test changes nothing", x.name)
		}
		if len(schema.Device("homeassistant/device/earshot_n1/config", []byte(changed))) == 0 {
			t.Errorf("%s is not refused", x.name)
		}
	}
	if len(schema.Device("homeassistant/device/ear shot/config", []byte(good))) == 0 {
		t.Error("a bad topic is not refused")
	}
}

func FuzzRememberedConfig(f *testing.F) {
	c := testSettings()["one"]
	f.Add(c.message(c.devices()[0], nil, nil).Payload)
	f.Add([]byte(`{"cmps":{"a":{"p":"sensor"},"../b":{"p":"sensor"},"c":{"p":"shell"}}}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		a := &Announcer{Settings: *c}
		a.Remembered(c.nodeTopic(), payload, time.Time{})
		for _, m := range a.plan(nil).Messages {
			if len(m.Payload) > 0 {
				if errs := schema.Device(m.Topic, m.Payload); len(errs) > 0 {
					t.Fatalf("what the broker remembered spoils our configuration: %q", errs)
				}
			}
		}
	})
}
