package capture

import (
	"errors"
	"strings"
	"testing"
)

func TestChoose(t *testing.T) {
	devices := []Device{
		{Index: 0, Name: "HDA Intel PCH: ALC257 Analog (hw:0,0)"},
		{Index: 4, Name: "Samson Meteor Mic: USB Audio (hw:1,0)"},
		{Index: 5, Name: "sysdefault"},
		{Index: 6, Name: "default", Default: true},
		{Index: 7, Name: "mic"},
		{Index: 8, Name: "mic array"},
	}
	for _, c := range []struct {
		want  string
		index int // -1 = error
		says  []string
	}{
		{"", 6, nil},
		{"mic", 7, nil},       // exact wins over "Samson Meteor Mic" and "mic array"
		{"MIC ARRAY", 8, nil}, // case
		{"samson", 4, nil},    // part
		{"ALC257", 0, nil},    //
		{"default", 6, nil},   // exact wins over "sysdefault"
		{"Samson Meteor Mic: USB Audio (hw:3,0)", 4, nil}, // plugged in with another number
		{"Yeti", -1, []string{`"Yeti"`, `"sysdefault"`, `"mic"`}},
		{"hw:", -1, []string{"several", "ALC257", "Samson"}},
		{"default (hw:1,0)", -1, []string{"there are"}},
	} {
		d, err := Choose(devices, c.want)
		switch {
		case c.index >= 0 && (err != nil || d.Index != c.index):
			t.Errorf("%q: got %+v, %v; want number %d", c.want, d, err, c.index)
		case c.index < 0 && !errors.Is(err, ErrNoDevice):
			t.Errorf("%q: got %+v, %v; want ErrNoDevice", c.want, d, err)
		}
		for _, s := range c.says {
			if err != nil && !strings.Contains(err.Error(), s) {
				t.Errorf("%q: error %q does not say %s", c.want, err, s)
			}
		}
	}
	twins := []Device{
		{Index: 1, Name: "USB Audio: - (hw:1,0)", Port: "usb-0000:00:14.0-1.2", Card: "Device"},
		{Index: 2, Name: "USB Audio: - (hw:2,0)", Port: "usb-0000:00:14.0-1.3", Card: "Device_1"},
		{Index: 3, Name: "HDA Intel PCH: ALC257 Analog (hw:0,0)", Card: "PCH"},
		{Index: 4, Name: "HDA Intel PCH: ALC257 Alt Analog (hw:0,2)", Card: "PCH"},
		{Index: 5, Name: "pulse"},
	}
	for want, index := range map[string]int{
		"usb-0000:00:14.0-1.2":   1,
		"usb-0000:00:14.0-1.3":   2,
		"usb-0000:00:14.0-1.3,0": 2,
		"card:Device":            1,
		"card:Device_1":          2,
		"card:PCH,2":             4,
		"Alt Analog":             4,
		"pulse":                  5,
	} {
		if d, err := Choose(twins, want); err != nil || d.Index != index {
			t.Errorf("%q: got %+v, %v; want number %d", want, d, err, index)
		}
	}
	for want, says := range map[string]string{
		"USB Audio":                "usb-0000:00:14.0-1.3",
		"USB Audio: - (hw:1,0)":    "their numbers change; take a port or card",
		"USB Audio: - (hw:7,0)":    "several are called",
		"usb-0000:00:14.0-1":       "no such input device", // no part of an identity
		"usb-0000:00:14.0-1.4":     `(usb-0000:00:14.0-1.2,0)`,
		"card:":                    "no such input device",
		"card:PCH":                 `add the number of one, as in "card:PCH,0"`,
		"card:PCH,1":               "no such input device",
		"usb-0000:00:14.0-1.2,0,0": "no such input device",
	} {
		if d, err := Choose(twins, want); !errors.Is(err, ErrNoDevice) || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: got %+v, %v; want %q", want, d, err, says)
		}
	}
	if _, err := Choose(nil, ""); !errors.Is(err, ErrNoDevice) || !strings.Contains(err.Error(), "no sound input was found") {
		t.Errorf("no devices: %v", err)
	}
}
