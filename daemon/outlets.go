package daemon

import (
	"time"

	"earshot/daemon/config"
	"earshot/daemon/health"
	"earshot/daemon/pipeline"
	"earshot/daemon/web"
	"earshot/gammatone"
	"earshot/publish"
	"earshot/ringbuf"
)

// block sees every block of samples, in the listener.
func (s *source) block(b *ringbuf.Block) {
	x := b.X[:b.N]
	if s.clips != nil {
		s.clips.Write(b.At, x)
	}
	if s.health.Push(x) && s.judged() {
		if r := s.health.Report(); r.Problem != health.None {
			s.log.Warn().Str("problem", string(r.Problem)).Str("why", r.Detail).Msg("microphone")
		} else {
			s.log.Info().Msg("microphone is well again")
		}
		s.d.diagnoseSoon()
	}
	if s.meter.add(x) && s.d.hub.Watched() {
		rms, peak := s.meter.levels()
		s.d.hub.Send(web.LevelMessage{Type: "level", Source: s.cfg.Name, RMS: rms, Peak: peak})
	}
}

// judged tells whether the source is a microphone, or stands for one: a recording may well be silent.
func (s *source) judged() bool { return s.cfg.Kind != config.KindFile && s.cfg.Kind != kindDemo }

// frames sees every window, in the listener; the page remembers the last seconds for whoever opens it.
func (s *source) frames(w *gammatone.Window) {
	c := gammatone.Default()
	s.d.hub.Send(web.SpectrumMessage{
		Type:    "spectrum",
		Source:  s.cfg.Name,
		Bands:   web.SpectrumBands,
		Columns: web.Columns(w.X, c.Bands, c.WindowFrames, s.columns),
		Rate:    float64(s.rate) / float64(c.HopSamples),
		End:     s.pipe.Wall(w.End),
	})
}

// scores sees the smoothed scores of every window, in the reporter.
func (s *source) scores(at time.Time, scores []float64) {
	s.mu.Lock()
	s.score = append(s.score[:0], scores...)
	w := s.watch
	s.mu.Unlock()
	if n := s.d.settings().MQTT.Scores; n > 0 {
		s.d.publisher().Scores(s.cfg.Name, at, topScores(w, scores, n))
	}
	s.d.hub.Send(web.ScoresMessage{Type: "scores", Source: s.cfg.Name, Top: pageScores(w, scores)})
}

// failed sees why a window has no scores, in the reporter.
func (s *source) failed(err error) {
	s.d.often(s.log.Error().Err(err), "failed "+s.cfg.Name).Msg("window without scores")
}

// event sees each switch, in the reporter: it goes to the log, the house, the page, and begins or ends a clip.
func (s *source) event(e pipeline.Event) {
	s.mu.Lock()
	w := s.watch
	s.on[e.Label] = e.On
	s.mu.Unlock()
	id := w.ids[e.Label]
	group := e.Label >= len(w.smooth.Labels)
	clip := ""
	if s.clips != nil && !group {
		clip = s.cutClip(e, id)
	}
	s.tell(e, id, clip)
	o := publish.Occurrence{Source: s.cfg.Name, Label: id, On: e.On, Score: e.Score, Peak: e.Peak, Onset: e.Onset, End: e.End, PeakAt: e.PeakAt}
	if clip != "" {
		o.Clip, o.ClipURL = s.d.clipAddress(clip)
	}
	s.d.publisher().Occurrence(o)
	if e.On {
		s.events.Add(1)
	}
	s.d.hub.Send(web.EventMessage{
		Type: "event", Source: s.cfg.Name, Label: id, Title: w.titles[e.Label], On: e.On,
		Score: e.Score, Peak: e.Peak, Onset: e.Onset, End: e.End, Clip: clip,
	})
}

func (s *source) tell(e pipeline.Event, id, clip string) {
	line := s.log.Info().Str("label", id).Float64("score", round3(e.Score)).Time("onset", e.Onset)
	if clip != "" {
		line = line.Str("clip", clip)
	}
	if e.On {
		line.Msg("ON")
		return
	}
	line.Float64("peak", round3(e.Peak)).Float64("seconds", round3(e.End.Sub(e.Onset).Seconds())).Msg("OFF")
}

// cutClip begins a clip at ON, unless the label is muted, and ends it at OFF; it returns the file's name.
func (s *source) cutClip(e pipeline.Event, id string) string {
	if e.On {
		if s.d.mutes.muted(s.cfg.Name, id, time.Now()) {
			return ""
		}
		s.clip[e.Label] = s.clips.Start(id, e.From, e.Onset)
		return s.clip[e.Label]
	}
	name := s.clip[e.Label]
	delete(s.clip, e.Label)
	s.clips.Finish(name, e.To)
	return name
}

func round3(v float64) float64 { return float64(int(v*1000+0.5)) / 1000 }
