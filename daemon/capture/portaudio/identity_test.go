package portaudio

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"earshot/daemon/capture"
	"earshot/internal/test/sourcetest"
)

// kernel makes a tree like sysfs. cards holds each card's id by its number, and the folder of its device.
func kernel(t *testing.T, cards map[string][2]string) string {
	t.Helper()
	root := t.TempDir()
	for number, c := range cards {
		device := filepath.Join(root, "devices", c[1])
		card := filepath.Join(device, "sound", "card"+number)
		for _, dir := range []string{card, filepath.Join(root, "class", "sound")} {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(card, "id"), []byte(c[0]+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		for link, to := range map[string]string{
			filepath.Join(card, "device"):                        "../../../" + filepath.Base(device),
			filepath.Join(root, "class", "sound", "card"+number): card,
		} {
			if err := os.Symlink(to, link); err != nil {
				t.Fatal(err)
			}
		}
	}
	return root
}

const hub = "pci0000:00/0000:00:14.0/usb1/1-1/"

func TestIdentify(t *testing.T) {
	root := kernel(t, map[string][2]string{
		"0": {"PCH", "pci0000:00/0000:00:1f.3"},
		"1": {"Device", hub + "1-1.2/1-1.2:1.0"},
		"2": {"Device_1", hub + "1-1.4/1-1.4.3/1-1.4.3:1.0"},
		"3": {strings.Repeat("x", 1000), "platform/soc/fe980000.usb/usb3/3-1/3-1:1.2"},
		"4": {"evil\x1b[31m", "virtual"},
	})
	for name, want := range map[string]capture.Device{
		"HDA Intel PCH: ALC257 Analog (hw:0,0)": {Card: "PCH"},
		"USB Audio: - (hw:1,0)":                 {Card: "Device", Port: "usb-0000:00:14.0-1.2"},
		"USB Audio: - (hw:2,1)":                 {Card: "Device_1", Port: "usb-0000:00:14.0-1.4.3"},
		"Pi's (hw:3,0)":                         {Port: "usb-fe980000.usb-1"},
		"odd (hw:4,0)":                          {},
		"gone (hw:5,0)":                         {},
		"strange (hw:../1,0)":                   {},
		"pulse":                                 {},
	} {
		d := capture.Device{Name: name}
		identify(root, &d)
		if d.Card != want.Card || d.Port != want.Port {
			t.Errorf("%q: card %q, port %q; want %q, %q", name, d.Card, d.Port, want.Card, want.Port)
		}
	}
	d := capture.Device{Name: "mic (hw:0,0)"}
	if identify(filepath.Join(root, "nothing"), &d); d.Card != "" || d.Port != "" {
		t.Errorf("without sysfs: %+v", d)
	}
}

// Two microphones of one make, named by their ports, keep their rooms when their cards are numbered anew; when one
// is unplugged the other does not stand in for it, whatever it is called by.
func TestTwins(t *testing.T) {
	left := capture.Device{Index: 1, Name: "USB Audio: - (hw:1,0)", Channels: 1, Rate: sourcetest.Rate, Port: "usb-x-1.1"}
	right := capture.Device{Index: 2, Name: "USB Audio: - (hw:2,0)", Channels: 1, Rate: sourcetest.Rate, Port: "usb-x-1.2"}
	swapped := [2]capture.Device{{Index: 7, Name: left.Name, Port: right.Port}, {Index: 8, Name: right.Name, Port: left.Port}}
	h := newHost(&fakeSystem{}, leisurely)
	mic := func(name, device string) *Microphone {
		m, err := newMicrophone(Config{Common: capture.Common{Rate: sourcetest.Rate}, Name: name, Device: device}, h)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	hears := func(m *Microphone, want int, devices ...capture.Device) {
		t.Helper()
		if d, err := m.choose(devices); err != nil || d.Index != want {
			t.Errorf("source %s hears %+v, %v; want number %d", m.cfg.Name, d, err, want)
		}
	}
	refused := func(m *Microphone, why error, says string, devices ...capture.Device) {
		t.Helper()
		if d, err := m.choose(devices); !errors.Is(err, why) || !strings.Contains(err.Error(), says) {
			t.Errorf("source %s hears %+v, %v; want an error that says %q", m.cfg.Name, d, err, says)
		}
	}
	a, b := mic("a", left.Port), mic("b", right.Port)
	hears(a, 1, left, right)
	hears(b, 2, left, right)
	refused(mic("c", left.Port), capture.ErrTaken, "heard by source a already", left, right)
	refused(mic("d", "USB"), capture.ErrNoDevice, "usb-x-1.1", left, right)
	hears(a, 8, swapped[0], swapped[1])
	hears(b, 7, swapped[0], swapped[1])
	refused(a, capture.ErrNoDevice, "usb-x-1.1", right)
	refused(mic("e", left.Name), capture.ErrTaken, "heard by source a already", left) // waited for by a, so a's
	h.giveUp(a)
	h.giveUp(b)

	byName := mic("f", "USB Audio")
	hears(byName, 1, left)
	refused(byName, capture.ErrNoDevice, "several names", left, right)
	h.giveUp(byName)

	other := capture.Device{Index: 3, Name: "USB Audio: other (hw:3,0)", Port: "usb-x-1.3"}
	named := mic("g", "USB Audio: -")
	hears(named, 1, left, other)
	refused(named, capture.ErrNoDevice, "left out: 1 that", other)
	moved := left
	moved.Index, moved.Port = 9, "usb-x-1.4" // plugged into another port
	hears(named, 9, other, moved)
}

// One microphone of two channels may be two sources, one of each.
func TestOneDeviceForTwo(t *testing.T) {
	h := newHost(&fakeSystem{}, leisurely)
	device := capture.Device{Index: 1, Name: "stereo", Channels: 2, Rate: sourcetest.Rate, Default: true}
	for i, c := range []struct {
		channel int
		want    error
	}{{1, nil}, {2, nil}, {0, capture.ErrTaken}, {2, capture.ErrTaken}} {
		m, err := newMicrophone(Config{Common: capture.Common{Rate: sourcetest.Rate, Channel: c.channel}}, h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.choose([]capture.Device{device}); !errors.Is(err, c.want) {
			t.Errorf("source %d, channel %d: %v, want %v", i, c.channel, err, c.want)
		}
	}
}

// The system's input goes by several names; where there is one card, it is that one, and it is opened once.
func TestSystemsInputIsOneDevice(t *testing.T) {
	card := capture.Device{Index: 1, Name: "HDA: Analog (hw:0,0)", HostAPI: "ALSA", Card: "PCH"}
	second := capture.Device{Index: 2, Name: "USB Audio: - (hw:1,0)", HostAPI: "ALSA", Port: "usb-x-1.1"}
	standard := capture.Device{Index: 3, Name: "default", HostAPI: "ALSA", Default: true}
	pulse := capture.Device{Index: 4, Name: "pulse", HostAPI: "ALSA"}
	for _, c := range []struct {
		first, then string
		devices     []capture.Device
		twice       bool
	}{
		{"default", "pulse", []capture.Device{standard, pulse}, true},
		{"", "pulse", []capture.Device{card, second, standard, pulse}, true},
		{"card:PCH", "pulse", []capture.Device{card, standard, pulse}, true},
		{"default", "HDA: Analog (hw:0,0)", []capture.Device{card, standard, pulse}, true},
		{"card:PCH", "usb-x-1.1", []capture.Device{card, second, standard}, false},
		{"card:PCH", "pulse", []capture.Device{card, second, standard, pulse}, false}, // nobody says which of the two it is
	} {
		h := newHost(&fakeSystem{}, leisurely)
		var err error
		for i, device := range []string{c.first, c.then} {
			m, bad := newMicrophone(Config{Common: capture.Common{Rate: sourcetest.Rate}, Name: string(rune('a' + i)), Device: device}, h)
			if bad != nil {
				t.Fatal(bad)
			}
			_, err = m.choose(c.devices)
			if i == 0 && err != nil {
				t.Fatal(err)
			}
		}
		if errors.Is(err, capture.ErrTaken) != c.twice || (err != nil) != c.twice {
			t.Errorf("%q and then %q: %v", c.first, c.then, err)
		}
	}
}
