package daemon

import (
	"earshot/daemon/capture/kind"
	"earshot/daemon/config"
	"earshot/daemon/engine"
	"earshot/daemon/models"
	"earshot/daemon/mqtt"
	"earshot/daemon/rules"
	"earshot/daemon/sink"
	"earshot/daemon/source"
	"earshot/publish"
	"path/filepath"
	"time"
)

// start brings all layers up. What it started is in d even when it fails, so that stop finds it.
func (d *Daemon) start(f *config.File) error {
	d.set(func() { d.file = f })
	d.chooseSources()
	d.pushes = d.fleetNode(f)
	d.startGuard(f)
	d.keepMutes(f)
	d.sinks.Zones.Set(f.Config.Zones())
	if err := d.adjusted.Keep(f.Tuned.Path); err != nil {
		d.log.Warn().Err(err).Msg("thresholds")
	}
	d.told = d.adjusted.Tuned()
	d.teacher = d.newTeacher(f)
	path, err := models.File(f)
	if err != nil {
		return err
	}
	m, front, err := engine.Load(path, d.opts.BuiltIn)
	if err != nil {
		return err
	}
	second, err := engine.LoadSecond(m, front, f.Config.Verify.Model)
	if err != nil {
		return err
	}
	r, err := rules.Resolve(f, m, front, second.Head)
	if err != nil {
		return err
	}
	e, err := engine.New(m, front, second, f.Config.Inference)
	if err != nil {
		return err
	}
	d.set(func() { d.engine, d.rules = e, r })
	for _, k := range kinds {
		if err := d.openSink(k, f); err != nil {
			return err
		}
	}
	d.sinks.Set("page", d.hub)
	if err := d.changePage(f, nil); err != nil {
		return err
	}
	if err := d.startMQTT(f, nil); err != nil {
		return err
	}
	e.Start(d.root.Context(), d.fail, d.changed, d.log)
	if err := d.startSources(f, d.wanted(f)); err != nil {
		return err
	}
	d.opts.Notify.Ready(d.statusLine())
	if d.opts.Ready != nil {
		d.opts.Ready(d.ready())
	}
	return nil
}

func (d *Daemon) set(change func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change()
}

// chooseSources looks for a microphone when nothing is configured, and says what is listened to without one.
func (d *Daemon) chooseSources() {
	if len(d.file.Config.Sources) > 0 {
		return
	}
	devices, err := d.opts.Devices()
	if err == nil && len(devices) > 0 {
		return
	}
	d.deaf = true
	line := d.log.Warn()
	if err != nil {
		line = line.Err(err)
	}
	if d.file.Config.MQTT.Broker != "" {
		line.Msg("no microphone found and no source configured: waiting for one")
		return
	}
	line.Msg("no microphone found and no source configured: playing the bundled recording, over and over")
}

// wanted are the sources to run: the configured ones, or the microphone. Where there was none at the start the bundled
// recording shows how all this works, but to the embedded broker only: its glass and its siren would ring the alarm
// in a house, which is told instead that there is no microphone.
func (d *Daemon) wanted(f *config.File) []config.Source { return wanted(f, d.deaf) }

func wanted(f *config.File, deaf bool) []config.Source {
	switch {
	case len(f.Config.Sources) > 0:
		return f.Config.Sources
	case deaf && f.Config.MQTT.Broker == "":
		return []config.Source{{Name: "demo", Title: "Bundled recording", Kind: kind.Demo}}
	}
	return []config.Source{{Name: "mic", Kind: config.KindPortAudio}}
}

// startSources makes all sources before it starts the first.
func (d *Daemon) startSources(f *config.File, wanted []config.Source) error {
	var fresh []*source.Source
	for _, c := range wanted {
		s, err := d.newSource(f, c)
		if err != nil {
			return source.Error{Name: c.Name, Err: err}
		}
		fresh = append(fresh, s)
		d.set(func() { d.sources = append(d.sources, s) })
	}
	for _, s := range fresh {
		s.Start(d.root, d.tellEnded)
	}
	return nil
}

