package web

import (
	"encoding/json"
	"sync"
	"sync/atomic"
	"time"

	"earshot/daemon/status"
)

// Hub spreads what the pipelines report to the pages that are open; it is their sink. A page that cannot keep up loses messages,
// the pipelines never wait. With no page open nothing is encoded; the last seconds are kept for one that opens.
type Hub struct {
	pages atomic.Int32 // open pages
	quiet atomic.Bool  // no sound leaves: neither spectrogram nor clips

	mu     sync.Mutex // guards the rest
	pipes  map[chan []byte]struct{}
	recent []EventMessage   // the last switches, for a page that opens now; newest last
	pasts  map[string]*past // by source: its last seconds, for the same

	dropped atomic.Uint64
}

// maxPages bounds the memory and work that visitors can cause.
const maxPages = 16

// pageQueue messages may wait for a slow page: some seconds.
const pageQueue = 64

// NewHub makes a hub without listeners.
func NewHub() *Hub { return &Hub{pipes: map[chan []byte]struct{}{}, pasts: map[string]*past{}} }

// Watched tells whether any page is open: what is costly to make need not be made otherwise.
func (h *Hub) Watched() bool { return h.pages.Load() > 0 }

// LevelMessage is a short stretch's loudness.
type LevelMessage struct {
	Type   string  `json:"type"` // "level"
	Source string  `json:"source"`
	RMS    float64 `json:"rms"`  // dBFS
	Peak   float64 `json:"peak"` // dBFS
}

// SpectrumMessage is a few new columns of the spectrogram.
type SpectrumMessage struct {
	Type    string    `json:"type"` // "spectrum"
	Source  string    `json:"source"`
	Bands   int       `json:"bands"`
	Columns []byte    `json:"columns"`        // (column, band), 0 … 255 = LowDB … HighDB; base64 in JSON
	Rate    float64   `json:"rate"`           // columns a second
	End     time.Time `json:"end"`            // when the newest column ended
	Past    bool      `json:"past,omitempty"` // what was before the page opened, in one piece
}

// ScoresMessage is the best labels of the newest window.
type ScoresMessage struct {
	Type   string  `json:"type"` // "scores"
	Source string  `json:"source"`
	Top    []Score `json:"top"`
}

// Score is a label's smoothed score.
type Score struct {
	Label string  `json:"label"`
	Title string  `json:"title"`
	Score float64 `json:"score"`
}

// EventMessage is one switch of a label.
type EventMessage struct {
	Type   string    `json:"type"` // "event"
	Source string    `json:"source"`
	Label  string    `json:"label"`
	Title  string    `json:"title"`
	On     bool      `json:"on"`
	Score  float64   `json:"score"`
	Peak   float64   `json:"peak"`
	Onset  time.Time `json:"onset"`
	End    time.Time `json:"end,omitzero"`
	Clip   string    `json:"clip,omitempty"`
	// Why: thresholds, the labels that came next, the level, whether somebody asked not to hear of it.
	ScoreOn  float64 `json:"score_on"`
	ScoreOff float64 `json:"score_off"`
	Runners  []Score `json:"runners,omitempty"`
	Level    float64 `json:"level_dbfs"`
	Muted    bool    `json:"muted,omitempty"`
	// What each network said; absent when the second was not asked.
	First  *float64 `json:"first,omitempty"`
	Second *float64 `json:"second,omitempty"`
}

type statusMessage struct {
	Type  string `json:"type"`  // "status"
	Sound bool   `json:"sound"` // spectrogram and clips are shown
	status.Status
}

// Send spreads a message.
func (h *Hub) Send(message any) {
	if h == nil {
		return
	}
	h.remember(message)
	if !h.Watched() {
		return
	}
	if message = h.shown(message); message == nil {
		return
	}
	text, err := json.Marshal(message)
	if err != nil {
		return // a level of −Inf: nothing a page could draw
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for pipe := range h.pipes {
		select {
		case pipe <- text:
		default:
			h.dropped.Add(1)
		}
	}
}

// ShowSound tells whether pages may see sound.
func (h *Hub) ShowSound(yes bool) { h.quiet.Store(!yes) }

// shown is what of a message pages may see; nil for nothing. It stands before every way out.
func (h *Hub) shown(message any) any {
	if !h.quiet.Load() {
		return message
	}
	switch m := message.(type) {
	case SpectrumMessage:
		return nil
	case EventMessage:
		m.Clip = ""
		return m
	}
	return message
}

// open adds a page; backlog is what it must be told first. It is false when there are too many.
func (h *Hub) open() (backlog [][]byte, pipe chan []byte, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.pipes) >= maxPages {
		return nil, nil, false
	}
	pipe = make(chan []byte, pageQueue)
	h.pipes[pipe] = struct{}{}
	h.pages.Add(1)
	return h.backlog(time.Now()), pipe, true
}

func (h *Hub) close(pipe chan []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.pipes, pipe)
	h.pages.Add(-1)
}
