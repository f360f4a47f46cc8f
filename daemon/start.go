package daemon

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"syscall"
	"time"

	"earshot/daemon/capture"
	"earshot/daemon/clips"
	"earshot/daemon/config"
	"earshot/daemon/task"
	"earshot/daemon/web"
	"earshot/publish"
)

// kindDemo is the bundled recording; it cannot be configured, only come about when there is nothing else.
const kindDemo = "demo"

// page is the running web server.
type page struct {
	server *web.Server
	group  *task.Group
}

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

func (d *Daemon) startStore(f *config.File) error {
	c := f.Config.Clips
	if !c.Enabled {
		return nil
	}
	dir := c.Dir
	if dir == "" {
		state, err := stateDir(f.Config.StateDir)
		if err != nil {
			return f.Issue("clips.dir", "no place for clips: %v", err)
		}
		dir = filepath.Join(state, "clips")
	}
	store, err := clips.New(clips.Config{
		Dir:          dir,
		SampleRate:   d.engine.front.SampleRate,
		Before:       c.Before,
		After:        c.After,
		MaxAge:       c.MaxAge,
		MaxBytes:     int64(c.MaxSize),
		MinFreeBytes: int64(c.KeepFree),
		OnError:      func(err error) { d.often(d.log.Error().Err(err), "clips").Msg("clip") },
	})
	if err != nil {
		return f.Issue("clips.dir", "%v", err)
	}
	s := &clipStore{Store: store, dir: dir, group: task.New(d.root.Context())}
	s.group.Go("clips", store.Run)
	d.set(func() { d.store = s })
	d.log.Warn().Str("folder", dir).Msg("clips are on: the sound around events is written to disk")
	return nil
}

func (d *Daemon) clipStore() *clips.Store {
	if d.store == nil {
		return nil
	}
	return d.store.Store
}

// clipAddress is where a clip lies, and its address on the page.
func (d *Daemon) clipAddress(name string) (path, url string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.store == nil {
		return "", ""
	}
	if base := d.pageURL(); base != "" {
		url = base + "clips/" + name
	}
	return filepath.Join(d.store.dir, name), url
}

// pageURL is the page's address as others reach it; d.mu is held.
func (d *Daemon) pageURL() string {
	switch url := d.file.Config.Web.URL; {
	case url != "" && url[len(url)-1] != '/':
		return url + "/"
	case url != "":
		return url
	case d.page != nil:
		return d.page.server.URL()
	}
	return ""
}

func (d *Daemon) startPage(f *config.File) error {
	if f.Config.Web.Listen == "" {
		return nil
	}
	p, err := d.newPage(f)
	if err != nil {
		return err
	}
	d.runPage(p)
	return nil
}

// newPage binds the page's address; runPage serves it.
func (d *Daemon) newPage(f *config.File) (*page, error) {
	c := web.Config{Listen: f.Config.Web.Listen, Hub: d.hub, Status: d.status}
	if d.store != nil {
		c.ClipsDir = d.store.dir
	}
	server, err := web.New(c)
	if errors.Is(err, syscall.EADDRINUSE) && !f.Given("web.listen") { // the first run must not fail for that
		d.log.Warn().Str("wished", c.Listen).Msg("the page's address is taken; using a free port")
		c.Listen = "127.0.0.1:0"
		server, err = web.New(c)
	}
	if err != nil {
		return nil, f.Issue("web.listen", "%v", err)
	}
	return &page{server: server, group: task.New(d.root.Context())}, nil
}

func (d *Daemon) runPage(p *page) {
	p.group.GoThen("web", p.server.Run, func(err error) {
		if err != nil {
			d.fail(err)
		}
	})
	d.set(func() { d.page = p })
	d.log.Info().Str("page", p.server.URL()).Msg("web")
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
