package daemon

import (
	"fmt"
	"time"

	"earshot/daemon/config"
)

func (d *Daemon) startSources(f *config.File, wanted []config.Source) error {
	for _, c := range wanted {
		s, err := d.newSource(c, f, d.engine, d.watch, d.clipStore())
		if err != nil {
			return err
		}
		d.set(func() { d.sources = append(d.sources, s) })
		s.start(d.root, d.tellEnded)
	}
	return nil
}

// setWatch changes a running source's labels, in its reporter.
func (s *source) setWatch(w *watch) {
	s.pipe.SetRules(s.d.root.Context(), w.smooth, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.watch = w
		s.score = s.score[:0]
		clear(s.on)
	})
}

func (d *Daemon) changeStore(f *config.File) error {
	if old := d.store; old != nil {
		d.set(func() { d.store = nil })
		old.group.Stop()
		_, _ = old.group.WaitFor(stopSources)
	}
	return d.startStore(f)
}

// changePage swaps the web server; where the address stays, the old one must let go of it first.
func (d *Daemon) changePage(f *config.File, fresh *page) error {
	if old := d.page; old != nil {
		d.set(func() { d.page = nil })
		old.group.Stop()
		if late, _ := old.group.WaitFor(stopMQTT); late != nil {
			return fmt.Errorf("web: %w", ErrStuck)
		}
	}
	if fresh != nil {
		d.runPage(fresh)
		return nil
	}
	return d.startPage(f)
}

// changeHouse swaps the publisher. The embedded broker goes on where it can: its subscribers stay connected.
func (d *Daemon) changeHouse(f *config.File) error {
	old := d.house
	keep := old.broker != nil && f.Config.MQTT.Broker == "" && f.Config.MQTT.Embedded == d.embeddedWish
	d.flush(flushMQTT)
	if err := old.stop(keep); err != nil {
		return fmt.Errorf("%w: %w", ErrStuck, err)
	}
	if !keep {
		old = nil
	}
	if err := d.startHouse(f, old); err != nil {
		return err
	}
	for _, s := range d.sources {
		s.tellAvailable()
	}
	for _, mute := range d.mutes.active(time.Now()) {
		d.publisher().Mute(mute) // false when its source or label is gone
	}
	return nil
}

// tellAvailable says to a new publisher what the old one knew.
func (s *source) tellAvailable() {
	s.mu.Lock()
	phase, why := s.phase, s.why
	s.mu.Unlock()
	s.d.publisher().SourceAvailable(s.cfg.Name, phase == phaseOnline, why)
}
