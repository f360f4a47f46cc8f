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
	if _, err := Choose(nil, ""); !errors.Is(err, ErrNoDevice) || !strings.Contains(err.Error(), "no sound input was found") {
		t.Errorf("no devices: %v", err)
	}
}
