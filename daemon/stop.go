package daemon

import (
	"context"
	"errors"
	"fmt"
	"time"

	"earshot/daemon/capture"
	"earshot/daemon/source"
)

// stop ends all layers in reverse order; flush is how long the last events may take to reach the broker.
func (d *Daemon) stop(flush time.Duration) error {
	var errs []error
	if err := d.stopSources(d.sources); err != nil {
		errs = append(errs, err)
	}
	for _, k := range kinds {
		d.closeSink(k.Name)
	}
	if d.mqtt != nil {
		d.mqtt.Flush(flush)
		if err := d.mqtt.Stop(false); err != nil {
			errs = append(errs, fmt.Errorf("%w: %w", ErrStuck, err))
		}
	}
	if d.page != nil {
		d.page.group.Stop()
		_, _ = d.page.group.WaitFor(stopPage)
	}
	if d.engine != nil && len(errs) == 0 { // a stuck source may still use the session
		d.engine.Stop()
	}
	d.root.Stop()
	return errors.Join(errs...)
}

// stopSources tells sources to end and waits for them.
func (d *Daemon) stopSources(sources []*source.Source) error {
	for _, s := range sources {
		s.Stop()
	}
	limit, cancel := context.WithTimeout(context.Background(), stopSources)
	defer cancel()
	for _, s := range sources {
		select {
		case <-s.Done():
		case <-limit.Done():
			return fmt.Errorf("source %s: %w", s.Name(), errors.Join(ErrStuck, capture.ErrHung))
		}
	}
	return nil
}
