package notify

import (
	"fmt"
	"time"

	"earshot/daemon/sink"
)

// Message is one switch of a sound, kept until its receiver has it.
type Message struct {
	ID            string // the same for every try of one message
	Source        string
	Label, Title  string
	On            bool
	Score         float64 // 0…1; at the end the strongest
	Onset, End    time.Time
	Clip, ClipURL string
	Asked         bool // there was a second opinion
	First, Second float64
}

// messageOf copies what was lent.
func messageOf(e *sink.Event) *Message {
	m := &Message{
		ID:     fmt.Sprintf("%s-%s-%d-start", e.Source, e.ID, e.Onset.UnixMilli()),
		Source: e.Source, Label: e.ID, Title: e.Title, On: e.On, Score: e.Score, Onset: e.Onset,
		Clip: e.Clip.Path, ClipURL: e.Clip.URL, Asked: e.Asked, First: e.First, Second: e.Second,
	}
	if !e.On {
		m.ID = fmt.Sprintf("%s-%s-%d-end", e.Source, e.ID, e.Onset.UnixMilli())
		m.Score, m.End = e.Peak, e.End
	}
	return m
}

// bytes is about what a message takes in memory.
func (m *Message) bytes() int {
	const fixed = 256
	return fixed + len(m.ID) + len(m.Source) + len(m.Label) + len(m.Title) + len(m.Clip) + len(m.ClipURL)
}
