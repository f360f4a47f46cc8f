package daemon

import (
	"fmt"

	"earshot/daemon/clips"
	"earshot/daemon/config"
	"earshot/daemon/eventlog"
	"earshot/daemon/history"
	"earshot/daemon/notify"
	"earshot/daemon/picture"
	"earshot/daemon/sink"
	"earshot/internal/task"
)

// kinds are the sinks that the configuration alone decides on. A new one is a line here.
var kinds = []sink.Kind{
	clips.Kind, // first: the others tell where the clip is
	eventlog.Kind,
	notify.Kind,
	history.Kind,
	picture.Kind,
}

// places are all sinks in the order in which they are told: kinds, then the two that are layers of their own.
var places = func() (names []string) {
	for _, k := range kinds {
		names = append(names, k.Name)
	}
	return append(names, "mqtt", "page")
}()

// opened is a sink of a kind, and its goroutine.
type opened struct {
	sink  sink.Sink
	group *task.Group
}

// openSink makes and starts the sink of a kind, if it is wished for, in the place of the one before it.
func (d *Daemon) openSink(k sink.Kind, f *config.File) error {
	d.closeSink(k.Name)
	s, err := k.Open(f, sink.Env{Log: d.log, SampleRate: d.engine.Front.SampleRate, FrontEnd: d.engine.Front, PageURL: d.pageURL, Picture: d.picture})
	if err != nil || s == nil {
		return err
	}
	o := &opened{sink: s, group: task.New(d.root.Context())}
	if r, ok := s.(sink.Runner); ok {
		o.group.GoThen(k.Name, r.Run, func(err error) {
			if err != nil {
				d.fail(fmt.Errorf("%s: %w", k.Name, err))
			}
		})
	}
	d.set(func() { d.opened[k.Name] = o })
	d.sinks.Set(k.Name, s)
	return nil
}

// closeSink ends the sink of a kind, when there is one.
func (d *Daemon) closeSink(name string) {
	o := d.opened[name]
	if o == nil {
		return
	}
	d.sinks.Set(name, nil)
	d.set(func() { delete(d.opened, name) })
	o.group.Stop()
	_, _ = o.group.WaitFor(stopSources)
}

// ears are what takes a source's sound itself.
func (d *Daemon) ears(name string) (all []sink.Ear) {
	for _, k := range kinds {
		if o := d.opened[k.Name]; o != nil {
			if l, ok := o.sink.(sink.Listener); ok {
				all = append(all, l.Listen(name))
			}
		}
	}
	if d.teacher != nil {
		all = append(all, d.teacher.Listen(name))
	}
	return all
}

// eyes are what takes a source's windows.
func (d *Daemon) eyes(name string) (all []sink.Eye) {
	for _, k := range kinds {
		if o := d.opened[k.Name]; o != nil {
			if l, ok := o.sink.(sink.Looker); ok {
				all = append(all, l.Look(name))
			}
		}
	}
	return all
}

// picture takes a picture of a source's newest sound to the house.
func (d *Daemon) picture(source string, png []byte) {
	d.mu.Lock()
	k := d.mqtt
	d.mu.Unlock()
	k.Image(source, png)
}
