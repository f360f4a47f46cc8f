package publish

import "fmt"

// Reconfigure takes over what of c can change while the connection stays: the
// sources and their labels, the device, everything about discovery, EventStart.
// What is new is announced, what is gone vanishes from the broker and from Home
// Assistant, what stays keeps its state. The rest of c is not looked at; it
// needs a new Publisher. An error changes nothing.
func (p *Publisher) Reconfigure(c Config) error {
	c.NodeID, c.Broker, c.BirthTopic = p.cfg.NodeID, p.cfg.Broker, ""
	c = c.withDefaults()
	if err := CheckShown(c); err != nil {
		return err
	}
	p.locked(func() {
		p.book.configure(c.Sources)
		p.book.eventStart = c.EventStart
		p.change = &c
	})
	return nil
}

// CheckShown returns what Reconfigure would refuse of c.
func CheckShown(c Config) error {
	if err := checkSources(c.Sources); err != nil {
		return fmt.Errorf("mqtt: %w", err)
	}
	if err := checkTopic(c.DiscoveryPrefix); err != nil {
		return fmt.Errorf("mqtt: discovery prefix %q: %w", c.DiscoveryPrefix, err)
	}
	return nil
}

// adopt makes a change the configuration that is announced, and reports whether
// there was one. It is the worker's, which alone reads these fields without the
// lock; p.mu is held.
func (p *Publisher) adopt() bool {
	c := p.change
	if c == nil {
		return false
	}
	p.change = nil
	p.cfg.Sources, p.cfg.Device, p.cfg.EventStart = c.Sources, c.Device, c.EventStart
	if p.cfg.Discovery != c.Discovery || p.cfg.LegacyDiscovery != c.LegacyDiscovery || p.cfg.DiscoveryPrefix != c.DiscoveryPrefix {
		p.cfg.Discovery, p.cfg.LegacyDiscovery, p.cfg.DiscoveryPrefix = c.Discovery, c.LegacyDiscovery, c.DiscoveryPrefix
		p.cfg.BirthTopic = c.BirthTopic
		p.echo.heard(p.ann.topic) // refused or not, it is awaited no more
		p.ann.topic = deviceTopic(c.DiscoveryPrefix, p.cfg.NodeID)
		p.resubscribe = true
	}
	return true
}
