package capture

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// ErrNoDevice says that no input device has the wanted name, or that there is
// no input device at all. The error text lists what there is.
var ErrNoDevice = errors.New("no such input device")

// Device is a sound input as PortAudio names it.
type Device struct {
	Index    int     // PortAudio's number; changes when devices come and go
	Name     string  // "USB Audio: - (hw:1,0)"
	HostAPI  string  // "ALSA", "JACK Audio Connection Kit", …
	Channels int     // input channels at most
	Rate     float64 // Hz, the device's default
	Default  bool    // the system's default input
}

// Choose finds the input device called want: the one with exactly this name,
// else the one that differs only in its ALSA card number (cards are numbered
// anew when they are plugged in), else the only one whose name contains want,
// upper and lower case alike. An empty want means the system's default.
func Choose(devices []Device, want string) (Device, error) {
	if len(devices) == 0 {
		wanted := ""
		if want != "" {
			wanted = fmt.Sprintf("%q; ", want)
		}
		return Device{}, fmt.Errorf("%w: %sthere is no microphone: %s", ErrNoDevice, wanted, list(devices))
	}
	if want == "" {
		for _, d := range devices {
			if d.Default {
				return d, nil
			}
		}
		return Device{}, fmt.Errorf("%w: there is no default input; %s", ErrNoDevice, list(devices))
	}
	for _, same := range []func(name string) bool{
		func(name string) bool { return name == want },
		func(name string) bool { return strings.EqualFold(name, want) },
		func(name string) bool { return cardless(name) != name && cardless(name) == cardless(want) },
	} {
		for _, d := range devices {
			if same(d.Name) {
				return d, nil
			}
		}
	}
	var found []Device
	for _, d := range devices {
		if strings.Contains(strings.ToLower(d.Name), strings.ToLower(want)) {
			found = append(found, d)
		}
	}
	switch len(found) {
	case 0:
		return Device{}, fmt.Errorf("%w: %q; %s", ErrNoDevice, want, list(devices))
	case 1:
		return found[0], nil
	}
	return Device{}, fmt.Errorf("%w: %q is part of several names; give one of them in full: %s", ErrNoDevice, want, names(found))
}

var cardNumber = regexp.MustCompile(` \(hw:\d+,\d+\)$`)

// cardless is name without the card number that PortAudio appends for ALSA.
func cardless(name string) string { return cardNumber.ReplaceAllString(name, "") }

// list says which inputs there are.
func list(devices []Device) string {
	if len(devices) == 0 {
		return "no sound input was found (is a microphone plugged in, and may this user open it? group audio)"
	}
	return "there are " + names(devices)
}

func names(devices []Device) string {
	q := make([]string, len(devices))
	for i, d := range devices {
		q[i] = fmt.Sprintf("%q", d.Name)
	}
	return strings.Join(q, ", ")
}
