package daemon

import (
	"fmt"
	"strings"
	"time"

	"earshot/daemon/sink"
	"earshot/daemon/status"
	"earshot/daemon/watchdog"
)

// status is a moment of the daemon, for the sinks, the page, /healthz and /metrics. Any goroutine may ask.
func (d *Daemon) status() status.Status {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := status.Status{Version: d.opts.Version, Started: d.started, Name: d.file.Config.NodeName(), Language: d.file.Config.Node.Language, Problems: []string{}}
	if d.engine != nil {
		d.engine.Report(&s)
	}
	if d.mqtt != nil {
		d.mqtt.Report(&s)
	}
	if d.guard != nil {
		d.guard.Report(&s)
	}
	for _, k := range kinds {
		if o := d.opened[k.Name]; o != nil {
			if r, ok := o.sink.(sink.Reporter); ok {
				r.Report(&s)
			}
		}
	}
	if r := s.Inference.Remote; r != nil && !r.Active && r.Why != "" {
		s.Problems = append(s.Problems, fmt.Sprintf("inference server %s: %s; windows: %s", r.URL, r.Why, s.Provider))
	}
	if d.stateTrouble != "" {
		s.Problems = append(s.Problems, "state: "+d.stateTrouble)
	}
	for _, source := range d.sources {
		one := source.Report()
		s.Sources = append(s.Sources, one)
		switch {
		case one.Phase == status.Failed, one.Phase == status.Lost, one.Phase == status.Recovering:
			s.Problems = append(s.Problems, fmt.Sprintf("source %s: %s: %s", one.Name, one.Phase, one.Why))
		case one.Problem != "":
			s.Problems = append(s.Problems, fmt.Sprintf("source %s: %s: %s", one.Name, one.Problem, one.Detail))
		}
		if one.Verify != nil && one.Verify.Failing != "" {
			s.Problems = append(s.Problems, fmt.Sprintf("source %s: no second opinion: %s", one.Name, one.Verify.Failing))
		}
	}
	return s
}

// statusLine is what "systemctl status" shows.
func (d *Daemon) statusLine() string {
	s := d.status()
	var parts []string
	for _, source := range s.Sources {
		parts = append(parts, source.Name+" "+source.Phase)
	}
	broker := "broker connected"
	if !s.Broker.Connected {
		broker = "broker not connected"
	}
	return strings.Join(append(parts, broker), ", ")
}

// ready says where everything is reached.
func (d *Daemon) ready() Ready {
	d.mu.Lock()
	defer d.mu.Unlock()
	r := Ready{Broker: d.mqtt.Address(), Embedded: d.mqtt.Embedded(), NodeID: d.mqtt.NodeID()}
	if d.page != nil {
		r.Page = d.page.server.URL()
	}
	for _, s := range d.sources {
		r.Sources = append(r.Sources, s.Name())
	}
	return r
}

// vitals are the daemon's signs of life. They are the loop's.
func (d *Daemon) vitals() watchdog.Vitals {
	v := watchdog.Vitals{Now: time.Now(), Starved: d.starved.Since()}
	if d.engine != nil {
		v.Inference = d.engine.Batcher.Stats().Since
	}
	for _, s := range d.sources {
		v.Sources = append(v.Sources, s.Vitals())
	}
	return v
}
