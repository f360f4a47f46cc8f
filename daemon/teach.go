package daemon

import (
	"earshot/daemon/config"
	"earshot/daemon/teaching"
)

// newTeacher makes what teaches this daemon; nil where there is no state folder to keep recordings in, and where nobody says how to learn.
func (d *Daemon) newTeacher(f *config.File) *teaching.Teacher {
	c, err := teaching.Of(f)
	if err != nil || d.opts.Learn == nil {
		return nil
	}
	c.Learn, c.Log = d.opts.Learn, d.log
	c.Taken = d.reloadNow
	return teaching.New(c)
}

// taught are the labels that the model in use was taught.
func (d *Daemon) taught() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.engine == nil {
		return nil
	}
	return d.engine.Model.Taught
}
