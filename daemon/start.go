package daemon

import (
	"earshot/daemon/config"
	"earshot/publish"
)

// kindDemo is the bundled recording; it cannot be configured, only come about when there is nothing else.
const kindDemo = "demo"

// start brings all layers up. What it started is in d even when it fails, so that stop finds it.
func (d *Daemon) start(f *config.File) error {
	d.setFile(f)
	d.chooseSources()
	m, front, err := loadModel(f.Config.Model, d.opts.BuiltIn)
	if err != nil {
		return err
	}
	w, err := resolve(f, m, front)
	if err != nil {
		return err
	}
	e, err := newEngine(m, front, f.Config.Inference)
	if err != nil {
		return err
	}
	d.set(func() { d.engine, d.watch = e, w })
	if err := d.startStore(f); err != nil {
		return err
	}
	if err := d.startPage(f); err != nil {
		return err
	}
	if err := d.startHouse(f, nil); err != nil {
		return err
	}
	e.start(d.root.Context(), d.fail)
	d.tellEngine()
	for _, c := range d.wanted(f) {
		s, err := d.newSource(c, f, e, w, d.clipStore())
		if err != nil {
			return ErrSource{c.Name, err}
		}
		d.set(func() { d.sources = append(d.sources, s) })
	}
	for _, s := range d.sources {
		s.start(d.root, d.tellEnded)
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

func (d *Daemon) setFile(f *config.File) {
	d.set(func() { d.file = f })
	d.cfg.Store(&f.Config)
}

// chooseSources decides what to listen to when nothing is configured: the microphone, or the bundled recording.
func (d *Daemon) chooseSources() {
	if len(d.file.Config.Sources) > 0 {
		return
	}
	devices, err := d.opts.Devices()
	if err == nil && len(devices) > 0 {
		d.auto = []config.Source{{Name: "mic", Kind: config.KindPortAudio}}
		return
	}
	line := d.log.Warn()
	if err != nil {
		line = line.Err(err)
	}
	line.Msg("no microphone found and no source configured: playing the bundled recording, over and over")
	d.auto = []config.Source{{Name: "demo", Title: "Bundled recording", Kind: kindDemo}}
}

// wanted are the sources to run: the configured ones, or what was chosen at the start.
func (d *Daemon) wanted(f *config.File) []config.Source {
	if len(f.Config.Sources) > 0 {
		return f.Config.Sources
	}
	if d.auto == nil { // a reload took the configured sources away
		return []config.Source{{Name: "mic", Kind: config.KindPortAudio}}
	}
	return d.auto
}

// startHouse makes and starts the publisher; keep is an embedded broker that goes on.
func (d *Daemon) startHouse(f *config.File, keep *house) error {
	state, err := stateDir(f.Config.StateDir)
	if err != nil {
		d.log.Warn().Err(err).Msg("nothing will outlive a restart")
	}
	// Only a configured address of the page goes to Home Assistant: loopback means nothing to others.
	device := deviceOf(f, d.opts.Version, f.Config.Web.URL, len(d.engine.model.Labels))
	h, err := newHouse(f, d.published(f, d.watch), device, state, d.log, keep.embedded(), d.brokerStatus)
	if err != nil {
		return err
	}
	d.embeddedWish = f.Config.MQTT.Embedded
	d.now.Store(h.publisher)
	d.set(func() { d.house = h })
	h.start(d.root.Context(), d.fail)
	line := d.log.Info().Str("broker", h.address).Str("topics", f.Config.MQTT.Topic+"/"+h.publisher.NodeID()+"/#")
	if h.broker != nil {
		line.Msg("mqtt: embedded broker, on this machine only")
	} else {
		line.Msg("mqtt")
	}
	return nil
}

// published are the sources as MQTT shows them.
func (d *Daemon) published(f *config.File, w *watch) []publish.Source {
	var all []publish.Source
	for _, c := range d.wanted(f) {
		all = append(all, publish.Source{Name: c.Name, Title: title(c.Title, c.Name), Labels: w.labels})
	}
	return all
}

// brokerStatus logs what changed between us and the broker.
func (d *Daemon) brokerStatus(s publish.Status) {
	switch {
	case s.Connected && s.Err == nil:
		d.log.Info().Msg("mqtt: connected")
	case s.Connected:
		d.log.Error().Err(s.Err).Msg("mqtt: the broker refuses topics")
	case s.Err != nil:
		d.often(d.log.Error().Err(s.Err).Int("attempt", s.Attempt).Dur("retry_ms", s.Retry), "mqtt "+s.Err.Error()).Msg("mqtt: not connected")
	}
	d.changed()
}

func (d *Daemon) tellEngine() {
	e := d.engine
	for _, r := range e.session.Rejected {
		d.log.Info().Str("provider", r.Provider).Str("why", r.Why).Msg("inference: not usable")
	}
	d.log.Info().Str("model", e.model.Path).Int("labels", len(e.model.Labels)).Str("provider", e.session.Provider).Msg("inference")
}
