// Package eventlog tells the log what is heard, and how the sources are.
package eventlog

import (
	"math"

	"earshot/daemon/config"
	"earshot/daemon/sink"
	"earshot/daemon/status"
	"earshot/internal/logging"
)

// Kind is the log among the sinks.
var Kind = sink.Kind{
	Name: "log",
	Open: func(_ *config.File, env sink.Env) (sink.Sink, error) { return New(env.Log), nil },
}

// Sink writes lines.
type Sink struct{ log *logging.Log }

// New makes a sink that writes to a log.
func New(log *logging.Log) *Sink { return &Sink{log} }

// Event implements sink.Sink.
func (s *Sink) Event(e *sink.Event) {
	if s == nil {
		return
	}
	line := s.log.Info().Str("source", e.Source).Str("label", e.ID).Float64("score", round3(e.Score)).Time("onset", e.Onset)
	if e.Asked {
		line = line.Float64("first", round3(e.First)).Float64("second", round3(e.Second))
	}
	if e.Clip.Name != "" {
		line = line.Str("clip", e.Clip.Name)
	}
	if e.Same != "" {
		line = line.Str("same_as", e.Same)
	}
	if e.On {
		line.Msg("ON")
		return
	}
	line.Float64("peak", round3(e.Peak)).Float64("seconds", round3(e.End.Sub(e.Onset).Seconds())).Msg("OFF")
}

// Source implements sink.Sink.
func (s *Sink) Source(c sink.Source) {
	if s == nil {
		return
	}
	log := s.log.With().Str("source", c.Name).Logger()
	switch c.Phase {
	case status.Online:
		log.Info().Str("what", c.Why).Msg("listening")
	case status.Lost:
		log.Warn().Str("why", c.Why).Msg("sound lost")
	case status.Recovering:
		if c.Before != c.Phase {
			log.Info().Str("why", c.Why).Msg("opening")
		} else {
			s.log.Often(log.Debug(), "recover "+c.Name).Str("why", c.Why).Msg("still trying")
		}
	case status.Ended:
		log.Info().Msg("sound is over")
	}
}

// Scores implements sink.Sink: too many for a log.
func (s *Sink) Scores(sink.Scores) {}

// Diagnostics implements sink.Sink: the status has them.
func (s *Sink) Diagnostics(status.Status) {}

func round3(v float64) float64 { return math.Round(v*1000) / 1000 }
