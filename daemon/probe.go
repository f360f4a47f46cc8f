package daemon

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"earshot/daemon/capture"
	"earshot/daemon/config"
	"earshot/daemon/mqtt"
	"earshot/daemon/source"
	"earshot/internal/logging"
)

// Probe looks at what Check leaves out: whether the broker lets us in, and whether the microphones are there.
func Probe(ctx context.Context, f *config.File, log *logging.Log, devices func() ([]capture.Device, error)) error {
	var errs []error
	if f.Config.MQTT.Broker != "" {
		errs = append(errs, mqtt.Probe(ctx, mqtt.Setup{File: f, Log: log}))
	}
	var found []capture.Device
	looked := false
	for _, s := range f.Config.Sources {
		if s.Kind != config.KindPortAudio {
			continue
		}
		if !looked {
			var err error
			if found, err = devices(); err != nil {
				return errors.Join(append(errs, source.Error{Name: s.Name, Err: err})...)
			}
			looked = true
		}
		if !there(found, config.Or(s.Device, "")) {
			errs = append(errs, source.Error{Name: s.Name, Err: fmt.Errorf("%w: %q; \"earshot devices\" lists what there is", capture.ErrNoDevice, config.Or(s.Device, ""))})
		}
	}
	return errors.Join(errs...)
}

// there tells whether a device's name contains the wanted one; package capture is stricter when it opens.
func there(devices []capture.Device, want string) bool {
	for _, d := range devices {
		if want == "" && d.Default || want != "" && strings.Contains(strings.ToLower(d.Name), strings.ToLower(want)) {
			return true
		}
	}
	return false
}
