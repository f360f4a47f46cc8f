package daemon

import (
	"context"

	"earshot/daemon/config"
	"earshot/daemon/teaching"
	"earshot/infer"
)

// newTeacher makes what teaches this daemon; nil where there is no state folder to keep recordings in, and where nobody says how to learn.
func (d *Daemon) newTeacher(f *config.File) *teaching.Teacher {
	c, err := teaching.Of(f)
	if err != nil || d.opts.Learn == nil {
		return nil
	}
	c.Learn, c.Log = d.opts.Learn, d.log
	c.Taken = func(ctx context.Context) error { return d.reloadNow(ctx) }
	return teaching.New(c)
}

// taught are the labels that the model in use was taught.
func (d *Daemon) taught() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var m *infer.Model
	if d.engine != nil {
		m = d.engine.Model
	}
	if m == nil {
		return nil
	}
	return m.Taught
}
