package daemon

import (
	"fmt"
	"math"
	"strings"
	"time"

	"earshot/daemon/capture"
	"earshot/daemon/web"
	"earshot/infer"
	"earshot/publish"
)

// status is a moment of the daemon, for the page, /healthz and /metrics. Any goroutine may ask.
func (d *Daemon) status() web.Status {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := web.Status{Version: d.opts.Version, Started: d.started, Name: nodeName(d.file), Problems: []string{}}
	if e := d.engine; e != nil {
		stats := e.batcher.Stats()
		s.Model = fmt.Sprintf("%s (%d labels)", e.model.Path, len(e.model.Labels))
		s.Provider = e.session.Provider
		s.Runtime = infer.RuntimeVersion()
		s.Inference = web.Inference{Windows: stats.Windows, Batches: stats.Batches, BusySeconds: stats.Busy.Seconds()}
	}
	if h := d.house; h != nil {
		health, stats := h.publisher.Health(), h.publisher.Stats()
		s.Node = h.publisher.NodeID()
		s.Broker = web.Broker{
			Address: h.address, Embedded: h.broker != nil, Connected: health.Connected, Reason: health.Reason, Since: health.Since,
			Queued: stats.Queued, Dropped: stats.Dropped, Events: stats.Events, Connects: stats.Connects, Lost: stats.ConnectionsLost,
		}
		if !health.OK {
			s.Problems = append(s.Problems, "mqtt: "+health.Reason)
		}
	}
	if d.store != nil {
		stats := d.store.Stats()
		s.Clips = web.Clips{On: true, Written: stats.Written, Lost: stats.Dropped + stats.Refused + stats.Failed, Kept: stats.Kept, Bytes: stats.KeptBytes, Error: stats.LastError}
	}
	for _, source := range d.sources {
		page := source.status()
		s.Sources = append(s.Sources, page)
		switch {
		case page.Phase == phaseFailed, page.Phase == capture.Lost.String(), page.Phase == capture.Recovering.String():
			s.Problems = append(s.Problems, fmt.Sprintf("source %s: %s: %s", page.Name, page.Phase, page.Why))
		case page.Problem != "":
			s.Problems = append(s.Problems, fmt.Sprintf("source %s: %s: %s", page.Name, page.Problem, page.Detail))
		}
	}
	return s
}

// status is this source's part.
func (s *source) status() web.Source {
	stats, queue := s.pipe.Stats(), s.feed.Stats()
	report := s.health.Report()
	s.mu.Lock()
	defer s.mu.Unlock()
	page := web.Source{
		Name: s.cfg.Name, Title: title(s.cfg.Title, s.cfg.Name), Kind: s.cfg.Kind,
		Phase: s.phase, Why: s.why, LevelDBFS: math.Round(report.LevelDBFS*10) / 10,
		Samples: stats.Samples, Lost: stats.Ring.Dropped + stats.Ring.Skipped, Gaps: stats.Ring.Gaps,
		Windows: stats.Answered, Dropped: stats.Dropped + int64(queue.Dropped), Failed: stats.Failed,
		Faults: s.faults.Load(), Events: s.events.Load(), FrontEnd: stats.FrontEnd.Seconds(),
		LatencyP50: millis(stats.LatencyP50), LatencyP99: millis(stats.LatencyP99), RateHz: s.rate,
	}
	if stats.FrontEnd > 0 {
		page.RealTime = math.Round(float64(stats.Samples) / float64(s.rate) / stats.FrontEnd.Seconds())
	}
	if s.judged() && s.phase == phaseOnline {
		page.Problem, page.Detail = string(report.Problem), report.Detail
	}
	now := time.Now()
	for i, l := range s.watch.labels {
		index := s.watch.index(l.ID)
		label := web.Label{ID: l.ID, Title: s.watch.labels[i].Title, Group: l.Group, On: s.on[index], Muted: s.d.mutes.muted(s.cfg.Name, l.ID, now)}
		if index < len(s.score) {
			label.Score = round3(s.score[index])
		}
		page.Labels = append(page.Labels, label)
	}
	return page
}

// index is the place of a label or group in events and scores.
func (w *watch) index(id string) int {
	for i, known := range w.ids {
		if known == id {
			return i
		}
	}
	return -1
}

func millis(d time.Duration) float64 { return math.Round(d.Seconds()*1e5) / 100 }

// diagnostics is what goes out over MQTT every so often.
func (d *Daemon) diagnostics() publish.Diagnostics {
	s := d.status()
	out := publish.Diagnostics{At: time.Now(), Provider: s.Provider}
	sound, work := 0.0, s.Inference.BusySeconds
	for _, source := range s.Sources {
		out.LatencyMS = max(out.LatencyMS, source.LatencyP99)
		out.DroppedWindows += uint64(source.Dropped)
		sound += float64(source.Samples) / float64(source.RateHz)
		work += source.FrontEnd
		one := publish.SourceDiagnostics{
			Name: source.Name, LevelDBFS: source.LevelDBFS, Problem: source.Problem, Detail: source.Detail,
			Faults: uint64(source.Faults), Dropped: uint64(source.Dropped), Gaps: uint64(source.Gaps),
		}
		if source.Phase == phaseFailed || source.Phase == capture.Lost.String() || source.Phase == capture.Recovering.String() {
			one.Problem, one.Detail = "lost", source.Why
		}
		out.Sources = append(out.Sources, one)
	}
	if work > 0 {
		out.RealTimeFactor = sound / work
	}
	return out
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
	r := Ready{Broker: d.house.address, Embedded: d.house.broker != nil, NodeID: d.house.publisher.NodeID()}
	if d.page != nil {
		r.Page = d.page.server.URL()
	}
	for _, s := range d.sources {
		r.Sources = append(r.Sources, s.cfg.Name)
	}
	return r
}
