package capture

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// ErrNoDevice says that no input device has the wanted name, or that there is
// no input device at all. The error text lists what there is.
var ErrNoDevice = errors.New("no such input device")

// ErrTaken says that the wanted device is another source's.
var ErrTaken = errors.New("one microphone for two sources")

// Device is a sound input as PortAudio names it.
type Device struct {
	Index    int     // PortAudio's number; changes when devices come and go
	Name     string  // "USB Audio: - (hw:1,0)"
	HostAPI  string  // "ALSA", "JACK Audio Connection Kit", …
	Channels int     // input channels at most
	Rate     float64 // Hz, the device's default
	Default  bool    // the system's default input

	// What stays the same when cards are numbered anew; "" where it is not known.
	Port string // the USB port that it is plugged into, such as "usb-0000:00:14.0-1.2"
	Card string // ALSA's id of the card, such as "PCH"; of two alike the one that was found second is "Device_1"
}

// Prefixes of identities, as a configuration names them.
const (
	portPrefix = "usb-"
	cardPrefix = "card:"
)

// Identity is the steadiest name of d that Choose takes: its port, else its card, else "".
func (d Device) Identity() string {
	switch {
	case d.Port != "":
		return d.Port
	case d.Card != "":
		return cardPrefix + d.Card
	}
	return ""
}

// Key tells d from every other input: two devices with one key are the same.
func (d Device) Key() string {
	if id := d.Identity(); id != "" {
		return id + d.number()
	}
	return d.HostAPI + " " + d.Name
}

// theSystems are ALSA's names for the system's input, whatever that is at the moment.
var theSystems = []string{"default", "sysdefault", "pulse", "pipewire"}

// Heard is the key of what d hears, where there are these devices: the system's input goes by several names, and is the
// only card where there is one. Which of several cards it is nobody says.
func (d Device) Heard(devices []Device) string {
	if d.Identity() != "" || !slices.Contains(theSystems, d.Name) {
		return d.Key()
	}
	var cards []Device
	for _, other := range devices {
		if other.Identity() != "" {
			cards = append(cards, other)
		}
	}
	if len(cards) == 1 {
		return cards[0].Key()
	}
	return d.HostAPI + " " + theSystems[0]
}

// number is ",0" of a name that ends in "(hw:1,0)": which of its card's inputs it is.
func (d Device) number() string {
	if hw := cardNumber.FindStringSubmatch(d.Name); hw != nil {
		return hw[1]
	}
	return ""
}

// is says whether want, an identity, is d's. A card of several inputs needs the number of one: "card:PCH,1".
func (d Device) is(want string) bool {
	for _, id := range []string{d.Port, cardPrefix + d.Card} {
		if id == want || id+d.number() == want {
			return id != "" && id != cardPrefix
		}
	}
	return false
}

// Choose finds the input device called want: the one with this identity if want is one (a USB port, or card:ID), else
// the one with exactly this name, else the one that differs only in its ALSA card number (cards are numbered anew
// when they are plugged in), else the only one whose name contains want, upper and lower case alike. Where several
// would do it takes none. An empty want means the system's default.
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
	if strings.HasPrefix(want, portPrefix) || strings.HasPrefix(want, cardPrefix) {
		return one(devices, want, Device.is, fmt.Sprintf("%q has several inputs; add the number of one, as in %q", want, want+",0"))
	}
	for _, same := range []func(d Device, want string) bool{
		func(d Device, want string) bool { return d.Name == want },
		func(d Device, want string) bool { return strings.EqualFold(d.Name, want) },
		func(d Device, want string) bool {
			return cardless(d.Name) != d.Name && cardless(d.Name) == cardless(want)
		},
	} {
		d, err := one(devices, want, same, fmt.Sprintf("several are called %q", want))
		if err == nil {
			return d, alone(d, devices)
		}
		if !errors.Is(err, errNone) {
			return d, err
		}
	}
	d, err := one(devices, want, func(d Device, want string) bool {
		return strings.Contains(strings.ToLower(d.Name), strings.ToLower(want))
	}, fmt.Sprintf("%q is part of several names; give one of them in full, or its port", want))
	if err == nil {
		err = alone(d, devices)
	}
	return d, err
}

// errNone is the error of one where no device fits.
var errNone = fmt.Errorf("%w", ErrNoDevice)

// one is the only device that fits; several says why more are too many.
func one(devices []Device, want string, fits func(d Device, want string) bool, several string) (Device, error) {
	var found []Device
	for _, d := range devices {
		if fits(d, want) {
			found = append(found, d)
		}
	}
	switch len(found) {
	case 0:
		return Device{}, fmt.Errorf("%w: %q; %s", errNone, want, list(devices))
	case 1:
		return found[0], nil
	}
	return Device{}, fmt.Errorf("%w: %s: %s", ErrNoDevice, several, names(found))
}

// alone refuses a name that another device has too but for its card number: at the next start the numbers may be
// the other way round, and one room's sound would be the other's.
func alone(d Device, devices []Device) error {
	var alike []Device
	for _, other := range devices {
		if cardless(other.Name) != other.Name && cardless(other.Name) == cardless(d.Name) {
			alike = append(alike, other)
		}
	}
	if len(alike) < 2 || d.Identity() == "" {
		return nil
	}
	return fmt.Errorf("%w: several are called %q, and their numbers change; take a port or card instead of the name: %s", ErrNoDevice, cardless(d.Name), names(alike))
}

var cardNumber = regexp.MustCompile(` \(hw:\d+(,\d+)\)$`)

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
		if id := d.Identity(); id != "" {
			q[i] += fmt.Sprintf(" (%s)", id+d.number())
		}
	}
	return strings.Join(q, ", ")
}
