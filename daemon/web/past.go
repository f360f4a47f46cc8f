package web

import (
	"encoding/json"
	"slices"
	"time"
)

// A page that opens need not begin empty: the hub remembers what the last ones would have shown.
const (
	recentEvents = 50          // switches of labels
	pastColumns  = 900         // columns of each source's spectrogram, as wide as the page draws it: ten seconds
	pastLasts    = time.Minute // a source that has been still for longer has no past
)

// past is a source's last seconds.
type past struct {
	spectrum SpectrumMessage // all columns in one
	scores   *ScoresMessage  // of the newest window
	at       time.Time       // of the newest column's arrival
}

// remember keeps what a page that opens later is told.
func (h *Hub) remember(message any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch m := message.(type) {
	case EventMessage:
		h.recent = newest(append(h.recent, m), recentEvents)
	case SpectrumMessage:
		h.rememberSpectrum(m, time.Now())
	case ScoresMessage:
		if p := h.pasts[m.Source]; p != nil {
			p.scores = &m
		}
	}
}

// rememberSpectrum adds a source's newest columns. Where sound is missing before them, what was before is dropped:
// the columns of one message follow each other without a gap.
func (h *Hub) rememberSpectrum(m SpectrumMessage, now time.Time) {
	p := h.pasts[m.Source]
	if p == nil {
		h.forget(now) // so that sources which come and go leave nothing
		p = &past{}
		h.pasts[m.Source] = p
	}
	length := time.Duration(float64(len(m.Columns)/m.Bands) / m.Rate * float64(time.Second))
	columns := p.spectrum.Columns
	if m.End.Add(-length).Sub(p.spectrum.End).Abs() > time.Second/2 {
		columns = columns[:0]
	}
	columns = newest(append(columns, m.Columns...), pastColumns*m.Bands)
	p.spectrum, p.at = m, now
	p.spectrum.Columns, p.spectrum.Past = columns, true
}

// forget drops sources that have been still for long. The lock is held.
func (h *Hub) forget(now time.Time) {
	for name, p := range h.pasts {
		if now.Sub(p.at) > pastLasts {
			delete(h.pasts, name)
		}
	}
}

// backlog is what a page that opens now is told, after the status. The lock is held.
func (h *Hub) backlog(now time.Time) [][]byte {
	var texts [][]byte
	add := func(message any) {
		if message = h.shown(message); message == nil {
			return
		}
		if text, err := json.Marshal(message); err == nil {
			texts = append(texts, text)
		}
	}
	for _, e := range h.recent {
		add(e)
	}
	h.forget(now)
	for _, p := range h.pasts {
		add(p.spectrum)
		if p.scores != nil {
			add(p.scores)
		}
	}
	return texts
}

// newest is the last n of list at the most, in its own memory.
func newest[E any](list []E, n int) []E {
	if over := len(list) - n; over > 0 {
		return slices.Delete(list, 0, over)
	}
	return list
}
