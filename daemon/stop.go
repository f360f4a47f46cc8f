package daemon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"earshot/daemon/capture"
)

// stop ends all layers in reverse order; flush is how long the last events may take to reach the broker.
func (d *Daemon) stop(flush time.Duration) error {
	var errs []error
	for _, s := range d.sources {
		if s.cancel != nil {
			s.cancel()
		}
	}
	if err := d.stopSources(d.sources); err != nil {
		errs = append(errs, err)
	}
	if d.store != nil {
		d.store.group.Stop()
		_, _ = d.store.group.WaitFor(stopSources)
	}
	if d.house != nil {
		d.flush(flush)
		if err := d.house.stop(false); err != nil {
			errs = append(errs, fmt.Errorf("%w: %w", ErrStuck, err))
		}
	}
	if d.page != nil {
		d.page.group.Stop()
		_, _ = d.page.group.WaitFor(stopMQTT)
	}
	if d.engine != nil && len(errs) == 0 { // a stuck source may still use the session
		d.engine.stop()
	}
	d.root.Stop()
	return errors.Join(errs...)
}

// stopSources waits for sources that have been told to end.
func (d *Daemon) stopSources(sources []*source) error {
	limit, cancel := context.WithTimeout(context.Background(), stopSources)
	defer cancel()
	for _, s := range sources {
		if s.cancel == nil {
			s.discard()
			continue
		}
		select {
		case <-s.done:
		case <-limit.Done():
			return fmt.Errorf("source %s: %w", s.cfg.Name, errors.Join(ErrStuck, capture.ErrHung))
		}
	}
	return nil
}

// flush gives the publisher time to send what it holds, as long as it is connected.
func (d *Daemon) flush(limit time.Duration) {
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if p := d.publisher(); p.Stats().Queued == 0 || !p.Health().Connected {
			return
		}
	}
}
