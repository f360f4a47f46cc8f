package daemon

import (
	"errors"
	"path/filepath"
	"syscall"

	"earshot/daemon/clips"
	"earshot/daemon/config"
	"earshot/daemon/web"
	"earshot/internal/task"
)

// page is the running web server.
type page struct {
	server *web.Server
	group  *task.Group
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
