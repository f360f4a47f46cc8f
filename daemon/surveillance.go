package daemon

import (
	"context"

	"earshot/daemon/alarm"
	"earshot/daemon/config"
	"earshot/daemon/mqtt"
)

// startGuard makes what is armed, and goes on where the last run ended. Without a state folder nothing of it outlives a restart.
func (d *Daemon) startGuard(f *config.File) {
	dir, err := f.Config.StateFolder()
	if err != nil {
		dir = ""
	}
	d.guard, err = alarm.New(alarm.Config{
		Dir:  dir,
		Tell: func(alarm.State) { d.showAlarm(d.house()) },
		Tamper: func(source, reason string) {
			if k := d.house(); k != nil {
				k.TellTamper(source, reason)
			}
		},
		Log: d.log,
	})
	if err != nil {
		d.log.Error().Err(err).Msg("alarm: nothing is armed")
	}
	d.guard.Configure(f.Config.Surveillance)
	d.sinks.Set("alarm", d.guard)
}

// showAlarm tells MQTT what is armed.
func (d *Daemon) showAlarm(k *mqtt.Sink) {
	if s, on := d.guard.State(); on && k != nil {
		k.TellAlarm(s)
		for source, reason := range d.guard.Signs() {
			k.TellTamper(source, reason)
		}
	}
}

// askAlarm follows a command over MQTT.
func (d *Daemon) askAlarm(command string) {
	if err := d.guard.Command(command, "MQTT"); err != nil {
		d.log.Often(d.log.Warn().Err(err), "alarm command").Msg("alarm")
	}
}

// commandAlarm follows one over the page.
func (d *Daemon) commandAlarm(_ context.Context, command string) error {
	return d.guard.Command(command, "page")
}
