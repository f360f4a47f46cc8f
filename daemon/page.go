package daemon

import (
	"errors"
	"fmt"
	"syscall"
	"time"

	"earshot/daemon/clips"
	"earshot/daemon/config"
	"earshot/daemon/web"
	"earshot/gammatone"
	"earshot/internal/task"
)

// page is the running web server.
type page struct {
	server *web.Server
	group  *task.Group
}

// pageURL is the page's address as others reach it, "" for none.
func (d *Daemon) pageURL() string {
	d.mu.Lock()
	defer d.mu.Unlock()
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

// newPage binds the page's address; runPage serves it. It is nil where no page is wished for.
func (d *Daemon) newPage(f *config.File) (*page, error) {
	if f.Config.Web.Listen == "" {
		return nil, nil
	}
	password, err := d.pagePassword(f)
	if err != nil {
		return nil, err
	}
	c := web.Config{Listen: f.Config.Web.Listen, URL: f.Config.Web.URL, Password: password,
		Hub: d.hub, Status: d.status, ClipsDir: d.clipsDir, API: d.api(f), Before: d.clipsBefore, FrontEnd: d.frontEnd}
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

// pagePassword reads the page's password and keeps it out of the log; "" where none is asked for.
func (d *Daemon) pagePassword(f *config.File) (string, error) {
	password, err := config.ReadSecret(f.Config.Web.PasswordFile, config.CredentialWeb)
	if err != nil {
		return "", f.Issue("web.password_file", "%v", err)
	}
	d.log.Hide(password)
	return password, nil
}

// clipsDir is the folder whose clips the page plays, "" while clips are off.
func (d *Daemon) clipsDir() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if o := d.opened[clips.Kind.Name]; o != nil {
		return o.sink.(*clips.Sink).Dir()
	}
	return ""
}

// frontEnd is that of the model in use.
func (d *Daemon) frontEnd() gammatone.Config {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.engine.Front
}

// clipsBefore is how much sound a clip has before its onset.
func (d *Daemon) clipsBefore() time.Duration {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.file.Config.Clips.Before
}

func (d *Daemon) runPage(p *page) {
	if p == nil {
		return
	}
	p.group.GoThen("web", p.server.Run, func(err error) {
		if err != nil {
			d.fail(err)
		}
	})
	d.set(func() { d.page = p })
	d.log.Info().Str("page", p.server.URL()).Msg("web")
	if !p.server.Sound() {
		d.log.Warn().Str("listen", p.server.Addr()).Msg("the page is open to the network and asks for no password: it shows no spectrogram and plays no clips (set web.password_file)")
	}
}

// changePage swaps the web server; where the address stays, the old one must let go of it first.
func (d *Daemon) changePage(f *config.File, fresh *page) (err error) {
	if old := d.page; old != nil {
		d.set(func() { d.page = nil })
		old.group.Stop()
		if late, _ := old.group.WaitFor(stopPage); late != nil {
			return fmt.Errorf("web: %w", ErrStuck)
		}
	}
	if fresh == nil {
		if fresh, err = d.newPage(f); err != nil {
			return err
		}
	}
	d.runPage(fresh)
	return nil
}
