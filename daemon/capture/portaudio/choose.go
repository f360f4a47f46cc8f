package portaudio

import (
	"fmt"
	"slices"

	"earshot/daemon/capture"
)

// choose finds our device among those that there are, and takes it, so that no other source hears it under another
// name. A device that was there beside ours while we heard ours is another one, whatever its name: when ours is
// unplugged its twin does not stand in for it.
func (p *Microphone) choose(devices []capture.Device) (capture.Device, error) {
	ours := slices.DeleteFunc(slices.Clone(devices), func(d capture.Device) bool { return p.strangers[d.Key()] })
	device, err := capture.Choose(ours, p.cfg.Device)
	if err != nil {
		if len(ours) < len(devices) {
			err = fmt.Errorf("%w (left out: %d that were there beside ours, and so are not it)", err, len(devices)-len(ours))
		}
		return device, err
	}
	if err := p.host.take(p, device, device.Heard(devices)); err != nil {
		return device, err
	}
	p.strangers = map[string]bool{}
	for _, d := range devices {
		if d.Port != "" && d.Key() != device.Key() {
			p.strangers[d.Key()] = true
		}
	}
	return device, nil
}

// take gives a device to p, unless another source has it: but two may each hear one channel of it. heard is the key of what
// it hears.
func (h *host) take(p *Microphone, d capture.Device, heard string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for other, key := range h.taken {
		apart := p.cfg.Channel != 0 && other.cfg.Channel != 0 && p.cfg.Channel != other.cfg.Channel
		if other == p || key != heard || apart {
			continue
		}
		how := `give both the identity that "earshot devices" shows, or each a channel of its own`
		if id := d.Identity(); id != "" {
			how = fmt.Sprintf(`this one is %q, "earshot devices" shows the others; or give each a channel of its own`, id)
		}
		return fmt.Errorf("%w: %q is heard by source %s already; %s", capture.ErrTaken, d.Name, other.cfg.Name, how)
	}
	h.taken[p] = heard
	return nil
}

// giveUp ends what take began.
func (h *host) giveUp(p *Microphone) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.taken, p)
}
