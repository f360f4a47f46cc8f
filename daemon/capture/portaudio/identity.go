package portaudio

import (
	"bytes"
	"path/filepath"
	"regexp"
	"strings"

	"earshot/daemon/capture"
	"earshot/internal/readfile"
)

// sysfs is where the kernel tells of its devices.
const sysfs = "/sys"

var (
	// hardware is the end of a name that PortAudio gives an ALSA device: its card, and which of its inputs.
	hardware = regexp.MustCompile(`\(hw:(\d{1,3}),\d+\)$`)
	usbBus   = regexp.MustCompile(`^usb\d+$`)
	// usbPath is an interface of a device: bus, ports from the root hub on, configuration and interface.
	usbPath = regexp.MustCompile(`^\d+-([\d.]+):[\d.]+$`)
	cardID  = regexp.MustCompile(`^[A-Za-z0-9_-]{1,31}$`)
)

// identify fills in what the kernel knows of d's card beyond its number, which changes; root is sysfs.
func identify(root string, d *capture.Device) {
	hw := hardware.FindStringSubmatch(d.Name)
	if hw == nil {
		return
	}
	card := filepath.Join(root, "class", "sound", "card"+hw[1])
	if id := readID(filepath.Join(card, "id")); cardID.MatchString(id) {
		d.Card = id
	}
	device, err := filepath.EvalSymlinks(filepath.Join(card, "device"))
	if err != nil {
		return
	}
	d.Port = usbPort(device)
}

// readID reads a short text of sysfs; "" where there is none.
func readID(path string) string {
	text, err := readfile.Bytes(path, 4096) // the size of every file there
	if err != nil {
		return ""
	}
	return string(bytes.TrimSpace(text))
}

// usbPort names the port that a device of sysfs is plugged into as ALSA does, by controller and hubs:
// …/0000:00:14.0/usb1/1-1/1-1.2/1-1.2:1.0 is "usb-0000:00:14.0-1.2". It is "" for what is not on USB.
func usbPort(device string) string {
	parts := strings.Split(filepath.Clean(device), string(filepath.Separator))
	path := usbPath.FindStringSubmatch(parts[len(parts)-1])
	for i := 1; path != nil && i < len(parts); i++ {
		if usbBus.MatchString(parts[i]) {
			return "usb-" + parts[i-1] + "-" + path[1]
		}
	}
	return ""
}
