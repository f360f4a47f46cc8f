package daemon

import (
	"context"
	"errors"
	"fmt"

	"earshot/daemon/capture"
	"earshot/daemon/config"
	"earshot/daemon/engine"
	"earshot/daemon/mqtt"
	"earshot/daemon/source"
	"earshot/internal/logging"
)

// Probe looks at what Check leaves out: whether the broker lets us in, whether the inference server serves this model, and
// whether the microphones are there.
func Probe(ctx context.Context, f *config.File, log *logging.Log, builtIn func() []byte, devices func() ([]capture.Device, error)) error {
	var errs []error
	if f.Config.MQTT.Broker != "" {
		errs = append(errs, mqtt.Probe(ctx, mqtt.Setup{File: f, Log: log}))
	}
	if f.Config.Inference.Remote.URL != "" {
		m, err := engine.Read(f.Config.Model.Path, builtIn)
		if err == nil {
			err = engine.ProbeServer(ctx, m, f.Config.Inference, log.Hide)
		}
		errs = append(errs, err)
	}
	var found []capture.Device
	taken := map[string]string{} // the source's name, by device and channel
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
		d, err := capture.Choose(found, config.Or(s.Device, ""))
		key := d.Heard(found) + " " + config.Or(s.Channel, "mix")
		switch first, twice := taken[key]; {
		case err != nil:
			errs = append(errs, source.Error{Name: s.Name, Err: err})
		case twice:
			errs = append(errs, source.Error{Name: s.Name, Err: fmt.Errorf("%w: %q is source %s's; \"earshot devices\" shows what tells them apart", capture.ErrTaken, d.Name, first)})
		default:
			taken[key] = s.Name
		}
	}
	return errors.Join(errs...)
}
