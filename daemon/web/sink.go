package web

import (
	"math"

	"earshot/daemon/sink"
	"earshot/daemon/status"
)

// pageLabels is how many labels the page shows for each window.
const pageLabels = 6

// Event implements sink.Sink.
func (h *Hub) Event(e *sink.Event) {
	if e.Group || e.Same != "" { // its member has a row, or the source that heard it first
		return
	}
	m := EventMessage{
		Type: "event", Source: e.Source, Label: e.ID, Title: e.Title, On: e.On,
		Score: e.Score, Peak: e.Peak, Onset: e.Onset, End: e.End, Clip: e.Clip.Name,
		ScoreOn: e.Why.On, ScoreOff: e.Why.Off, Level: math.Round(e.Why.LevelDBFS*10) / 10, Muted: e.Muted,
	}
	for _, l := range e.Why.Runners {
		m.Runners = append(m.Runners, Score{Label: l.ID, Title: l.Title, Score: l.Score})
	}
	if v := e.Views; v.Asked {
		m.First, m.Second = &v.First, &v.Second
	}
	h.Send(m)
}

// Scores implements sink.Sink.
func (h *Hub) Scores(s sink.Scores) {
	m := ScoresMessage{Type: "scores", Source: s.Source}
	for _, l := range s.Best[:min(len(s.Best), pageLabels)] {
		m.Top = append(m.Top, Score{Label: l.ID, Title: l.Title, Score: l.Score})
	}
	h.Send(m)
}

// Source implements sink.Sink: an open page asks for the status by itself.
func (h *Hub) Source(sink.Source) {}

// Diagnostics implements sink.Sink: an open page asks for the status by itself.
func (h *Hub) Diagnostics(status.Status) {}