func (d *Daemon) newSource(f *config.File, c config.Source) (*source.Source, error) {
	feed := d.hub.Feed(c.Name, d.engine.Front, f.Config.Windows.HopFrames)
	means := d.opts.Means
	means.Patient = means.Patient || d.deaf && len(f.Config.Sources) == 0 // it may be plugged in later
	return source.New(source.Config{
		Source:  c,
		Windows: f.Config.Windows,
		Means:   means,
		Engine:  d.engine,
		Rules:   d.rules.For(c.Name, &d.adjusted),
		Sink:    d.sinks,
		Log:     d.log,
		Ears:    append(d.ears(c.Name), feed),
		Window:  feed.Window,
		Eyes:    d.eyes(c.Name),
		Changed: d.changed,
		Ill:     d.diagnose,
	})
}

// setup is what MQTT shows of a configuration and what it came to.
func (d *Daemon) setup(f *config.File, r *rules.Rules, e *engine.Engine) mqtt.Setup {
	return mqtt.Setup{File: f, Sources: d.wanted(f), Rules: r, Adjusted: &d.adjusted, Version: d.opts.Version, Sounds: len(e.Model.Labels), SHA256: e.Model.SHA256, Log: d.log}
}

// startMQTT makes and starts the publisher, in the place of an old one that has stopped.
func (d *Daemon) startMQTT(f *config.File, old *mqtt.Sink) error {
	k, err := mqtt.New(d.setup(f, d.rules, d.engine), old, mqtt.Hooks{Status: d.brokerStatus, Mute: d.mute, Adjust: d.askAdjust, Pushed: d.pushes.Pushed,
		Alarm: d.askAlarm})
	if err != nil {
		return err
	}
	k.Restore(d.sinks.Mutes.Active(time.Now()))
	d.mu.Lock()
	pushed := d.pushed
	d.mu.Unlock()
	d.showAlarm(k)
	if pushed != (publish.PushReport{}) {
		k.TellPush(pushed, false)
	}
	d.set(func() { d.mqtt = k })
	d.sinks.Set("mqtt", k)
	k.Start(d.root.Context(), d.fail)
	line := d.log.Info().Str("broker", k.Address()).Str("topics", f.Config.MQTT.Topic+"/"+k.NodeID()+"/#")
	if k.Embedded() {
		line.Msg("mqtt: embedded broker, on this machine only")
	} else {
		line.Msg("mqtt")
	}
	return nil
}

// keepMutes takes up the mutes of the last run. Without a state folder, of which MQTT complains, none outlive a restart.
func (d *Daemon) keepMutes(f *config.File) {
	dir, err := f.Config.StateFolder()
	if err == nil {
		err = d.sinks.Mutes.Keep(filepath.Join(dir, "mutes.json"), time.Now())
	}
	if err != nil {
		d.log.Warn().Err(err).Msg("mutes")
	}
}

// mute follows what somebody asked for.
func (d *Daemon) mute(m sink.Mute) {
	if err := d.sinks.Mutes.Set(m, time.Now()); err != nil {
		d.log.Warn().Err(err).Msg("mute")
	}
	d.log.Info().Str("source", m.Source).Str("label", m.Label).Bool("on", m.On).Dur("for_ms", m.For).Msg("mute")
}

// brokerStatus logs what changed between us and the broker.
func (d *Daemon) brokerStatus(s publish.Status) {
	switch {
	case s.Connected && s.Err == nil:
		d.log.Info().Msg("mqtt: connected")
	case s.Connected:
		d.log.Error().Err(s.Err).Msg("mqtt: the broker refuses topics")
	case s.Err != nil:
		d.log.Often(d.log.Error().Err(s.Err).Int("attempt", s.Attempt).Dur("retry_ms", s.Retry), "mqtt "+s.Err.Error()).Msg("mqtt: not connected")
	}
	d.changed()
}
